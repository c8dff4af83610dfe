"""Folder of hostile programs -> what each of them achieved against a cage of one level.

Runs on the standard library alone and imports only the sandbox, so that any interpreter and any
user can run it. Plants the canaries that the programs look for and removes them. One program at a
time, each judged by the marks of its own header, followed by an honest one.

    python tests/sandbox/attack_runner.py ATTACKS LEVEL [WALL_S [CLASS,...]]      prints JSON
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECRET = "KIYAS_CANARY_SECRET"
PROCESS_NAME = "kiyas-canary"
TCP_PORT, UDP_PORT = 47615, 47616
DEADLINE_GRACE_S = 2.0
CONTROL_TEST = """
def check(candidate):
    assert candidate(2, 3) == 5
    assert candidate(-1, 1) == 0
    assert candidate(10**20, 1) == 10**20 + 1
"""


def load_sandbox():
    """Import the sandbox by itself: it must not need the rest of kiyas."""
    sys.path.insert(0, str(ROOT / "src" / "kiyas"))
    return importlib.import_module("sandbox")


def header(text: str) -> dict[str, str]:
    """Return the marks of a program's header."""
    return dict(re.findall(r"^# ([a-z-]+): (.*)$", text, re.MULTILINE))


def canary_folder(programs: list[Path]) -> Path:
    """Return the folder that the programs expect their canaries in."""
    for program in programs:
        found = re.search(r"'(/[^']+)/secret\.txt'", program.read_text(encoding="utf-8"))
        if found:
            return Path(found[1])
    raise LookupError("no program names the folder of the canaries")


def host_problem(sandbox, host: str):
    """Return the problem that a program pretends to solve, with fresh random answers."""
    number = random.SystemRandom()
    if host == "add":
        return sandbox.Problem("add", "def add(a, b):\n    '''Add.'''\n", "add", CONTROL_TEST)
    if host == "helper":
        prompt = f"def enc(n):\n    return n * {number.randrange(10**6, 10**7)} + 7\n\n"
        prompt += "def dec(n):\n    '''Undo enc.'''\n"
        test = (
            "def check(candidate):\n    for i in range(5):\n        assert candidate(enc(i)) == i\n"
        )
        return sandbox.Problem("helper", prompt, "dec", test)
    if host == "mutate":
        test = "def check(candidate):\n    xs = [3, 1, 2]\n    assert candidate(xs) == sorted(xs)\n"
        return sandbox.Problem("mutate", "def srt(xs):\n    '''Sort.'''\n", "srt", test)
    answers = [number.randrange(10**14, 10**15) for _ in range(6)]
    lines = [f"    assert candidate({i}) == {answer}\n" for i, answer in enumerate(answers)]
    if host == "approx":
        lines = [
            f"    assert abs(candidate({i}) - {a / 7}) < 1e-6\n" for i, a in enumerate(answers)
        ]
    test = "def check(candidate):\n" + "".join(lines)
    return sandbox.Problem(host, "def f(x):\n    '''Guess.'''\n", "f", test)


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


def run(attacks: Path, level: str, wall_s: float, classes: list[str]) -> dict[str, object]:
    """Run every program against a cage of ``level``; return its isolation and the results.

    ``wall_s`` is the limit of the programs that only run on; the others have at least 3 s.
    ``classes`` are the classes of programs to run, all if there are none; controls always run.
    """
    sandbox = load_sandbox()
    programs = sorted(attacks.glob("a*.py"))
    canaries = Canaries(canary_folder(programs))
    programs = [program for program in programs if not classes or _class(program) in classes]
    programs += sorted((attacks / "controls").glob("*.py"))
    try:
        with contextlib.ExitStack() as stack:
            # Programs that only run on are given less time than those that have something to do.
            slow, fast = (
                stack.enter_context(
                    sandbox.Cage(
                        sandbox.Limits(wall_s=limit_s),
                        num_workers=1,
                        allow_weak=True,
                        level=level,
                    )
                )
                for limit_s in (max(wall_s, 3.0), wall_s)
            )
            results = [
                try_program(sandbox, fast if _class(program) == "dos" else slow, canaries, program)
                for program in programs
            ]
            isolation = fast.isolation.to_dict()
    finally:
        canaries.remove()
    return {"isolation": isolation, "results": results, "user": os.getuid()}


def _class(program: Path) -> str:
    return header(program.read_text(encoding="utf-8")).get("class", "control")


def try_program(sandbox, cage, canaries: Canaries, program: Path) -> dict:
    """Judge one program and what it left; return what a table says about it."""
    text = program.read_text(encoding="utf-8")
    marks = header(text)
    control = "control" in marks
    problem = host_problem(sandbox, "add" if control else marks["host"])
    started = time.monotonic()
    [(_, verdict)] = cage.judge([(program.stem, problem, text)])
    elapsed_s = time.monotonic() - started
    breaches = canaries.breaches()
    if breaches:
        for pid in leftovers():
            os.kill(pid, signal.SIGKILL)
        canaries.plant()
    honest = host_problem(sandbox, "add")
    [(_, after)] = cage.judge([("next", honest, "def add(a, b):\n    return a + b\n")])
    if after.outcome != "passed":
        breaches.append(f"the next sample was {after.outcome}")
    if not control and "verdict" in marks["judge-by"] and verdict.outcome == "passed":
        breaches.append("passed")
    if elapsed_s > cage.limits.wall_s + DEADLINE_GRACE_S:
        breaches.append(f"the verdict took {elapsed_s:.1f} s")
    if control and verdict.outcome != "passed":
        breaches.append(f"{verdict.outcome}: {verdict.detail}")
    return {
        "name": marks.get("attack") or marks["control"].split(":")[0],
        "file": program.name,
        "class": "control" if control else marks["class"],
        "outcome": verdict.outcome,
        "detail": verdict.detail,
        "elapsed_s": elapsed_s,
        "breaches": breaches,
    }


def main() -> None:
    attacks, level, *rest = sys.argv[1:]
    wall_s = float(rest[0]) if rest else 3.0
    classes = rest[1].split(",") if len(rest) > 1 else []
    print(json.dumps(run(Path(attacks), level, wall_s, classes)))


if __name__ == "__main__":
    main()
