"""What a step needs in memory -> measured, and said where something gave way; ``memory.json``.

Does not decide what gives way: that is ``gradients``.
"""

from __future__ import annotations

import contextlib
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

import torch

from kiyas.run_folder import read_json, write_json

_CPU_WORDS = ("can't allocate memory", "not enough memory", "Cannot allocate memory")
_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True)
class Relief:
    """What was given up because memory ran out; the update stays the same."""

    step: int
    """Optimiser step that did not fit; 0 for the probe before the first."""
    measure: str
    """What is done from there on."""
    reason: str
    """First line of what ran out of memory said."""


@dataclass(frozen=True)
class MemoryReport:
    """What a trial needed in memory: ``memory.json``."""

    device: str
    """Where it was trained."""
    token_budget: int
    """Tokens of a micro-batch, padding included, at the end."""
    probe_tokens: int
    """Tokens, padding included, of the largest micro-batches, which the probe worked on at once."""
    peak_bytes: int | None
    """Peak of the probe: allocated on a GPU, resident memory of the process on a CPU."""
    reliefs: tuple[Relief, ...]
    """What gave way, in order."""

    def write(self, path: Path) -> None:
        """Write the report.

        Raises:
            RunFolderError: The folder cannot be written.
        """
        write_json(path, self)


def read_reliefs(path: Path) -> tuple[Relief, ...]:
    """Return what gave way in the part of a trial that was done before; empty if nothing was."""
    if not path.exists():
        return ()
    return tuple(Relief(**relief) for relief in read_json(path)["reliefs"])


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that memory ran out, on a GPU or on a CPU."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _CPU_WORDS)


def reset_peak(device: str) -> None:
    """Let the peak of memory be counted from here on."""
    if device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats(device)
        return
    with contextlib.suppress(OSError):  # elsewhere than on Linux: the peak of the whole process
        _CLEAR.write_text("5", encoding="ascii")


def peak_bytes(device: str) -> int:
    """Return the peak of memory: allocated on a GPU, resident in the process on a CPU."""
    if device.startswith("cuda"):
        return torch.cuda.max_memory_allocated(device)
    with contextlib.suppress(OSError, StopIteration):
        lines = _STATUS.read_text(encoding="ascii").splitlines()
        peak = next(line for line in lines if line.startswith("VmHWM:"))
        return 1024 * int(peak.split()[1])
    unit = 1 if sys.platform == "darwin" else 1024  # kilobytes but on a Mac
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
