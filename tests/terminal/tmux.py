"""A real terminal for tests: tmux, driven by keys and read as screens."""
import os
import pathlib
import subprocess
import time

PATIENCE_S = 60  # of a machine that does ten other things
failures = []


def expect(condition, claim, screen=""):
    if condition:
        return
    failures.append(claim)
    print(f"FAILED: {claim}\n{screen}")


class Tmux:
    """One terminal of a given size with a shell command in it."""

    def __init__(self, folder, name, command, columns=80, rows=24, **env):
        self.socket = f"{folder}/{name}.sock"
        self.folder = folder
        settings = {"LC_ALL": "C.UTF-8", "PS1": "prompt> ", **env}
        line = " ".join(f"{k}='{v}'" for k, v in settings.items())
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns),
                  "-y", str(rows),
                  f"env {line} sh -c \"trap : INT; stty -g >{folder}/{name}.before; "
                  f"{command}; echo exit \\$?; stty -g >{folder}/{name}.after; "
                  "sleep 600\"")
        self.name = name

    def tmux(self, *arguments):
        clean = {k: v for k, v in os.environ.items()
                 if k not in ("TMUX", "NO_COLOR")}
        return subprocess.run(
            ["tmux", "-u", "-S", self.socket, *arguments], check=True,
            capture_output=True, text=True,
            env={**clean, "LC_ALL": "C.UTF-8"}).stdout

    def screen(self, *options):
        return self.tmux("capture-pane", "-p", *options)

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def resize(self, columns, rows):
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def ask(self, what):
        return self.tmux("display-message", "-p", what).strip()

    def wait(self, what, claim):
        """The first screen that `what` (a text or a test) accepts."""
        test = what if callable(what) else lambda screen: what in screen
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            screen = self.screen()
            if test(screen):
                return screen
            time.sleep(0.1)
        expect(False, claim, screen)
        return screen

    def modes_are_back(self):
        before = pathlib.Path(f"{self.folder}/{self.name}.before").read_text()
        after = pathlib.Path(f"{self.folder}/{self.name}.after")
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if after.exists() and after.read_text() == before:
                return True
            time.sleep(0.1)
        return False

    def close(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], check=False,
                       capture_output=True)
