"""This machine -> the strongest level of isolation that holds here, found out by acting.

A level is taken only if its layers can be put on *and* a set of forbidden acts, tried in a real
cell, is denied. A layer that cannot be had leads to the next level; a layer that is on and does not
hold is an error. Versions, files under /sys and return codes of single calls are not believed.
"""

from __future__ import annotations

import functools
import os
import platform
import sys
from dataclasses import dataclass

from . import acts
from .records import Act, Isolation, LevelName, Limits, SandboxError
from .worker import Job, Worker, WorkerLostError, WorkerRefusedError

_PROBE_LIMITS = Limits(wall_s=10.0)


@dataclass(frozen=True, slots=True)
class Level:
    """A level of isolation."""

    name: LevelName
    number: int
    layers: tuple[str, ...]
    """What a zygote and its cells wear, outermost first."""
    instead: tuple[str, ...] = ()
    """Layers that do as well where those cannot be had; none if empty."""


LEVELS: tuple[Level, ...] = (
    Level(
        "strong+ns",
        3,
        ("namespaces", "landlock", "seccomp", "rlimits"),
        ("bubblewrap", "landlock", "seccomp", "rlimits"),
    ),
    Level("strong", 2, ("landlock", "seccomp", "rlimits")),
    Level("sealed", 2, ("seccomp", "sealed", "rlimits")),
    Level("weak", 1, ("seatbelt", "rlimits") if sys.platform == "darwin" else ("rlimits",)),
)

_RAISED_BY: dict[str, str] = {
    "strong+ns": (
        "user namespaces for unprivileged users: in a container, a seccomp profile that allows "
        "unshare and mount; on Ubuntu 23.10 and newer, the package bubblewrap or an AppArmor "
        "profile that allows userns"
    ),
    "strong": "Landlock: Linux 5.13 or newer with `landlock` among its security modules",
    "sealed": "Linux on x86-64 or aarch64 with seccomp filters; on Windows, WSL2",
}


def probe_isolation() -> Isolation:
    """Return the strongest level that holds on this machine, level 1 included.

    Raises:
        SandboxError: A layer is on and does not hold, or no interpreter can be started.
    """
    return choose_isolation(None, allow_weak=True)


def choose_isolation(name: LevelName | None, allow_weak: bool) -> Isolation:
    """Return the level of that name, or the strongest one that can be had.

    Raises:
        SandboxError: It cannot be had, does not hold, or is level 1 without ``allow_weak``.
    """
    _require_posix()
    levels = [level for level in LEVELS if name in {None, level.name}]
    if not levels:
        names = ", ".join(level.name for level in LEVELS)
        raise SandboxError(f"there is no level {name!r}; the levels are {names}")
    unavailable: dict[str, str] = {}
    for level in levels:
        if level.number == 1 and not allow_weak:
            break
        found = probe_level(level.name)
        if isinstance(found, Isolation):
            return _with_reasons(found, unavailable)
        unavailable[level.name] = found
    reasons = "".join(f"\n  {level}: {reason}" for level, reason in unavailable.items())
    raise SandboxError(
        f"no isolation above level 1 can be had here{reasons}",
        next_step="see `kiyas sandbox check`, or accept level 1 with --allow-weak-isolation, in a "
        "study with score.allow_weak_isolation: true",
    )


@functools.cache
def probe_level(name: LevelName) -> Isolation | str:
    """Return the level with what was tried in it, or why it cannot be had; cached.

    Raises:
        SandboxError: It can be had and does not hold.
    """
    level = next(level for level in LEVELS if level.name == name)
    found = _probe_layers(level, level.layers)
    if isinstance(found, Isolation) or not level.instead:
        return found
    other = _probe_layers(level, level.instead)
    return other if isinstance(other, Isolation) else f"{found}; {level.instead[0]}: {other}"


def _probe_layers(level: Level, layers: tuple[str, ...]) -> Isolation | str:
    """Return the level with what was tried in these layers, or why they cannot be had."""
    try:
        worker = Worker(0, worker_settings(layers, _PROBE_LIMITS, (), None))
    except WorkerRefusedError as error:
        return error.what
    try:
        worker.start()
        report = worker.report or {}
        tried = tuple(_try(worker, act, level) for act in acts.acts_for(level.name))
    except WorkerRefusedError as error:
        if error.layer is None:
            raise
        return error.what
    except WorkerLostError as error:
        raise SandboxError(
            f"the judge was lost while level {level.name} was probed",
            next_step="the machine may be too busy, or short of memory: try again, or see "
            "`kiyas sandbox check`",
        ) from error
    finally:
        worker.kill()
    broken = [act for act in tried if not act.ok and not act.residual]
    if broken and level.number > 1:
        told = "; ".join(f"{act.name}: {act.received}" for act in broken)
        raise SandboxError(f"level {level.name} is on and does not hold ({told})")
    system = platform.uname()
    return Isolation(
        level=level.number,
        name=level.name,
        layers=layers,
        probe=tried,
        landlock_abi=report.get("landlock_abi", 0),
        uid=report.get("uid", -1),
        kernel=f"{system.system} {system.release} {system.machine}",
        python=platform.python_version(),
    )


def what_would_raise(isolation: Isolation) -> dict[str, str]:
    """Return, for each level above this one, what the machine lacks and what would give it."""
    return {
        name: f"{reason} (needs {_RAISED_BY[name]})"
        for name, reason in isolation.unavailable.items()
    }


def self_test(name: LevelName | None = None) -> list[Act]:
    """Try forbidden and honest acts in a cell of a level; return what happened.

    Args:
        name: The level; the strongest that can be had if None.

    Raises:
        SandboxError: The level cannot be had, or does not hold.
    """
    return list(choose_isolation(name, allow_weak=True).probe)


def worker_settings(
    layers: tuple[str, ...], limits: Limits, packages: tuple[str, ...], cpu: int | None
) -> dict[str, object]:
    """Return what a judge is told."""
    return {
        "layers": list(layers),
        "limits": limits.to_dict(),
        "packages": list(packages),
        "package_folders": [path for path in sys.path if path.endswith("-packages")],
        "cpu": cpu,
    }


def _try(worker: Worker, act: acts.PlannedAct, level: Level) -> Act:
    worker.submit(Job(act.name, acts.problem(), act.program))
    received = worker.receive()
    while received is None:
        received = worker.receive()
    outcome = received[1]["outcome"]
    if outcome in {"passed", "failed"}:
        result = "allowed" if outcome == "passed" else "denied"
    else:
        result = f"{outcome}: {received[1].get('detail', '')}"
    residual = level.name in act.residual_at
    return Act(act.name, act.expected, result, result == act.expected, residual)


def _with_reasons(isolation: Isolation, unavailable: dict[str, str]) -> Isolation:
    fields = {name: getattr(isolation, name) for name in isolation.__slots__}
    return Isolation(**{**fields, "unavailable": unavailable})


def _require_posix() -> None:
    if os.name != "posix":
        raise SandboxError("the cage needs Linux or macOS", next_step="on Windows, use WSL2")
    if not sys.executable:
        raise SandboxError("the path of the Python interpreter is unknown")
