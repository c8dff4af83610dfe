"""Records that pass through the front door of the sandbox; nothing here starts a process."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Literal

Outcome = Literal[
    "passed", "failed", "timeout", "memory", "crashed", "unsupported", "harness_error"
]
LevelName = Literal["strong+ns", "strong", "sealed", "weak"]


CAGE_VERSION = 1
"""Raised when the same program and test would get another verdict than before."""


class SandboxError(Exception):
    """The cage cannot be built or cannot hold; never a statement about a solution.

    Args:
        what: What is wrong, in one plain sentence.
        next_step: What to do now.
    """

    def __init__(self, what: str, *, next_step: str | None = None) -> None:
        super().__init__(what if next_step is None else f"{what}\n  next: {next_step}")
        self.what = what
        self.next_step = next_step


@dataclass(frozen=True, slots=True)
class Problem:
    """A benchmark item; its text is trusted, unlike the solution."""

    task_id: str
    """Name of the problem, unique in its benchmark."""
    prompt: str
    """Code shown to the model: imports, helpers, signature, docstring. May be no code at all."""
    entry_point: str
    """Name of the function that the solution must define."""
    test: str
    """Code that defines ``check(candidate)``, or plain assertions on the entry point."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one solution may use."""

    wall_s: float = 3.0
    """Seconds by the wall clock for loading the solution and for all calls of its test."""
    memory_bytes: int = 2**30
    """Address space of the cell, threads and shared memory included."""
    max_open_files: int = 64
    """Descriptors that the cell may hold."""
    max_program_bytes: int = 2**20
    """A longer solution is failed without being run."""
    max_reply_bytes: int = 8 * 2**20
    """Largest returned value, encoded; checked before it is read."""
    max_reply_elements: int = 250_000
    """Elements a returned value may hold, where one that is no plain JSON (a tuple, a dictionary, a
    large integer) counts as four. 8 MB of ``[],`` would grow to 300 MB in the judge; this bounds
    it to 50."""
    max_threads: int = 256
    """Threads that the cell may have at once; looked at now and then while it works."""
    start_s: float = 60.0
    """Wall seconds in which a cell, and what it is forked from, must be ready for the program. No
    part of ``wall_s``: a machine on which that takes longer cannot judge, and it is an error."""

    def to_dict(self) -> dict[str, float]:
        """Return the limits as plain values."""
        return asdict(self)

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not value > 0:
                raise SandboxError(f"limit {name} must be above 0, received {value!r}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the judge found out about one solution."""

    task_id: str
    """Name of the problem."""
    outcome: Outcome
    """One of seven; only ``harness_error`` says nothing about the solution."""
    detail: str = ""
    """Failing assertion, or error message with the last line of the solution; at most 300
    characters. Written by hostile code: escape it wherever it is shown."""
    exception: str | None = None
    """Name of the exception's type, where there was one."""
    cpu_s: float | None = None
    """Processor seconds of the cell; None if no cell ran."""
    wall_s: float | None = None
    """Seconds from handing over the program to the end of the cell; None if no cell ran."""
    max_rss_bytes: int | None = None
    """Peak resident memory of the cell (the interpreter's own included)."""
    num_calls: int = 0
    """Calls of the entry point that the solution answered, by value or by exception."""
    signal: int | None = None
    """Signal that ended the cell by itself; None if the judge ended it."""
    strength: Literal["split", "in-cell"] = "split"
    """``split``: the test ran outside the solution's process. ``in-cell``: the test needs the
    solution's own objects and ran beside it, so that hostile code could forge the verdict."""

    def to_dict(self) -> dict[str, object]:
        """Return the verdict as plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Act:
    """A forbidden or an honest act that was tried in a cell, and whether the cage held."""

    name: str
    """What was tried, such as ``open a socket``."""
    expected: Literal["denied", "allowed"]
    """What a cage that holds does with it."""
    received: str
    """What happened: ``denied``, ``allowed``, or another outcome in words."""
    ok: bool
    """Whether ``received`` is ``expected``."""
    residual: bool = False
    """A known gap of this level: named, and no reason to refuse the level."""

    def to_dict(self) -> dict[str, object]:
        """Return the act as plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Isolation:
    """How strongly solutions are confined on this machine; written beside every score."""

    level: int
    """3, 2 or 1; see ``name`` for the two kinds of level 2."""
    name: LevelName
    """``strong+ns``, ``strong``, ``sealed`` (level 2 without Landlock) or ``weak``."""
    layers: tuple[str, ...]
    """Layers in force, outermost first, such as ``namespaces``, ``landlock``, ``seccomp``."""
    probe: tuple[Act, ...] = ()
    """Acts that were tried in a cell of this level before it was used."""
    unavailable: dict[str, str] = field(default_factory=dict)
    """Levels above this one, and why each cannot be had here."""
    landlock_abi: int = 0
    """Version of Landlock in force; 0 for none."""
    uid: int = 0
    """User id that the solution runs under, as the machine sees it."""
    kernel: str = ""
    """System, release and machine."""
    python: str = ""
    """Version of the interpreter that runs solutions."""

    def to_dict(self) -> dict[str, object]:
        """Return the isolation as plain values, as it stands in a scores file."""
        plain = asdict(self)
        plain["layers"] = list(self.layers)
        plain["probe"] = [act.to_dict() for act in self.probe]
        return plain
