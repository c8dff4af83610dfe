"""A trial of a second: eight steps, checkpoints at 2, 5 and 8; and ways for it to die."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from kiyas.config.schema import LoraSettings, TrainSettings
from kiyas.execution import Progress
from kiyas.models import Base, load_base
from kiyas.records import Example, Trial
from kiyas.run_folder import RunFolder, TrialFolder
from kiyas.training import CausalJob, TrainingSummary, train_trial
from kiyas.training.history import HistoryRow

TRIAL = Trial("arm/seed-7", "arm", 7)
LORA = LoraSettings(rank=4, alpha=8, dropout=0.1)
TRAIN = TrainSettings(
    learning_rate=1e-2,
    warmup_steps=1,
    batch_size=2,
    gradient_accumulation_steps=2,
    max_steps=8,
    checkpoints=[2, 5, 8],
    max_seq_len=128,
)
# Eleven rows of unlike length: three steps a pass, the last of three rows.
EXAMPLES = [
    Example(f"Add {n} to x.", f"<think>{'plus ' * n}</think>x + {n}", n) for n in range(1, 12)
]


def job(folder: TrialFolder, **changes) -> CausalJob:
    return replace(CausalJob(TRIAL, EXAMPLES, LORA, TRAIN, "chat", folder), **changes)


def train(
    base: Base,
    folder: TrialFolder,
    *,
    progress: Progress | None = None,
    on_step: Callable[[HistoryRow], None] = lambda _: None,
    **changes,
) -> TrainingSummary:
    return train_trial(
        job(folder, **changes), base, progress=progress or Progress(), on_step=on_step
    )


def _die_at(owner, name, count, *, after):
    """Let the process die at the count-th call of a function, before or after it has worked."""
    function, calls = getattr(owner, name), 0

    def counted(*arguments, **keywords):
        nonlocal calls
        calls += 1
        if calls == count and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*arguments, **keywords)
        if calls == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, counted)


def train_and_die(base_folder, run_folder, moment, count, after):
    """Train, and be killed before or after the count-th call of what a moment stands for."""
    import torch

    owner, name = {
        "update": (torch.optim.AdamW, "step"),
        "rename": (Path, "rename"),
        "torch.save": (torch, "save"),
    }[moment]
    _die_at(owner, name, count, after=after)
    base = load_base(base_folder, dtype="float32", device="cpu")
    train(base, RunFolder(Path(run_folder)).trial(TRIAL))
