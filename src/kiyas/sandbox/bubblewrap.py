"""Command of a zygote -> the same command inside bubblewrap: namespaces made by another program.

For machines on which this process may not make namespaces itself and ``bwrap`` may: a policy such
as that of Ubuntu 23.10 names it, or it is set-user-id. The new root holds the interpreter, its
standard library, its shared libraries and this package (under another name), read-only. What lies
below them is hidden by Landlock, but for the names in the folder of allowed packages, which can be
learned.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path

from . import readable_paths

PROGRAM = "bwrap"
_PACKAGE_FOLDER = "/kiyas-cage"
_LOADERS = ("/lib64/ld-linux*", "/lib/ld-linux*")
_DEVICES = ("/dev/null", "/dev/zero")


def is_installed() -> bool:
    """Return whether ``bwrap`` is on the path."""
    return shutil.which(PROGRAM) is not None


def needed(package_folders: list[str]) -> list[str]:
    """Return what a user must be able to read so that a zygote can run as that user."""
    own_folder = str(Path(__file__).resolve().parent)
    interpreter = os.path.realpath(sys.executable)
    return [*readable_paths.standard_library(), interpreter, own_folder, *package_folders]


def wrap(command: list[str], package_folders: list[str]) -> list[str]:
    """Return a command that runs ``command`` (of ``bootstrap``) in namespaces of its own.

    Args:
        command: Interpreter and arguments; this package's folder is one of them.
        package_folders: Folders of allowed packages, to be shown as well.
    """
    program, *arguments = command
    own_folder = str(Path(__file__).resolve().parent)
    interpreter = os.path.realpath(program)
    stdlib = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    shown = [interpreter, *sorted(stdlib), *readable_paths.shared_libraries()]
    shown += [str(path) for loader in _LOADERS for path in Path("/").glob(loader[1:])]
    shown += readable_paths.interpreter_libraries()
    shown += [path for path in readable_paths.OTHER if path not in _DEVICES]
    hidden = [
        f"{folder}/{name}"
        for folder in stdlib
        for name in ("site-packages", "dist-packages")
        if (Path(folder) / name).is_dir()
    ]
    options = ["--unshare-all", "--unshare-user", "--die-with-parent", "--cap-drop", "ALL"]
    for path in shown:
        options += ["--ro-bind-try", path, path]
    for path in hidden:
        options += ["--tmpfs", path, "--remount-ro", path]
    for path in package_folders:
        options += ["--ro-bind-try", path, path]
    for path in _DEVICES:
        options += ["--dev-bind", path, path]
    options += ["--ro-bind", own_folder, _PACKAGE_FOLDER, "--remount-ro", "/", "--chdir", "/"]
    moved = [_PACKAGE_FOLDER if argument == own_folder else argument for argument in arguments]
    return [PROGRAM, *options, "--", interpreter, *moved]
