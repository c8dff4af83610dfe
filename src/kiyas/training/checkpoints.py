"""A model in training -> adapters on disk that are proven to load, and a state to resume from.

A folder gets its final name only when it is complete, so a kill at any moment leaves whole folders
and names that begin with a dot. Does not decide when to save.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from accelerate import PartialState
from numpy.typing import NDArray
from safetensors import SafetensorError

from kiyas.errors import TrainingError
from kiyas.models import Base, autocast, bare_model, reloaded_adapter, save_adapter
from kiyas.run_folder import TrialFolder, hash_file, write_json, writing
from kiyas.training.records import SavedCheckpoint, StepCount
from kiyas.training.saved import verification_of

if TYPE_CHECKING:
    from peft import PeftModel

_PROBE_TOKENS = 64
_PARTIAL = ".partial"
# The same weights on the same kernels give the same numbers; the margin, as a share of the largest
# logit, is for a library that sums in another order when loading.
_TOLERANCE = {"float32": 1e-5, "bfloat16": 1e-2}
# safetensors names the fault; torch only says that its archive writer lost its place, so there the
# space left on the disk decides.
_FULL_WORDS = ("No space left", "quota exceeded")
_TORCH_WRITER_WORDS = ("inline_container", "iostream error", "file write failed")
_FULL_BYTES = 1 << 20


class CheckpointKeeper:
    """Keeps a trial's adapters, each proven to load, and the newest state to resume from.

    Args:
        base: The bare base.
        folder: The trial's folder.
        steps: Which steps are checkpoints, and which is the last.
        probe: Shape (T,): token ids of a row, on whose start models are compared.
    """

    def __init__(
        self, base: Base, folder: TrialFolder, steps: StepCount, probe: NDArray[np.int32]
    ) -> None:
        self._base, self._folder, self._steps = base, folder, steps
        self._probe = torch.tensor(probe[:_PROBE_TOKENS].tolist(), device=base.device)[None]
        self.workplace = folder.resume / _PARTIAL
        """Folder that the library writes a state into before it is complete."""

    def is_due(self, step: int) -> bool:
        """Return whether something is kept after a step: a checkpoint, or the last one."""
        return step in self._steps.checkpoints or step == self._steps.num_steps

    def epoch_at(self, step: int) -> float:
        """Return the passes over the data that are done after a step."""
        return self._steps.epoch_at(step)

    def newest_state(self) -> tuple[int, Path | None]:
        """Return the step to resume from with its folder; 0 and None to begin anew."""
        states = {int(path.name[5:]): path for path in self._folder.resume.glob("step-*")}
        step = max(states, default=0)
        return step, states.get(step)

    def keep_adapter(self, model: PeftModel, step: int) -> None:
        """Write the adapter of a checkpoint, load it afresh, compare, and only then name it.

        The first of a trial's processes writes, all compare. Does nothing at a step that is no
        checkpoint.

        Raises:
            TrainingError: The adapter loads to something else, or changes nothing.
            RunFolderError: The folder cannot be written.
        """
        if step not in self._steps.checkpoints:
            return
        target = self._folder.checkpoint(step)
        partial = target.with_name(f".{target.name}{_PARTIAL}")
        processes = PartialState()
        if processes.is_main_process:
            with saving(target):
                shutil.rmtree(partial, ignore_errors=True)
                save_adapter(model, partial)
        processes.wait_for_everyone()
        verified = self._verify(model, partial, step)
        processes.wait_for_everyone()
        if not processes.is_main_process:
            return
        write_json(verification_of(partial), verified)
        with saving(target):
            _put_in_place(partial, target)

    def keep_state(self, written: Path, step: int) -> None:
        """Take a state that the library has written whole, and drop the older ones.

        Raises:
            RunFolderError: The folder cannot be written.
        """
        target = self._folder.resume / f"step-{step}"
        with saving(target):
            _put_in_place(written, target)
            for path in self._folder.resume.glob("step-*"):
                if path != target:
                    shutil.rmtree(path)

    def _verify(self, model: PeftModel, saved: Path, step: int) -> SavedCheckpoint:
        in_memory = self._logits(model.get_base_model())
        with reloaded_adapter(self._base, model, saved) as again:
            reloaded = self._logits(again.get_base_model())
        with bare_model(self._base, model) as untouched:
            bare = self._logits(untouched)
        where = f"{self._folder.path}, step {step}"
        difference = float((in_memory - reloaded).abs().max())
        limit = _TOLERANCE[self._base.dtype] * float(in_memory.abs().max())
        if not difference <= limit:  # also true of NaN
            raise TrainingError(
                "the saved adapter is not the one that was trained: loaded again, it gives "
                "other logits",
                where=where,
                received=f"largest difference {difference:g}",
                expected=f"at most {limit:g}",
            )
        change = float((reloaded - bare).abs().max())
        if change == 0:
            raise TrainingError(
                "the adapter changes nothing: its logits are those of the base",
                where=where,
                expected="an adapter that learnt something by this step",
                next_step="raise the learning rate, or save after the warm-up's first steps",
            )
        sha256 = hash_file(saved / "adapter_model.safetensors")
        return SavedCheckpoint(step, self.epoch_at(step), sha256, difference, change)

    @torch.no_grad()
    def _logits(self, model: Any) -> torch.Tensor:
        """Return float32 logits of shape (T, V) on the fixed probe, dropout off."""
        was_training = model.training
        model.eval()
        with autocast(self._base):
            logits: torch.Tensor = model(input_ids=self._probe, use_cache=False).logits
        model.train(was_training)
        return logits[0].float()


@contextmanager
def saving(path: Path) -> Iterator[None]:
    """Turn a failed write of any library into an error that says what to do.

    torch and safetensors report a full disk in words of their own and not as an ``OSError``.

    Raises:
        RunFolderError: The disk is full, or the place cannot be written.
    """
    with writing(path):
        try:
            yield
        except (RuntimeError, SafetensorError) as error:
            code = _error_number(str(error), path)
            if code is None:
                raise
            raise OSError(code, os.strerror(code)) from error


def _error_number(words: str, path: Path) -> int | None:
    """Return what the operating system would have said; None if it was no failed write."""
    if any(full in words for full in _FULL_WORDS):
        return errno.ENOSPC
    if not any(torch_says in words for torch_says in _TORCH_WRITER_WORDS):
        return None
    there = next(folder for folder in (path, *path.parents) if folder.exists())
    return errno.ENOSPC if shutil.disk_usage(there).free < _FULL_BYTES else errno.EIO


def _put_in_place(written: Path, target: Path) -> None:
    for path in written.rglob("*"):
        if path.is_file():
            path.chmod(0o644)  # safetensors keeps its files from everyone else
            with path.open("rb") as file:
                os.fsync(file.fileno())
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        shutil.rmtree(target)
    written.rename(target)
