"""What the PostgreSQL scripts share: looking at servers of ours from outside,
and a server that asks for passwords."""
import atexit
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

BIN = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"),
          key=lambda path: int(path.parent.name))
AS_SERVER = (["setpriv", "--reuid=postgres", "--regid=postgres",
              "--init-groups"] if os.geteuid() == 0 else [])


def folder():
    """A folder that the user of a server can reach, removed at the end."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="tillstorm-accept.",
                                         dir="/var/tmp"))
    path.chmod(0o711)
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def servers(under):
    """Processes of PostgreSQL that work below a folder."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if pathlib.Path(os.readlink(process / "cwd")).is_relative_to(under):
                found.append(int(process.name))
        except OSError:
            pass  # it has ended
    return found


def socket_folder(directory):
    """Of the running server of a directory of ours."""
    return (directory / "data/postmaster.pid").read_text().splitlines()[4]


def wait_for(what, seconds=30.0):
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def psql(conninfo, sql, **options):
    """Rows of a statement, values separated by `|`; raises when it fails."""
    return subprocess.run(
        [str(BIN / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", conninfo],
        input=sql, text=True, capture_output=True, check=True,
        **options).stdout.splitlines()


class PasswordServer:
    """On loopback, with scram authentication and a role for tests."""

    def __init__(self, password):
        self.folder = folder()
        self.data = self.folder / "data"
        self.data.mkdir(mode=0o700)
        secret = self.folder / "secret"
        secret.write_text(password + "\n")
        if AS_SERVER:
            for path in (self.data, secret):
                shutil.chown(path, "postgres", "postgres")
        self.run("initdb", "-D", self.data, "--auth=scram-sha-256", "-U",
                 "canary_role", f"--pwfile={secret}", "--no-sync")
        secret.unlink()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        settings = (f"-c listen_addresses=127.0.0.1 -c port={self.port} "
                    "-c unix_socket_directories= -c fsync=off "
                    "-c log_statement=all")
        self.run("pg_ctl", "-D", self.data, "-o", settings, "-l",
                 self.data / "log", "-w", "start")
        atexit.register(self.stop)
        self.log = self.data / "log"

    def run(self, program, *arguments):
        subprocess.run([*AS_SERVER, str(BIN / program), *map(str, arguments)],
                       check=True, stdout=subprocess.DEVNULL, cwd="/")

    def stop(self):
        if (self.data / "postmaster.pid").exists():
            self.run("pg_ctl", "-D", self.data, "-m", "immediate", "stop")

    def url(self, database="postgres"):
        return f"postgresql://canary_role@127.0.0.1:{self.port}/{database}"
