"""A trial of a few seconds; as a program, the same trial in a process that can be killed.

Usage: python tiny_trial.py BASE_FOLDER RUN_FOLDER
"""

import sys
from pathlib import Path

from kiyas.config.schema import LoraSettings, TrainSettings
from kiyas.execution import Progress
from kiyas.models import Base, load_base
from kiyas.records import Example, Trial
from kiyas.run_folder import RunFolder, TrialFolder
from kiyas.training import TrainingSummary, train_trial

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


def train(
    base: Base, folder: TrialFolder, *, progress: Progress | None = None, **changes
) -> TrainingSummary:
    arguments = {
        "trial": TRIAL,
        "examples": EXAMPLES,
        "base": base,
        "lora": LORA,
        "train": TRAIN,
        "protocol": "chat",
        "folder": folder,
        "progress": progress or Progress(),
    }
    return train_trial(**arguments | changes)


if __name__ == "__main__":
    tiny = load_base(sys.argv[1], dtype="float32", device="cpu")
    train(tiny, RunFolder(Path(sys.argv[2])).trial(TRIAL))
