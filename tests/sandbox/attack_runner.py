"""Hostile programs -> what each of them achieved against a cage of one level.

Runs on the standard library alone and imports only the sandbox, so that any interpreter and any
user can run it. Plants the canaries that the programs look for and removes them. One program at a
time, each judged by the marks of its own header, followed by an honest one.

    python tests/sandbox/attack_runner.py ATTACKS LEVEL [WALL_S [WANTED,...]]      prints JSON

ATTACKS is a folder, or ``own`` for the programs beside this file; LEVEL is a name or ``best``;
WANTED are classes or names of programs.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from hosts import problem_of
from programs import Program, read_folder, read_own

ROOT = Path(__file__).resolve().parents[2]
SECRET = "KIYAS_CANARY_SECRET"
PROCESS_NAME = "kiyas-canary"
DEFAULT_FOLDER = Path("/tmp/kiyas-canary")
TCP_PORT, UDP_PORT = 47615, 47616
DEADLINE_GRACE_S = 2.0
# Honest programs, and hostile ones that have something to do, get at least this long.
ROOM_S = 3.0
NUM_TRIES = 3


def load_sandbox():
    """Import the sandbox by itself: it must not need the rest of kiyas."""
    sys.path.insert(0, str(ROOT / "src" / "kiyas"))
    return importlib.import_module("sandbox")


def canary_folder(programs: list[Program]) -> Path:
    """Return the folder that the programs expect their canaries in."""
    for program in programs:
        found = re.search(r"'(/[^']+)/secret\.txt'", program.text)
        if found:
            return Path(found[1])
    return DEFAULT_FOLDER


class Canaries:
    """What the programs look for, and whether any of it was touched."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hits = 0
        self._open = True
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "home" / ".ssh").mkdir(parents=True)
        (folder / "evidence").mkdir()
        (folder / "evidence").chmod(0o777)
        self._listeners = []
        for family, kind, address in (
            (socket.AF_UNIX, socket.SOCK_STREAM, str(folder / "unix.sock")),
            (socket.AF_UNIX, socket.SOCK_STREAM, "\0" + PROCESS_NAME),
            (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", TCP_PORT)),
            (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", UDP_PORT)),
        ):
            listener = socket.socket(family, kind)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.settimeout(0.1)
            if kind == socket.SOCK_STREAM:
                listener.listen()
            thread = threading.Thread(target=self._listen, args=(listener, kind), daemon=True)
            thread.start()
            self._listeners.append((listener, thread))
        self.victim: subprocess.Popen | None = None
        self.plant()

    def plant(self) -> None:
        """Put every file and the victim in their first state."""
        self._end_victim()
        self.hits = 0
        for name in ("secret.txt", "home/.ssh/id_canary", "dataset.jsonl", "writable.txt"):
            (self.folder / name).write_text("canary " * 20, encoding="utf-8")
            (self.folder / name).chmod(0o666 if name == "writable.txt" else 0o644)
        for place in (self.folder / "evidence").iterdir():
            place.unlink()
        self.victim = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        (self.folder / "victim.pid").write_text(str(self.victim.pid), encoding="utf-8")
        self._before = self._files()

    def _listen(self, listener: socket.socket, kind: int) -> None:
        while self._open:
            with contextlib.suppress(OSError):
                if kind == socket.SOCK_STREAM:
                    listener.accept()[0].close()
                else:
                    listener.recvfrom(100)
                self.hits += 1

    def _files(self) -> dict[str, tuple[int, int]]:
        found = {}
        for place in [self.folder, *self.folder.rglob("*")]:
            status = place.lstat()
            found[str(place)] = (status.st_size, status.st_mode)
        for name in ("/tmp", "/var/tmp", "."):
            for pattern in ("kiyas-canary*", "kiyas-link*"):
                for place in Path(name).glob(pattern):
                    found[str(place.absolute())] = (0, 0)
        return found

    def breaches(self) -> list[str]:
        """Return what has happened to them since they were planted."""
        found = []
        if self.hits:
            found.append("a connection reached a listener")
        if self.victim.poll() is not None:
            found.append("the victim was killed")
        if self._files() != self._before:
            found.append("a file appeared or changed")
        if leftovers():
            found.append("a process was left behind")
        return found

    def remove(self) -> None:
        """Take everything away again."""
        self._open = False
        self._end_victim()
        for listener, thread in self._listeners:
            thread.join()
            listener.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end_victim(self) -> None:
        if self.victim is not None:
            self.victim.kill()
            self.victim.wait()


def leftovers() -> list[int]:
    """Return the processes that carry the name of the canary."""
    found = []
    for process in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if process.name.isdigit():
                name = (process / "comm").read_text(encoding="utf-8").strip()
                state = (process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
                if name == PROCESS_NAME and state != "Z":
                    found.append(int(process.name))
    return found


def run(attacks: str, level: str | None, wall_s: float, wanted: list[str]) -> dict[str, object]:
    """Run every program against a cage of ``level``; return its isolation and the results.

    Args:
        attacks: Folder, or ``own``.
        level: Name of the level; the best that can be had if None.
        wall_s: Limit of the programs that only run on; the others have at least ROOM_S.
        wanted: Classes or names of the programs to run; all if there are none.
    """
    sandbox = load_sandbox()
    programs = read_own() if attacks == "own" else read_folder(Path(attacks))
    canaries = Canaries(canary_folder(programs))
    chosen = [p for p in programs if not wanted or {p.kind, p.name} & set(wanted)]
    try:
        with contextlib.ExitStack() as stack:
            slow, fast = (
                stack.enter_context(
                    sandbox.Cage(
                        sandbox.Limits(wall_s=limit_s),
                        num_workers=1,
                        allow_weak=True,
                        level=level,
                    )
                )
                for limit_s in (max(wall_s, ROOM_S), wall_s)
            )
            results = [
                try_program(sandbox, fast if program.kind == "dos" else slow, canaries, program)
                for program in chosen
            ]
            isolation = fast.isolation.to_dict()
    finally:
        canaries.remove()
    return {"isolation": isolation, "results": results, "user": os.getuid()}


def try_program(sandbox, cage, canaries: Canaries, program: Program) -> dict:
    """Judge one program and what it left; return what a table says about it."""
    problem = program.problem(sandbox)
    started = time.monotonic()
    [(_, verdict)] = cage.judge([(program.name, problem, program.text)])
    # Without the time in which a judge starts, where there is a figure for that.
    elapsed_s = verdict.wall_s or time.monotonic() - started
    breaches = canaries.breaches()
    if breaches:
        for pid in leftovers():
            os.kill(pid, signal.SIGKILL)
        canaries.plant()
    honest = problem_of(sandbox, "add")
    for _ in range(NUM_TRIES):  # a busy machine may keep it from the processor
        [(_, after)] = cage.judge([("next", honest, "def add(a, b):\n    return a + b\n")])
        if after.outcome != "timeout":
            break
    if after.outcome != "passed":
        breaches.append(f"the next sample was {after.outcome}")
    if program.must_not_pass and verdict.outcome == "passed":
        breaches.append("passed")
    if elapsed_s > cage.limits.wall_s + DEADLINE_GRACE_S:
        breaches.append(f"the verdict took {elapsed_s:.1f} s")
    if program.is_honest and verdict.outcome != "passed":
        breaches.append(f"{verdict.outcome}: {verdict.detail}")
    return {
        "name": program.name,
        "class": program.kind,
        "outcome": verdict.outcome,
        "detail": verdict.detail,
        "elapsed_s": elapsed_s,
        "breaches": breaches,
    }


def main() -> None:
    attacks, level, *rest = sys.argv[1:]
    wall_s = float(rest[0]) if rest else 3.0
    wanted = rest[1].split(",") if len(rest) > 1 else []
    print(json.dumps(run(attacks, None if level == "best" else level, wall_s, wanted)))


if __name__ == "__main__":
    main()
