"""Settings -> limits of this process: rlimits, prctl, capabilities, user id.

Each function acts on the calling process and raises OSError if the kernel refuses. Nothing here
hides files or filters system calls; ``landlock`` and ``seccomp`` do.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import stat
import sys
from pathlib import Path

IS_LINUX = sys.platform == "linux"
UNPRIVILEGED_UID = 65534
# Room for the user's own new processes while cells run; only level 1 counts processes.
_SPARE_PROCESSES = 256

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_CAPABILITY_VERSION_3 = 0x20080522

_hidden_for: set[int] = set()
_libc = ctypes.CDLL(None, use_errno=True)


def call(function: str, *arguments: object) -> int:
    """Call a function of libc; raises OSError where it returns a negative number."""
    result = int(getattr(_libc, function)(*arguments))
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function}: {os.strerror(number)}")
    return result


def unsigned_long(value: int) -> ctypes.c_ulong:
    """Return ``value`` as an argument of the width that libc expects for flags."""
    return ctypes.c_ulong(value)


def _prctl(option: int, value: int) -> None:
    if IS_LINUX:
        call("prctl", option, *(ctypes.c_ulong(argument) for argument in (value, 0, 0, 0)))


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends (Linux)."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def hide_memory() -> None:
    """Forbid others to trace this process or read its memory, and core files (Linux)."""
    _prctl(_PR_SET_DUMPABLE, 0)


def show_memory() -> None:
    """Undo ``hide_memory``; a changed user id hides it, and writing an id map needs it."""
    _prctl(_PR_SET_DUMPABLE, 1)


def hide_memory_for(owner: int) -> None:
    """Hide the memory of this process until no owner asks for it any more."""
    _hidden_for.add(owner)
    hide_memory()


def show_memory_for(owner: int) -> None:
    """End ``hide_memory_for``; nothing happens if this owner has not asked for it."""
    if owner in _hidden_for:
        _hidden_for.remove(owner)
        if not _hidden_for:
            show_memory()


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends (Linux)."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def forbid_new_privileges() -> None:
    """Make set-user-id programs powerless; needed before Landlock and seccomp."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def drop_capabilities() -> None:
    """Give up every capability, so that user id 0 is no more than an owner of files (Linux)."""
    if IS_LINUX:
        header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
        call("capset", header, (ctypes.c_uint32 * 6)())


def can_be_unprivileged(needed: list[str]) -> bool:
    """Return whether this is user id 0 and another id could read the paths in ``needed``.

    An interpreter under /root is readable by root alone.
    """
    return os.getuid() == 0 and all(_readable_by_others(Path(path)) for path in needed)


def become_unprivileged(needed: list[str]) -> None:
    """Leave user id 0 if another id can still read the paths in ``needed``; else keep it."""
    if not can_be_unprivileged(needed):
        return
    os.setgroups([])
    os.setresgid(UNPRIVILEGED_UID, UNPRIVILEGED_UID, UNPRIVILEGED_UID)
    os.setresuid(UNPRIVILEGED_UID, UNPRIVILEGED_UID, UNPRIVILEGED_UID)


def _readable_by_others(path: Path) -> bool:
    """Return whether any user can read a file or list a folder; a missing one is no hindrance."""
    try:
        mode = path.stat().st_mode
        needed = 0o005 if stat.S_ISDIR(mode) else 0o004
        return mode & needed == needed and all(
            step.stat().st_mode & 0o001 for step in path.resolve().parents
        )
    except FileNotFoundError:
        return True
    except OSError:
        return False


def set_resource_limits(memory_bytes: int, cpu_s: int, max_open_files: int) -> None:
    """Bound address space, processor time, descriptors; forbid files and core dumps.

    macOS has no limit of address space: there the call is refused and left out.
    """
    for kind, amount in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_NOFILE, max_open_files),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            _, hard = resource.getrlimit(kind)
            least = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
            resource.setrlimit(kind, (least, least))
        except (ValueError, OSError):
            if IS_LINUX or kind != resource.RLIMIT_AS:
                raise


def process_allowance() -> int | None:
    """Return how many processes and threads this user may have at level 1; None if unknown.

    The limit counts all of the user's tasks on the machine, so it is set above what runs now.
    """
    if not Path("/proc/self/task").is_dir():
        return None
    uid, num_tasks = os.getuid(), 0
    for process in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if process.name.isdigit() and process.stat().st_uid == uid:
                num_tasks += sum(1 for _ in (process / "task").iterdir())
    return num_tasks + _SPARE_PROCESSES


def limit_processes(allowance: int) -> None:
    """Bound the number of tasks of this user (root is not bound by it)."""
    resource.setrlimit(resource.RLIMIT_NPROC, (allowance, allowance))


def processors() -> list[int | None]:
    """Return the processors that this process may use; None stands for one that has no number."""
    if hasattr(os, "sched_getaffinity"):
        return [*sorted(os.sched_getaffinity(0))]
    return [None] * (os.cpu_count() or 1)
