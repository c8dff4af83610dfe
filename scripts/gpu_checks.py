"""Everything that needs a GPU, in one run: python scripts/gpu_checks.py --tokenizer FOLDER.

Makes a base of Qwen2.5-Coder-1.5B's shape with random weights (no hub needed), carries reference
study 1 out on it in short form, does it again (nothing must be done), trains it in several ways,
decodes a base and four LoRA checkpoints with kiyas, plain ``generate`` and, where vLLM is
installed, with vLLM by itself and through kiyas, and times several adapters in one batch.

What was measured is in gpu-checks.json after each part; a part that fails leaves its error there,
and the next begins. The tokenizer is that of the embedded model (KIYAS_CACHE, or ~/.cache/kiyas),
or of any other folder.
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
TRAINING = ROOT / "scripts" / "gpu_training.py"
DECODING = ROOT / "scripts" / "gpu_decoding.py"
ADAPTERS = ROOT / "benchmarks" / "adapters.py"
WAYS = ("generate", "kiyas-transformers", "kiyas-tight", "raw-vllm", "kiyas-vllm")
TRAINERS = (
    "kiyas",
    "kiyas-4bit",
    "kiyas-two",
    "kiyas-sharded",
    "kiyas-tight",
    "trl-packed",
    "unsloth",
)
NUM_ADAPTERS = 4
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
    "predict.cache=false",
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
    """Carry the short form out and return its result with wall seconds; an error is one too."""
    settings = [f"base={base}", *SHORT_FORM]
    overrides = [part for setting in settings for part in ("--set", setting)]
    begin = time.perf_counter()
    done = subprocess.run(
        [*KIYAS, "run", str(STUDY), "--json", *overrides, "--run-folder", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - begin
    if done.returncode != 0:
        return {"seconds": seconds, "error": done.stdout or f"ended with {done.returncode}"}
    return {"seconds": seconds, **json.loads(done.stdout)}


def study(base: Path, folder: Path) -> dict[str, Any]:
    """Carry the short form out twice; return what was done, found and measured."""
    first = run_study(base, folder)
    if "error" in first:
        return first
    again = run_study(base, folder)
    return {
        "first_run_s": first["seconds"],
        "again_s": again["seconds"],
        "again_did": again.get("error", again.get("work")),
        "steps": first["work"],
        "training_tokens_per_s": training_speed(folder),
        "determinism": determinism(folder),
        "scores": [
            (item["checkpoint"]["trial"], item["checkpoint"]["step"], item["pass_at_1"]["k"])
            for item in first["findings"]["checkpoints"]
        ],
        "isolation": first["findings"]["isolation"],
    }


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


def determinism(folder: Path) -> dict[str, Any] | None:
    """Return the study's probe of decoding: the same prompts alone and in a batch."""
    for path in folder.glob("predictions/**/determinism.json"):
        probe: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return {key: value for key, value in probe.items() if key != "differing"}
    return None


def make_adapters(base_folder: Path, folder: Path) -> None:
    """Write adapters of rank 32 that change answers a little."""
    import torch

    from kiyas.config.schema import LoraSettings
    from kiyas.models import load_base, new_adapter, save_adapter

    base = load_base(str(base_folder), device="cpu")
    for seed in range(1, NUM_ADAPTERS + 1):
        model = new_adapter(base, LoraSettings(dropout=0.0), seed=seed)
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for name, weight in model.named_parameters():
                if "lora_B" in name:
                    weight.copy_(2e-3 * torch.randn(weight.shape, generator=generator))
        save_adapter(model, folder / f"step-{seed}")


def decode(how: str, base: Path, adapters: Path, out: Path) -> dict[str, Any]:
    """Decode the sweep in one way, in a process of its own; an error is a result too."""
    return measure([str(DECODING), how, str(base), str(adapters), str(out)], out)


def training(base: Path, folder: Path) -> dict[str, Any]:
    """Train in every way, in a process of its own each; return that and how kiyas compares."""
    found = {}
    for how in TRAINERS:
        out = folder / f"training-{how}.json"
        found[how] = measure([str(TRAINING), how, str(base), str(out)], out)
    speeds = {how: result.get("tokens_per_s") for how, result in found.items()}
    return {
        "ways": found,
        "kiyas_to_trl_packed": ratio(speeds, "kiyas", "trl-packed"),
        "kiyas_to_unsloth": ratio(speeds, "kiyas", "unsloth"),
        "largest_loss_difference_of_two_processes": loss_difference(found, "kiyas-two"),
        "largest_loss_difference_of_a_sharded_base": loss_difference(found, "kiyas-sharded"),
    }


def loss_difference(found: dict[str, Any], how: str) -> float | None:
    """Return the largest difference of a step's loss from that of one process."""
    one, other = (found[name].get("losses") for name in ("kiyas", how))
    if not one or not other:
        return None
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def measure(command: list[str], out: Path) -> dict[str, Any]:
    """Run a script that measures and read what it wrote; an error is a result too."""
    command = [sys.executable, *command]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        return {"error": lines[-1] if lines else f"ended with {done.returncode}"}
    result: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return result


def decoding(base: Path, folder: Path) -> dict[str, Any]:
    """Decode base and adapters in every way; return tokens a second, ratios and equal texts."""
    adapters = folder / "adapters"
    make_adapters(base, adapters)
    found = {how: decode(how, base, adapters, folder / f"{how}.json") for how in WAYS}
    speeds = {
        how: None if "error" in result else result["num_tokens"] / result["seconds"]
        for how, result in found.items()
    }

    def equal(how: str, to: str) -> str | None:
        texts = found[how].get("texts"), found[to].get("texts")
        if None in texts:
            return None
        pairs = list(zip(*texts, strict=True))
        return f"{sum(one == other for one, other in pairs)}/{len(pairs)}"

    return {
        "tokens_per_s": speeds,
        "errors": {how: result["error"] for how, result in found.items() if "error" in result},
        "peak_gpu_bytes": {how: result.get("peak_gpu_bytes") for how, result in found.items()},
        "kiyas_transformers_to_generate": ratio(speeds, "kiyas-transformers", "generate"),
        "kiyas_vllm_to_raw_vllm": ratio(speeds, "kiyas-vllm", "raw-vllm"),
        "said_with_too_little_memory": found["kiyas-tight"].get("said"),
        "equal_texts": {
            "kiyas-transformers, generate": equal("kiyas-transformers", "generate"),
            "kiyas-vllm, raw-vllm": equal("kiyas-vllm", "raw-vllm"),
            "kiyas-vllm, kiyas-transformers": equal("kiyas-vllm", "kiyas-transformers"),
            "kiyas-tight, kiyas-transformers": equal("kiyas-tight", "kiyas-transformers"),
        },
    }


def ratio(speeds: dict[str, float | None], how: str, to: str) -> float | None:
    """Return how many times as fast one way is; None if one of the two was not measured."""
    one, other = speeds[how], speeds[to]
    return one / other if one and other else None


def several_adapters(base: Path, folder: Path) -> dict[str, Any]:
    """Time a decoding step of several adapters in one batch and in a batch each."""
    out = folder / "adapters.json"
    rows = ("1", "4", "16", "50", "164")
    command = [str(ADAPTERS), "--base", str(base), "--rows", *rows, "--out", str(out)]
    return measure(command, out)


def main() -> None:
    """Run every check and write the measurements."""
    import torch

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("gpu-checks"))
    parser.add_argument("--tokenizer", type=Path, required=True)
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        sys.exit("no GPU: torch sees none")
    arguments.out.mkdir(parents=True, exist_ok=True)
    base = arguments.out / "base"
    make_base(base, arguments.tokenizer)
    report: dict[str, Any] = {
        "device": torch.cuda.get_device_name(),
        "num_devices": torch.cuda.device_count(),
        "torch": torch.__version__,
    }
    parts = {
        "study": lambda: study(base, arguments.out / "run"),
        "training": lambda: training(base, arguments.out),
        "decoding": lambda: decoding(base, arguments.out),
        "several_adapters": lambda: several_adapters(base, arguments.out),
    }
    for name, part in parts.items():
        try:
            report[name] = part()
        except Exception as error:  # noqa: BLE001 - hours of the other parts are not lost with it
            report[name] = {"error": f"{type(error).__name__}: {error}"}
        text = json.dumps(report, indent=2)
        (arguments.out / "gpu-checks.json").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
