"""Level -> short programs that try what a cage must deny, and what it must allow.

Each answers its test rightly only if its act succeeded, so that "passed" means "allowed". They act
on nothing but files of this package, a port nobody listens on, and processes of the cage itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

from .records import LevelName, Problem

_FILE = str(Path(__file__).resolve())
_TEST = """
def check(candidate):
    assert candidate(2, 3) == 5
    assert candidate(-1, 1) == 0
"""


class PlannedAct(NamedTuple):
    """An act and the level at which it cannot be denied."""

    name: str
    program: str
    expected: Literal["denied", "allowed"] = "denied"
    residual_at: tuple[LevelName, ...] = ()


def problem() -> Problem:
    """Return the problem that every act answers."""
    return Problem("act", "", "add", _TEST)


def acts_for(level: LevelName) -> list[PlannedAct]:
    """Return the acts to try at a level; at level 1 most are known to be open."""
    return [
        PlannedAct(name, _denied(lines), residual_at=(*residual_at, "weak"))
        for name, lines, residual_at in _FORBIDDEN
    ] + [
        PlannedAct(name, program, "allowed")
        for name, program in _HONEST
        if level != "sealed" or name != _LATE
    ]


def _denied(lines: str) -> str:
    body = "\n".join(f"    {line}" for line in lines.splitlines())
    return f"""import ctypes, os, socket
done = False
try:
{body}
    done = True
except BaseException:
    pass
def add(a, b):
    return a + b if done else None
"""


_FORBIDDEN: tuple[tuple[str, str, tuple[LevelName, ...]], ...] = (
    ("read a file", f"open({_FILE!r}).read(1)", ()),
    ("learn that a file exists", f"os.stat({_FILE!r})", ("strong",)),
    ("list a folder", f"os.listdir({str(Path(_FILE).parent)!r})", ()),
    ("open for writing", "os.open('/dev/null', os.O_WRONLY)", ()),
    ("make a folder", "os.mkdir('kiyas-act')\nos.rmdir('kiyas-act')", ()),
    ("open a network socket", "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)", ()),
    ("open a Unix socket", "socket.socket(socket.AF_UNIX)", ()),
    ("start a process", "if os.fork() == 0: os._exit(0)\nos.wait()", ()),
    ("signal the parent", "os.kill(os.getppid(), 0)\nassert os.getppid() > 0", ()),
    (
        "trace the parent",
        "assert ctypes.CDLL(None).ptrace(0x4206, os.getppid(), 0, 0) == 0",
        (),
    ),
    ("make anonymous files", "os.memfd_create('x')", ()),
    ("raise a limit", "import resource\nresource.setrlimit(resource.RLIMIT_CORE, (0, 0))", ()),
)

_THREADS = """
from concurrent.futures import ThreadPoolExecutor
def add(a, b):
    with ThreadPoolExecutor(2) as pool:
        return sum(pool.map(int, (a, b)))
"""
_LATE = "late imports"
_HONEST = (
    ("add two numbers", "def add(a, b):\n    return a + b\n"),
    ("start threads", _THREADS),
    (_LATE, "def add(a, b):\n    import graphlib, wave, mailbox\n    return a + b\n"),
)
