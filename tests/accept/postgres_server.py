"""A PostgreSQL server of a script's own, for what needs one that can be
restarted in the middle of something: unix socket only, fsync on. And a disk
that it can fill up."""
import atexit
import os
import shutil
import subprocess

from postgres import AS_SERVER, BIN, folder, psql, servers, wait_for


class Disk:
    """In memory, of a size that can be changed; only root can mount one."""

    def __init__(self, size):
        self.path = folder()
        self.mounted = self.mount(size)
        if self.mounted:
            atexit.register(subprocess.run, ["umount", "-l", self.path],
                            check=False)

    def mount(self, *options):
        return os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o",
             ",".join(["mode=711", *(f"size={one}" for one in options)]),
             "none", self.path], check=False).returncode == 0

    def resize(self, size):
        subprocess.run(["mount", "-o", f"remount,size={size}", self.path],
                       check=True)


class Server:
    def __init__(self, where=None, settings="", log=None):
        """Everything in a folder, or its log in one of its own."""
        self.folder = self.make_folder(where)
        self.settings = settings
        self.data = self.folder / "data"
        options = [f"--waldir={self.make_folder(log) / 'wal'}"] if log else []
        self.run("initdb", "-D", self.data, "--auth=trust", "-E", "UTF8",
                 "--locale=C.UTF-8", "-U", "postgres", "--no-sync", *options)
        self.start()
        atexit.register(self.stop, "immediate")

    @staticmethod
    def make_folder(where):
        path = where or folder()
        if AS_SERVER:
            shutil.chown(path, "postgres", "postgres")
        return path

    def run(self, program, *arguments):
        subprocess.run([*AS_SERVER, str(BIN / program), *map(str, arguments)],
                       check=True, stdout=subprocess.DEVNULL,
                       stdin=subprocess.DEVNULL, cwd="/")

    def start(self):
        settings = ("-c listen_addresses='' -c unix_socket_directories="
                    f"{self.folder} {self.settings}")
        self.run("pg_ctl", "-D", self.data, "-o", settings, "-l",
                 self.folder / "log", "-w", "start")

    def stop(self, mode):
        if servers(self.data):
            self.run("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")

    def restart(self, mode):
        self.stop(mode)
        self.start()

    def wait(self):
        """Until it takes connections again."""
        wait_for(lambda: subprocess.run(
            [str(BIN / "pg_isready"), "-q", "-h", str(self.folder)],
            check=False).returncode == 0)

    def signal(self, number):
        for process in servers(self.data):
            os.kill(process, number)

    def standby(self):
        """Another server, which follows this one."""
        other = Server.__new__(Server)
        other.folder = self.make_folder(None)
        other.settings = self.settings
        other.data = other.folder / "data"
        self.run("pg_basebackup", "-D", other.data, "-R", "-c", "fast",
                 "--no-sync", "-d", self.url("postgres"))
        other.start()
        atexit.register(other.stop, "immediate")
        return other

    def url(self, database, role="postgres"):
        return f"postgresql://{role}@/{database}?host={self.folder}"

    def sql(self, database, statement):
        """The first line of the answer; empty when there is none."""
        lines = psql(self.url(database), statement)
        return lines[0] if lines else ""

    def create(self, database, role="postgres"):
        """A database of a role, which is made too if need be."""
        if role != "postgres":
            self.sql("postgres", f"CREATE ROLE {role} LOGIN")
        self.sql("postgres", f"CREATE DATABASE {database} OWNER {role}")
        return self.url(database, role)
