"""Paths -> a Landlock domain on this process: nothing but reading, beneath those paths only.

Every access that this kernel's Landlock knows is handled, so that what has no rule is denied; TCP
and, where known, signals and abstract sockets to the outside too. Not covered by Landlock: stat,
chmod, chown, times, extended attributes, UDP. Seccomp refuses all of those but stat.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import stat
import struct

from . import process_limits

# The three calls have one number on every architecture; linux/landlock.h.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_PATH_BENEATH = 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
# Number of file rights by version: 1 (13 rights), 2 REFER, 3 TRUNCATE, 5 IOCTL_DEV.
_NUM_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_TCP = 0b11
_SCOPES = 0b11
_O_PATH = 0x200000
_LOWEST_DESCRIPTOR = 10


def version() -> int:
    """Return the version of Landlock that the kernel names; raises OSError if it has none."""
    return process_limits.call("syscall", _CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION_FLAG)


class Ruleset:
    """A set of rules; built once in a zygote, put on every cell.

    Args:
        readable: Files and folders that may be read; missing ones are left out.

    Raises:
        OSError: The kernel has no Landlock, or it is switched off.
    """

    def __init__(self, readable: list[str]) -> None:
        self.abi = version()
        file_rights = (1 << _NUM_FILE_RIGHTS[min(self.abi, 5)]) - 1
        tcp = _TCP if self.abi >= 4 else 0
        self.fd = -1
        # Some kernels name a version and refuse its last field.
        for scopes in (_SCOPES if self.abi >= 6 else 0, 0):
            attributes = struct.pack("@QQQ", file_rights, tcp, scopes)
            size = 24 if self.abi >= 6 else 16 if self.abi >= 4 else 8
            try:
                self.fd = process_limits.call(
                    "syscall", _CREATE_RULESET, attributes, ctypes.c_size_t(size), 0
                )
                break
            except OSError:
                if not scopes:
                    raise
        # A cell's low numbers are taken: 0 to 2 and the judge's socket.
        low, self.fd = self.fd, fcntl.fcntl(self.fd, fcntl.F_DUPFD_CLOEXEC, _LOWEST_DESCRIPTOR)
        os.close(low)
        for path in readable:
            self._allow_reading(path)

    def _allow_reading(self, path: str) -> None:
        try:
            fd = os.open(path, _O_PATH | os.O_CLOEXEC)
        except OSError:
            return
        try:
            folder = stat.S_ISDIR(os.fstat(fd).st_mode)
            rights = _READ_FILE | _READ_DIR if folder else _READ_FILE
            rule = struct.pack("=Qi", rights, fd)
            process_limits.call("syscall", _ADD_RULE, self.fd, _PATH_BENEATH, rule, 0)
        finally:
            os.close(fd)

    def restrict(self) -> None:
        """Put the rules on this process for good; raises OSError."""
        process_limits.call("syscall", _RESTRICT_SELF, self.fd, 0)
