"""A PostgreSQL server of a script's own, for what needs one that can be
restarted in the middle of something: unix socket only, fsync on."""
import atexit
import shutil
import subprocess

from postgres import AS_SERVER, BIN, folder, psql


class Server:
    def __init__(self):
        self.folder = folder()
        self.data = self.folder / "data"
        self.data.mkdir(mode=0o700)
        if AS_SERVER:
            for path in (self.folder, self.data):
                shutil.chown(path, "postgres", "postgres")
        self.run("initdb", "-D", self.data, "--auth=trust", "-E", "UTF8",
                 "--locale=C.UTF-8", "-U", "postgres", "--no-sync")
        self.start()
        atexit.register(self.stop, "immediate")

    def run(self, program, *arguments):
        subprocess.run([*AS_SERVER, str(BIN / program), *map(str, arguments)],
                       check=True, stdout=subprocess.DEVNULL,
                       stdin=subprocess.DEVNULL, cwd="/")

    def start(self):
        settings = ("-c listen_addresses='' "
                    f"-c unix_socket_directories={self.folder}")
        self.run("pg_ctl", "-D", self.data, "-o", settings, "-l",
                 self.folder / "log", "-w", "start")

    def stop(self, mode):
        if (self.data / "postmaster.pid").exists():
            self.run("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")

    def restart(self, mode):
        self.stop(mode)
        self.start()

    def url(self, database):
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def sql(self, database, statement):
        """The first line of the answer; empty when there is none."""
        lines = psql(self.url(database), statement)
        return lines[0] if lines else ""

    def create(self, database):
        self.sql("postgres", f"CREATE DATABASE {database}")
        return self.url(database)
