"""Everything that needs a GPU, in one run: python scripts/gpu_checks.py --tokenizer FOLDER.

Makes a base of Qwen2.5-Coder-1.5B's shape with random weights (no hub needed), carries reference
study 1 out on it in short form, does it again (nothing must be done), times decoding beside plain
``generate``, and writes what it measured to gpu-checks.json. The tokenizer is that of the embedded
model (KIYAS_CACHE, or ~/.cache/kiyas), or of any other folder.
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
NEW_TOKENS = 256
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


def decoding_speed(folder: Path) -> dict[str, float]:
    """Time 164 greedy rows of 256 tokens: kiyas beside ``generate`` in fixed batches of 32."""
    import torch

    from kiyas.data import load_benchmark
    from kiyas.models import load_base, render_problem
    from kiyas.prediction.engines import DecodingSettings, Row
    from kiyas.prediction.transformers_engine import TransformersEngine

    base = load_base(str(folder))
    problems = load_benchmark("humaneval").problems
    prompts = [render_problem(base, problem, "chat").token_ids for problem in problems]
    engine = TransformersEngine(base)
    settings = DecodingSettings(NEW_TOKENS, frozenset())
    rows = [Row(index, ids, None, index) for index, ids in enumerate(prompts)]

    def ours() -> int:
        return sum(len(row.token_ids) for row in engine.decode(rows, settings))

    def plain() -> int:
        for start in range(0, len(prompts), 32):
            batch = prompts[start : start + 32]
            longest = max(map(len, batch))
            ids = torch.full((len(batch), longest), base.pad_token_id, device=base.device)
            mask = torch.zeros_like(ids)
            for row, prompt in enumerate(batch):
                ids[row, longest - len(prompt) :] = torch.tensor(prompt, device=base.device)
                mask[row, longest - len(prompt) :] = 1
            base.model.generate(
                ids,
                attention_mask=mask,
                max_new_tokens=NEW_TOKENS,
                min_new_tokens=NEW_TOKENS,
                do_sample=False,
            )
        return len(prompts) * NEW_TOKENS

    speeds = {}
    for name, decode in (("kiyas", ours), ("generate", plain), ("kiyas again", ours)):
        torch.cuda.synchronize()
        begin = time.perf_counter()
        num_tokens = decode()
        torch.cuda.synchronize()
        speeds[name] = num_tokens / (time.perf_counter() - begin)
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
        "decoding_tokens_per_s": decoding_speed(base),
        "peak_gpu_bytes": torch.cuda.max_memory_allocated(),
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
