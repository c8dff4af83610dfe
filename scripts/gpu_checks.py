"""Everything that needs a GPU, in one run: python scripts/gpu_checks.py [--out FOLDER].

Makes a base of Qwen2.5-Coder-1.5B's shape with random weights (no hub needed), carries reference
study 1 out on it in short form, kills and resumes nothing, and writes what it measured to
gpu-checks.json. The tokenizer is that of the embedded model, or of a folder given by --tokenizer.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
KIYAS = (sys.executable, "-m", "kiyas")
STUDY = ROOT / "studies" / "codegen-cot.yaml"
SHORT_FORM = (
    "arms.deep.data.source=embedded:deep",
    "arms.deep.data.split=null",
    "arms.diverse.data.source=embedded:diverse",
    "arms.diverse.data.split=null",
    "train.max_steps=12",
    "train.checkpoints=[6, 12]",
    "train.max_seq_len=1024",
    "benchmark.limit=41",
    "predict.max_new_tokens=256",
)


def make_base(folder: Path, tokenizer: Path) -> None:
    """Write random weights in the shape of Qwen2.5-Coder-1.5B-Instruct (its config.json)."""
    import torch
    from transformers import AutoTokenizer, Qwen2Config, Qwen2ForCausalLM

    config = Qwen2Config(
        vocab_size=151936,
        hidden_size=1536,
        intermediate_size=8960,
        num_hidden_layers=28,
        num_attention_heads=12,
        num_key_value_heads=2,
        max_position_embeddings=32768,
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=2,
    )
    torch.manual_seed(0)
    with torch.device("cuda"):
        model = Qwen2ForCausalLM(config)
    model.to(torch.bfloat16).save_pretrained(folder)
    AutoTokenizer.from_pretrained(tokenizer).save_pretrained(folder)


def run_study(base: Path, folder: Path) -> dict[str, Any]:
    """Carry the short form out and return its result with wall seconds."""
    settings = [f"base={base}", *SHORT_FORM]
    overrides = [part for setting in settings for part in ("--set", setting)]
    begin = time.perf_counter()
    done = subprocess.run(
        [*KIYAS, "run", str(STUDY), "--json", *overrides, "--run-folder", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return {"seconds": time.perf_counter() - begin, **json.loads(done.stdout)}


def training_speed(folder: Path) -> dict[str, float]:
    """Return tokens a second of each trial, the first step (warm-up) left out."""
    speeds = {}
    for history in sorted(folder.glob("trials/*/*/history.csv")):
        with history.open(encoding="utf-8", newline="") as file:
            rows = [(int(row["tokens"]), float(row["seconds"])) for row in csv.DictReader(file)]
        (first_tokens, first_s), (last_tokens, last_s) = rows[0], rows[-1]
        speeds[str(history.parent.relative_to(folder / "trials"))] = (
            last_tokens - first_tokens
        ) / (last_s - first_s)
    return speeds


def main() -> None:
    """Run every check and write the measurements."""
    import torch

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("gpu-checks"))
    parser.add_argument("--tokenizer", type=Path, required=True)
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        sys.exit("no GPU: torch sees none")
    base, folder = arguments.out / "base", arguments.out / "run"
    make_base(base, arguments.tokenizer)
    first = run_study(base, folder)
    again = run_study(base, folder)
    report = {
        "device": torch.cuda.get_device_name(),
        "torch": torch.__version__,
        "first_run_s": first["seconds"],
        "again_s": again["seconds"],
        "again_did": again["work"],
        "steps": first["work"],
        "training_tokens_per_s": training_speed(folder),
        "scores": [
            (item["checkpoint"]["trial"], item["checkpoint"]["step"], item["pass_at_1"]["k"])
            for item in first["findings"]["checkpoints"]
        ],
        "isolation": first["findings"]["isolation"],
    }
    text = json.dumps(report, indent=2)
    (arguments.out / "gpu-checks.json").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
