"""Allow-list -> a seccomp program on this process: which system calls exist for a cell.

Classic BPF, assembled here, loaded with prctl. It sees numbers and plain arguments, never what a
pointer points to: which *paths* may be read is Landlock's part. A call off the list gets EPERM, so
that Python raises an ordinary error; only a foreign architecture is killed.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from typing import NamedTuple

from . import process_limits
from .syscall_tables import ABSENT, ARCHITECTURES, FREE, LINKS, PATHS

# linux/bpf_common.h and linux/seccomp.h
_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06
_JUMP_EQUAL, _JUMP_SET, _JUMP_AT_LEAST = 0x15, 0x45, 0x35
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_PR_SET_SECCOMP, _FILTER_MODE = 22, 2
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
_X32_BIT = 0x40000000
_INSTRUCTION = struct.Struct("<HBBI")
# Stands for "the rule does not hold" until the length of the rule is known.
_FAIL = -1
# Replaced by the cell's own process id.
_OWN_PID = 0x7FFFFFFE

# Any way of opening that writes, creates, truncates or only names: O_ACCMODE, O_CREAT, O_TRUNC,
# O_APPEND, O_PATH, O_TMPFILE (asm-generic/fcntl.h; the same on both architectures).
_NOT_PLAIN_READING = 0x3 | 0x40 | 0x200 | 0x400 | 0x200000 | 0x400000
_CLONE_THREAD = 0x10000
# New namespaces, CLONE_PTRACE, CLONE_VFORK.
_CLONE_FORBIDDEN = 0x7E020000 | 0x2000 | 0x4000
_FCNTL = (0, 1, 2, 3, 4, 1030)  # F_DUPFD to F_SETFL, F_DUPFD_CLOEXEC; F_SETOWN can signal others
_IOCTL = (0x5401, 0x5421, 0x5451, 0x5450, 0x541B)  # TCGETS FIONBIO FIOCLEX FIONCLEX FIONREAD
_PRCTL = (15, 16)  # PR_SET_NAME, PR_GET_NAME
# Urgent data on Unix sockets is hardly used and has been a way into the kernel (CVE-2025-38236).
_MSG_OOB = 1
_AF_UNIX, _SOCK_STREAM, _SOCK_FLAGS = 1, 1, 0x80000 | 0x800


class _Instruction(NamedTuple):
    code: int
    k: int
    if_true: int = 0
    if_false: int = 0


def _argument(index: int, high: bool = False) -> _Instruction:
    """Load one half of an argument (both architectures are little-endian)."""
    return _Instruction(_LOAD, _ARGUMENTS_AT + 8 * index + (4 if high else 0))


def _one_of(index: int, values: tuple[int, ...]) -> list[_Instruction]:
    tests = [
        _Instruction(_JUMP_EQUAL, value, len(values) - 1 - place)
        for place, value in enumerate(values)
    ]
    tests[-1] = tests[-1]._replace(if_false=_FAIL)
    return [_argument(index), *tests]


def _without(index: int, mask: int) -> list[_Instruction]:
    return [_argument(index), _Instruction(_JUMP_SET, mask, _FAIL)]


def _with(index: int, bits: int) -> list[_Instruction]:
    return [
        _argument(index),
        _Instruction(_AND, bits),
        _Instruction(_JUMP_EQUAL, bits, 0, _FAIL),
    ]


def _only(index: int, value: int, ignoring: int) -> list[_Instruction]:
    return [
        _argument(index),
        _Instruction(_AND, ~ignoring & 0xFFFFFFFF),
        _Instruction(_JUMP_EQUAL, value, 0, _FAIL),
    ]


def _null(index: int) -> list[_Instruction]:
    return [
        step
        for high in (False, True)
        for step in (_argument(index, high), _Instruction(_JUMP_EQUAL, 0, 0, _FAIL))
    ]


def _rules(sealed: bool) -> dict[str, tuple[list[_Instruction], int]]:
    """Return the calls that depend on their arguments, with the error of a refused one."""
    rules: dict[str, tuple[list[_Instruction], int]] = {
        "fcntl": (_one_of(1, _FCNTL), errno.EPERM),
        "ioctl": (_one_of(1, _IOCTL), errno.ENOTTY),
        "clone": (_with(0, _CLONE_THREAD) + _without(0, _CLONE_FORBIDDEN), errno.EPERM),
        "kill": (_one_of(0, (_OWN_PID,)), errno.EPERM),
        "tgkill": (_one_of(0, (_OWN_PID,)), errno.EPERM),
        "sched_getaffinity": (_one_of(0, (0,)), errno.EPERM),
        "prlimit64": (_one_of(0, (0,)) + _null(2), errno.EPERM),
        "prctl": (_one_of(0, _PRCTL), errno.EPERM),
        "socketpair": (_one_of(0, (_AF_UNIX,)) + _only(1, _SOCK_STREAM, _SOCK_FLAGS), errno.EPERM),
        "sendto": (_null(4) + _without(3, _MSG_OOB), errno.EPERM),
        "recvfrom": (_without(3, _MSG_OOB), errno.EPERM),
    }
    if not sealed:
        rules["openat"] = (_without(2, _NOT_PLAIN_READING), errno.EACCES)
        rules["open"] = (_without(1, _NOT_PLAIN_READING), errno.EACCES)
    return rules


def _rule(number: int, checks: list[_Instruction], error: int) -> list[_Instruction]:
    body = [*checks, _Instruction(_RETURN, _ALLOW), _Instruction(_RETURN, _ERRNO | error)]
    last = len(body) - 1
    resolved = [
        step._replace(
            if_true=last - place - 1 if step.if_true == _FAIL else step.if_true,
            if_false=last - place - 1 if step.if_false == _FAIL else step.if_false,
        )
        for place, step in enumerate(body)
    ]
    # The checks load arguments over the number; a rule never falls through to the next one.
    return [_Instruction(_JUMP_EQUAL, number, 0, len(resolved)), *resolved]


class Filter:
    """An assembled program; built once in a zygote, loaded in every cell.

    Args:
        sealed: Whether calls that name a path are refused.

    Raises:
        OSError: There is no table for this machine.
    """

    def __init__(self, sealed: bool) -> None:
        machine = os.uname().machine
        if machine not in ARCHITECTURES:
            raise OSError(errno.ENOSYS, f"no table of system calls for {machine}")
        architecture, numbers = ARCHITECTURES[machine]
        program = [
            _Instruction(_LOAD, _ARCHITECTURE_AT),
            _Instruction(_JUMP_EQUAL, architecture, 1, 0),
            _Instruction(_RETURN, _KILL),
            _Instruction(_LOAD, _NUMBER_AT),
        ]
        if machine == "x86_64":
            program += [
                _Instruction(_JUMP_AT_LEAST, _X32_BIT, 0, 1),
                _Instruction(_RETURN, _ERRNO | errno.ENOSYS),
            ]
        for name in FREE if sealed else [*FREE, *PATHS]:
            if name in numbers:
                program += [
                    _Instruction(_JUMP_EQUAL, numbers[name], 0, 1),
                    _Instruction(_RETURN, _ALLOW),
                ]
        for name, (checks, error) in _rules(sealed).items():
            if name in numbers:
                program += _rule(numbers[name], checks, error)
        for name in [*LINKS, *PATHS, "openat", "open"] if sealed else LINKS:
            if name in numbers:
                program += [
                    _Instruction(_JUMP_EQUAL, numbers[name], 0, 1),
                    _Instruction(_RETURN, _ERRNO | errno.EACCES),
                ]
        for name in ABSENT:
            program += [
                _Instruction(_JUMP_EQUAL, numbers[name], 0, 1),
                _Instruction(_RETURN, _ERRNO | errno.ENOSYS),
            ]
        program.append(_Instruction(_RETURN, _ERRNO | errno.EPERM))
        self._code = bytearray().join(_INSTRUCTION.pack(*_fields(step)) for step in program)
        self._pid_places = [
            _INSTRUCTION.size * place + 4
            for place, step in enumerate(program)
            if step.code == _JUMP_EQUAL and step.k == _OWN_PID
        ]
        self._buffer = (ctypes.c_char * len(self._code)).from_buffer(self._code)
        # struct sock_fprog: a length, padding, a pointer.
        address = ctypes.addressof(self._buffer)
        self._head = ctypes.create_string_buffer(struct.pack("@HP", len(program), address))

    def load(self) -> None:
        """Put the program on this process for good; raises OSError."""
        for place in self._pid_places:
            struct.pack_into("<I", self._code, place, os.getpid())
        process_limits.call(
            "prctl", _PR_SET_SECCOMP, ctypes.c_ulong(_FILTER_MODE), self._head, 0, 0
        )


def _fields(step: _Instruction) -> tuple[int, int, int, int]:
    return step.code, step.if_true, step.if_false, step.k
