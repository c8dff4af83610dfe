"""Train one base in one way and measure it: gpu_training.py HOW BASE OUT.json; for gpu_checks.py.

HOW is kiyas, kiyas-4bit, kiyas-two, kiyas-sharded, kiyas-tight, trl-packed or unsloth. Rows are the
embedded set, settings those of reference study 1. Writes tokens a second after the first step, peak
bytes on the GPU, the losses, and the share of the device's bfloat16 matrix speed, measured here.
"""

from __future__ import annotations

import csv
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

NUM_STEPS = 12
SIZE = 8192
TARGETS = ["q_proj", "v_proj", "gate_proj", "up_proj"]


def matrix_speed() -> float:
    """Return bfloat16 matrix products of the GPU in FLOP/s."""
    import torch

    matrix = torch.ones((SIZE, SIZE), dtype=torch.bfloat16, device="cuda")
    for _ in range(3):
        matrix @ matrix
    torch.cuda.synchronize()
    begin = time.perf_counter()
    for _ in range(20):
        matrix @ matrix
    torch.cuda.synchronize()
    return 20 * 2 * SIZE**3 / (time.perf_counter() - begin)


def train_with_kiyas(how: str, base_folder: Path) -> dict[str, Any]:
    """Train a trial; its history and memory report are the measurement."""
    import torch

    from kiyas.config.schema import LoraSettings, TrainSettings
    from kiyas.data import load_examples
    from kiyas.execution import Progress
    from kiyas.models import load_base, locate_base
    from kiyas.records import Trial
    from kiyas.run_folder import RunFolder
    from kiyas.training import CausalJob, train_in_processes, train_trial

    quantization = "4bit" if how == "kiyas-4bit" else None
    in_two = how in {"kiyas-two", "kiyas-sharded"}
    train = TrainSettings(
        max_steps=NUM_STEPS,
        max_seq_len=1024,
        quantization=quantization,
        num_processes=2 if in_two else 1,
        shard_base=how == "kiyas-sharded",
    )
    trial, source = Trial("arm/seed-0", "arm", 0), locate_base(str(base_folder))
    examples = load_examples("embedded:deep", base_dir=Path()).examples
    with tempfile.TemporaryDirectory() as place:
        folder = RunFolder(Path(place)).trial(trial)
        job = CausalJob(trial, examples, LoraSettings(), train, "chat", folder)
        if in_two:
            train_in_processes(job, source, progress=Progress())
        else:
            base = load_base(source, quantization=quantization)
            if how == "kiyas-tight":
                total = torch.cuda.get_device_properties(0).total_memory
                weights = torch.cuda.memory_allocated()
                torch.cuda.set_per_process_memory_fraction((weights + 4 * 2**30) / total)
            train_trial(job, base, progress=Progress())
        memory = json.loads(folder.memory.read_text(encoding="utf-8"))
        with folder.history.open(encoding="utf-8", newline="") as file:
            steps = list(csv.DictReader(file))
    return {
        "num_tokens": sum(int(step["tokens"]) for step in steps[1:]),
        "seconds": sum(float(step["seconds"]) for step in steps[1:]),
        "losses": [float(step["loss"]) for step in steps],
        "memory": memory,
    }


def train_with_trl(how: str, base_folder: Path) -> dict[str, Any]:
    """Train with SFTTrainer, packed; with Unsloth's model where that is asked for."""
    import torch
    from datasets import Dataset

    from kiyas.data import load_examples

    if how == "unsloth":
        from unsloth import FastLanguageModel

        model, tokenizer = FastLanguageModel.from_pretrained(str(base_folder), load_in_4bit=False)
        model = FastLanguageModel.get_peft_model(
            model, r=32, lora_alpha=64, lora_dropout=0.1, target_modules=TARGETS
        )
        adapter = None
    else:
        from peft import LoraConfig
        from transformers import AutoModelForCausalLM, AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(base_folder)
        model = AutoModelForCausalLM.from_pretrained(base_folder, dtype=torch.bfloat16)
        adapter = LoraConfig(r=32, lora_alpha=64, lora_dropout=0.1, target_modules=TARGETS)
    from trl import SFTConfig, SFTTrainer

    rows = [
        {"text": f"{example.prompt}\n{example.response}"}
        for example in load_examples("embedded:deep", base_dir=Path()).examples
    ]
    with tempfile.TemporaryDirectory() as place:
        arguments = SFTConfig(
            output_dir=place,
            max_steps=NUM_STEPS,
            packing=True,
            max_length=1024,
            per_device_train_batch_size=8,
            bf16=True,
            logging_steps=1,
            include_num_input_tokens_seen=True,
            report_to="none",
            save_strategy="no",
        )
        trainer = SFTTrainer(
            model=model,
            args=arguments,
            train_dataset=Dataset.from_list(rows),
            processing_class=tokenizer,
            peft_config=adapter,
        )
        torch.cuda.reset_peak_memory_stats()
        begin = time.perf_counter()
        trainer.train()
        seconds = time.perf_counter() - begin
    return {
        "num_tokens": int(trainer.state.num_input_tokens_seen),
        "seconds": seconds,
        "losses": [entry["loss"] for entry in trainer.state.log_history if "loss" in entry],
        "memory": {"peak_bytes": torch.cuda.max_memory_allocated()},
    }


def main() -> None:
    """Train, measure and write."""
    from kiyas.models import read_shape

    how, base_folder, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    speed = matrix_speed()
    train = train_with_kiyas if how.startswith("kiyas") else train_with_trl
    result = train(how, base_folder)
    shape = read_shape(str(base_folder))
    assert shape is not None  # a base of the Llama family on this machine
    # A frozen weight costs 2 FLOP a token forward and 2 backward.
    done = 4 * shape.num_parameters * result["num_tokens"] / result["seconds"]
    result |= {
        "tokens_per_s": result["num_tokens"] / result["seconds"],
        "matrix_flop_per_s": speed,
        "share_of_peak": done / speed,
    }
    out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
