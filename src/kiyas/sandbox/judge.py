"""Control socket of the scheduler -> verdicts: the trusted process that holds problems and tests.

Runs no solution: it starts zygotes, hands each solution to a cell and runs the test here. Serial,
one sample at a time; the scheduler runs one judge a processor.
"""

from __future__ import annotations

import collections
import contextlib
import fcntl
import json
import os
import re
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any

from . import frames, process_limits, zygote, zygote_client
from .prepared_test import PreparedTest, ProblemError
from .trial import Trial

_MAX_TESTS = 64
_MAX_ORDER_BYTES = 1 << 30
# Values of a solution may make a test grow; beyond this it gets a MemoryError.
_MEMORY_BYTES = 2**30
_IMPORT = re.compile(r"^[ \t]*(?:import|from)[ \t]+([\w., \t]+)", re.MULTILINE)

WIDE_MODULES = (
    "abc array ast asyncio base64 bisect calendar collections.abc colorsys concurrent.futures "
    "concurrent.futures.thread contextlib copyreg csv ctypes dataclasses datetime decimal difflib "
    "dis email enum fileinput "
    "fnmatch fractions getpass glob graphlib gzip hashlib hmac html.entities html.parser inspect "
    "io keyword locale logging numbers opcode pathlib pickle pkgutil platform pprint queue "
    "secrets shlex shutil signal sched select selectors socket statistics stat string struct "
    "subprocess tempfile textwrap threading time timeit token tokenize traceback types "
    "unicodedata unittest urllib.parse uuid warnings weakref xml.etree.ElementTree zipfile zlib "
    "zoneinfo bz2 lzma binascii builtins cmath codecs errno marshal"
).split()
_WIDE_NAMES = frozenset(name.split(".")[0] for name in WIDE_MODULES) - {
    "abc", "builtins", "io", "time", "types", "bisect", "string", "collections", "cmath",
}  # fmt: skip


def main(control_fd: int, lifeline_fd: int) -> None:
    """Serve the scheduler until it closes ``control_fd`` or dies."""
    _die_with(lifeline_fd)
    process_limits.hide_memory()
    process_limits.adopt_orphans()
    reader = frames.FrameReader(control_fd, _MAX_ORDER_BYTES)
    judge = Judge(json.loads(reader.read()), lambda: _send(control_fd, {"begun": True}))
    try:
        report = judge.start()
    except zygote_client.ZygoteError as error:
        _send(control_fd, {"fatal": str(error), "layer": error.layer})
        return
    os.dup2(1, 2)  # from here on nobody reads what a test writes
    _send(control_fd, report)
    with contextlib.suppress(frames.StreamEndedError):
        while True:
            _send(control_fd, judge.judge(json.loads(reader.read())))
    judge.close()


def _die_with(lifeline_fd: int) -> None:
    """Have the kernel end this process when the scheduler's end of a pipe is closed.

    PR_SET_PDEATHSIG will not do: it fires when the starting *thread* ends. SIGIO ends a process by
    default, even one that is deep in C code.
    """
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(lifeline_fd, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(lifeline_fd, fcntl.F_GETFL)
    fcntl.fcntl(lifeline_fd, fcntl.F_SETFL, flags | os.O_ASYNC)


def _send(fd: int, message: dict[str, Any]) -> None:
    frames.write_frame(fd, json.dumps(message).encode("ascii"))


class Judge:
    """Judges samples with the zygotes of one set of layers.

    Args:
        settings: ``layers``, ``limits``, ``packages``, ``package_folders``, ``cpu``.
        on_start: Is called when the time of a solution begins.
    """

    def __init__(self, settings: dict[str, Any], on_start: Callable[[], None]) -> None:
        self._settings, self._on_start = settings, on_start
        self._zygotes: dict[str, zygote_client.Zygote] = {}
        self._tests: collections.OrderedDict[tuple[str, ...], PreparedTest] = (
            collections.OrderedDict()
        )

    def start(self) -> dict[str, Any]:
        """Take a processor and start the first zygote; return its report."""
        cpu = self._settings["cpu"]
        if cpu is not None and hasattr(os, "sched_setaffinity"):
            with contextlib.suppress(OSError):
                os.sched_setaffinity(0, {cpu})
        if process_limits.IS_LINUX:
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, resource.RLIM_INFINITY))
        if self._settings["packages"]:
            sys.path += self._settings["package_folders"]
        report: dict[str, Any] = self._zygote(self._flavour("")).report
        return report

    def judge(self, job: dict[str, Any]) -> dict[str, Any]:
        """Return the verdict on ``job`` (``problem`` and ``solution``) as plain data.

        ``slow_start`` in its place says that the machine is too busy for a verdict.
        """
        try:
            test = self._test(job["problem"])
        except ProblemError as error:
            return {"outcome": "harness_error", "detail": str(error)[:300]}
        solution = job["solution"]
        limits = self._settings["limits"]
        folders = self._settings["package_folders"]
        trial = Trial(test, solution, limits, folders, self._on_start)
        flavour = self._flavour(solution)
        for _ in range(2):
            try:
                verdict = trial.judge(self._zygote(flavour))
            except zygote_client.ZygoteError as error:
                reason = str(error)
                self._drop(flavour)
                if isinstance(error, zygote_client.SlowStartError):
                    return {"slow_start": reason}
                continue
            if verdict.pop("zygote_lost"):
                self._drop(flavour)
            return verdict
        return {"outcome": "harness_error", "detail": reason[-300:]}

    def close(self) -> None:
        """End every zygote."""
        for flavour in list(self._zygotes):
            self._drop(flavour)

    def _drop(self, flavour: str) -> None:
        zygote_ = self._zygotes.pop(flavour, None)
        if zygote_ is not None:
            zygote_.close()

    def _test(self, problem: dict[str, str]) -> PreparedTest:
        key = tuple(problem.values())
        if key not in self._tests:
            self._tests[key] = PreparedTest(problem)
            if len(self._tests) > _MAX_TESTS:
                self._tests.popitem(last=False)
        self._tests.move_to_end(key)
        return self._tests[key]

    def _flavour(self, solution: str) -> str:
        """Return which zygote a solution needs, from the imports that its text shows."""
        names = {
            name.strip().split(".")[0].split(" ")[0]
            for clause in _IMPORT.findall(solution)
            for name in clause.split(",")
        }
        if names & set(self._settings["packages"]):
            return "packages"
        sealed = "sealed" in self._settings["layers"]
        return "wide" if sealed or names & _WIDE_NAMES else "lean"

    def _zygote(self, flavour: str) -> zygote_client.Zygote:
        if flavour not in self._zygotes:
            settings = self._settings
            modules = list(zygote.LEAN_MODULES)
            if flavour == "wide" or "sealed" in settings["layers"]:
                modules += WIDE_MODULES
            packages = settings["packages"] if flavour == "packages" else []
            limits = settings["limits"]
            order = zygote.Order(
                layers=settings["layers"],
                modules=modules,
                packages=packages,
                package_folders=settings["package_folders"] if packages else [],
                wall_s=limits["wall_s"],
                memory_bytes=limits["memory_bytes"],
                max_open_files=limits["max_open_files"],
                max_program_bytes=limits["max_program_bytes"],
            )
            self._zygotes[flavour] = zygote_client.Zygote(order, limits["start_s"])
        return self._zygotes[flavour]
