"""Verb -> command lines that show it in its help; a test parses every one of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_TRAIN = (
    "kiyas train --model owner/base --train_path train.csv --val_path val.csv "
    "--num_epochs 3 --output_dir results/topics"
)
EXAMPLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "init": (
            "kiyas init",
            "kiyas init study.yaml --yes --data traces-a.jsonl --data traces-b.jsonl",
            "kiyas init topics.yaml --yes --task classification --data tables/",
        ),
        "doctor": ("kiyas doctor", "kiyas doctor --no-network --json"),
        "check": ("kiyas check study.yaml",),
        "plan": ("kiyas plan study.yaml", "kiyas plan study.yaml --set train.max_steps=400"),
        "run": (
            "kiyas run study.yaml",
            "kiyas run study.yaml --set train.learning_rate=1e-4 --run-folder runs/faster",
        ),
        "train": (_TRAIN,),
        "predict": (
            'kiyas predict results/topics --text "Prove that 2 + 2 = 4."',
            "kiyas predict results/topics --file texts.csv --json",
        ),
        "report": ("kiyas report study.yaml", "kiyas report study.yaml --language tr"),
        "view": ("kiyas view", "kiyas view demo", "kiyas view runs/demo --no-open"),
        "ls": ("kiyas ls", "kiyas ls runs --json"),
        "export": (
            "kiyas export runs/demo --arm deep --output exported/deep",
            "kiyas export demo --arm deep --checkpoint 20 --merge --output exported/merged",
            "kiyas export demo --arm deep --output exported/deep --push owner/demo-deep --private",
        ),
        "import": (
            "kiyas import llama3_lora_sft.yaml --out study.yaml",
            "kiyas import axolotl.yml --json",
        ),
        "score": (
            "kiyas score samples.jsonl --out scores.jsonl",
            "kiyas score samples.jsonl --benchmark own --benchmark-file problems.jsonl",
        ),
        "compare": ("kiyas compare old-scores.jsonl new-scores.jsonl --fail-if-worse",),
        "audit": (
            "kiyas audit table.csv",
            "kiyas audit base.jsonl tuned.jsonl --model base.jsonl=Qwen/Qwen2.5-Coder-1.5B",
        ),
        "schema": ("kiyas schema > study.schema.json",),
        "version": ("kiyas version",),
        "data check": ("kiyas data check train.csv validation.csv test.csv",),
        "data clean": ("kiyas data clean raw.csv --out clean.csv",),
        "data split": ("kiyas data split clean.csv --out-dir splits --shares 0.7,0.15,0.15",),
        "data augment": (
            "kiyas data augment train.csv --out more.csv --share 0.5 --held-out test.csv",
        ),
        "sandbox check": ("kiyas sandbox check",),
    }
)
