"""This interpreter -> the files and folders that a solution may read.

The standard library entry by entry (a rule cannot subtract, and site-packages lies below it, with
the benchmark's answers), the shared libraries of its extension modules, time zones, and the folders
of allowed packages. Nothing of the user's.
"""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

_HIDDEN_ENTRIES = ("site-packages", "dist-packages", "test", "idlelib", "ensurepip")
# What the extension modules of the standard library are linked with.
_LIBRARIES = (
    "z bz2 lzma ffi crypto ssl expat sqlite3 uuid mpdec gdbm gdbm_compat db readline tinfo ncurses "
    "ncursesw panel panelw nsl tirpc crypt gcc_s stdc++ m dl rt pthread c util zstd"
).split()
OTHER = ("/etc/ld.so.cache", "/usr/share/zoneinfo", "/dev/null", "/dev/zero")


def standard_library() -> list[str]:
    """Return the entries of the standard library's folders."""
    folders = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    folders.update(path for path in sys.path if path.endswith("lib-dynload"))
    entries = {
        str(entry)
        for folder in folders
        if Path(folder).is_dir()
        for entry in Path(folder).iterdir()
        if entry.name not in _HIDDEN_ENTRIES
    }
    return sorted(entries)


def shared_libraries() -> list[str]:
    """Return the shared libraries that extension modules may load late."""
    return sorted(
        str(library)
        for folder in library_folders()
        for name in _LIBRARIES
        for library in Path(folder).glob(f"lib{name}[.-]*so*")
    )


def interpreter_libraries() -> list[str]:
    """Return the shared library of the interpreter itself, where it is built as one."""
    name = f"libpython{sysconfig.get_python_version()}*so*"
    return sorted(str(path) for folder in library_folders() for path in Path(folder).glob(name))


def library_folders() -> list[str]:
    """Return the folders in which the dynamic linker finds shared libraries."""
    machine = f"{sysconfig.get_config_var('MULTIARCH') or 'none'}"
    candidates = [f"{root}/{name}" for root in ("/usr", "") for name in (f"lib/{machine}", "lib64")]
    candidates += ["/usr/lib", "/lib", f"{sys.base_prefix}/lib"]
    return [folder for folder in candidates if Path(folder).is_dir()]


def package_entries() -> list[str]:
    """Return the folders of the packages that this process has loaded from site-packages."""
    found = set()
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if "." in name or file is None or "-packages" not in file:
            continue
        path = Path(file)
        entry = path.parent if path.stem == "__init__" else path
        found.add(str(entry))
        libraries = entry.parent / f"{name}.libs"
        if libraries.is_dir():
            found.add(str(libraries))
    return sorted(found)


def all_readable() -> list[str]:
    """Return everything that a solution may read."""
    return [
        *standard_library(),
        *shared_libraries(),
        *OTHER,
        *package_entries(),
    ]
