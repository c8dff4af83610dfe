"""Names of system calls -> a program that runs without them, as in a container or an old kernel.

    python tests/sandbox/without_system_calls.py NAME[,NAME...] COMMAND...

NAME is one of ``unshare``, ``clone-newuser``, ``clone3``, ``landlock_create_ruleset``,
``prctl-seccomp``.

Loads a filter of its own, so that the sandbox is not tested with itself. x86-64 only.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys

NUMBERS = {"landlock_create_ruleset": 444, "unshare": 272, "clone3": 435}
CLONE, NEW_USER = 56, 0x10000000
PRCTL, SET_SECCOMP = 157, 22
ENOSYS, EPERM, EINVAL = 38, 1, 22


def main() -> None:
    names, *command = sys.argv[1:]
    program = []
    for name in names.split(","):
        if name == "clone-newuser":  # what bubblewrap makes its namespaces with
            program += [
                (0x20, 0, 0, 0),
                (0x15, 0, 3, CLONE),
                (0x20, 0, 0, 16),
                (0x45, 0, 1, NEW_USER),
                (0x06, 0, 0, 0x50000 | EPERM),
            ]
        elif name == "prctl-seccomp":
            program += [
                (0x20, 0, 0, 0),
                (0x15, 0, 3, PRCTL),
                (0x20, 0, 0, 16),
                (0x15, 0, 1, SET_SECCOMP),
                (0x06, 0, 0, 0x50000 | EINVAL),
            ]
        else:
            error = EPERM if name == "unshare" else ENOSYS
            program += [
                (0x20, 0, 0, 0),
                (0x15, 0, 1, NUMBERS[name]),
                (0x06, 0, 0, 0x50000 | error),
            ]
    program.append((0x06, 0, 0, 0x7FFF0000))
    code = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *step) for step in program))
    head = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(38, ctypes.c_ulong(1), 0, 0, 0) == 0
    assert libc.prctl(SET_SECCOMP, ctypes.c_ulong(2), head, 0, 0) == 0
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
