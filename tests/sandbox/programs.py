"""Folders -> hostile and honest programs, with the marks of their headers.

A program starts at ``# attack: NAME`` or ``# control: NAME``; the marks that follow are ``class``,
``host``, ``judge-by``, ``outcome`` (those that are right), ``open-at`` (levels that let it
through), ``closed-at`` (levels at which an honest program cannot run), ``test`` (lines of the test
of an honest program). Standard library only.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from hosts import problem_of, problem_of_control

OWN_FOLDER = Path(__file__).parent / "programs"
# File of our own programs -> their class, and the problem that they pretend to solve.
_OWN_FILES = {
    "acts": ("escape", "add"),
    "ends": ("dos", "add"),
    "forge": ("forge", "oracle"),
    "controls": ("control", ""),
}
# Added to the acts: right if the act succeeded, so that a pass is a breach.
_ACT = """
try:
    done = bool(act())
except BaseException:
    done = False
def add(a, b):
    return a + b if done else None
"""


class Program(NamedTuple):
    """One program with its marks."""

    name: str
    kind: str
    """``dos``, ``leak``, ``escape``, ``persist``, ``forge`` or ``control``."""
    text: str
    host: str
    must_not_pass: bool
    outcomes: frozenset[str]
    open_at: frozenset[str]
    closed_at: frozenset[str]
    test: tuple[str, ...]

    @property
    def is_honest(self) -> bool:
        """Whether it has to pass."""
        return self.kind == "control"

    def problem(self, sandbox):
        """Return the problem that it is a solution of, with fresh random answers."""
        if self.test:
            return problem_of_control(sandbox, list(self.test))
        return problem_of(sandbox, self.host)


def read_own() -> list[Program]:
    """Return the programs of this folder."""
    found = []
    for name, (kind, host) in _OWN_FILES.items():
        text = (OWN_FOLDER / f"{name}.txt").read_text(encoding="utf-8")
        for part in re.split(r"^(?=# (?:attack|control): )", text, flags=re.MULTILINE)[1:]:
            found.append(_program(part + (_ACT if name == "acts" else ""), kind, host))
    return found


def read_folder(folder: Path) -> list[Program]:
    """Return the programs of a folder with one file each, and of its ``controls``."""
    paths = [*sorted(folder.glob("a*.py")), *sorted((folder / "controls").glob("*.py"))]
    return [_program(path.read_text(encoding="utf-8"), "control", "add") for path in paths]


def _program(text: str, kind: str, host: str) -> Program:
    marks = re.findall(r"^# ([a-z-]+): (.*)$", text, re.MULTILINE)
    by_key = dict(marks)
    kind = by_key.get("class", kind)
    judged_by = by_key.get("judge-by", "" if kind == "control" else "verdict")
    return Program(
        name=marks[0][1].split(":")[0],
        kind=kind,
        text=text,
        host=by_key.get("host", host),
        must_not_pass="verdict" in judged_by,
        outcomes=frozenset(by_key.get("outcome", "").split()),
        open_at=frozenset(by_key.get("open-at", "").split()),
        closed_at=frozenset(by_key.get("closed-at", "").split()),
        test=tuple(value for key, value in marks if key == "test"),
    )
