"""Folders -> namespaces of this process's own: users, processes, network, IPC and a bare root.

Entered once by a zygote, so that they cost its cells nothing. The new root holds the folders it is
given, read-only, and nothing else: not even the existence of another file can be learned. Hides no
file below those folders; Landlock does.
"""

from __future__ import annotations

import os
import platform
from pathlib import Path

from . import process_limits

# linux/sched.h: user, mount, IPC, UTS, network, process namespaces.
_NEW_NAMESPACES = 0x10000000 | 0x20000 | 0x08000000 | 0x04000000 | 0x40000000 | 0x20000000
# sys/mount.h
_RDONLY, _NOSUID, _NODEV, _NOEXEC, _REMOUNT = 1, 2, 4, 8, 32
_BIND, _REC, _PRIVATE = 4096, 16384, 1 << 18
_DETACH = 2
_OLD_ROOT = "/old-root"
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}


def enter(folders: list[str], devices: list[str]) -> None:
    """Move this process into fresh namespaces; the caller goes on as their first process.

    The calling process stays behind only to wait for the new one and to end as it ends.

    Args:
        folders: Files and folders to show, read-only.
        devices: Device files to show.

    Raises:
        OSError: The kernel, a container or a policy does not allow it.
    """
    uid, gid = os.getuid(), os.getgid()
    process_limits.show_memory()
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        # A package has started threads, with which no user namespace can be entered; a fork of
        # this process has none of them, as no cell has.
        _continue_in_child()
    process_limits.call("unshare", _NEW_NAMESPACES)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {uid} 1"),
        ("gid_map", f"{gid} {gid} 1"),
    ):
        Path(f"/proc/self/{name}").write_text(text, encoding="ascii")
    _continue_in_child()
    _build_root(folders, devices)


def _continue_in_child() -> None:
    """Fork; the parent only waits and ends as its child ends, the child returns."""
    child = os.fork()
    process_limits.die_with_parent()
    if child:
        os.closerange(0, 256)
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _build_root(folders: list[str], devices: list[str]) -> None:
    _mount(None, "/", None, _REC | _PRIVATE)
    base = next(path for path in ("/tmp", "/var", "/usr") if Path(path).is_dir())  # noqa: S108 - a mount point in our own namespace, nothing is written to the real one
    _mount("tmpfs", base, "tmpfs", _NOSUID | _NODEV, "size=1m,mode=755")
    Path(base + _OLD_ROOT).mkdir()
    process_limits.call(
        "syscall", _PIVOT_ROOT[platform.machine()], base.encode(), (base + _OLD_ROOT).encode()
    )
    os.chdir("/")
    for path in [*folders, *devices]:
        _show(path, device=path in devices)
    for folder in folders:
        for hidden in ("site-packages", "dist-packages"):
            if (Path(folder) / hidden).is_dir() and not _shows_below(folders, folder, hidden):
                _mount("tmpfs", f"{folder}/{hidden}", "tmpfs", _RDONLY | _NOSUID | _NODEV)
    process_limits.call("umount2", _OLD_ROOT.encode(), _DETACH)
    Path(_OLD_ROOT).rmdir()
    _mount("tmpfs", "/", "tmpfs", _REMOUNT | _RDONLY | _NOSUID | _NODEV)


def _shows_below(folders: list[str], folder: str, hidden: str) -> bool:
    return any(path.startswith(f"{folder}/{hidden}/") for path in folders)


def _show(path: str, device: bool) -> None:
    source, target = Path(_OLD_ROOT + path), Path(path)
    if not source.exists():
        return
    if target.exists():
        return  # shown already, with a folder above it
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    _mount(str(source), path, None, _BIND | _REC)
    if not device:
        # Flags that the machine has set on this mount are locked and have to be repeated.
        kept = os.statvfs(path).f_flag & (_NOSUID | _NODEV | _NOEXEC | 1024 | 2048 | 4096)
        relatime = {0: 0, 1024: 1024, 2048: 2048, 4096: 1 << 21}
        flags = kept & (_NOSUID | _NODEV | _NOEXEC)
        flags |= sum(mounted for bit, mounted in relatime.items() if kept & bit)
        _mount(None, path, None, _BIND | _REMOUNT | _RDONLY | _NOSUID | flags)


def _mount(
    source: str | None, target: str, kind: str | None, flags: int, options: str | None = None
) -> None:
    texts = [None if text is None else text.encode() for text in (source, target, kind, options)]
    process_limits.call("mount", *texts[:3], process_limits.unsigned_long(flags), texts[3])
