"""One peer trains on prepared rows, in the peer's own environment: training_peer.py PEER WORK OUT.

Started by ``training.py``; knows no kiyas. Every peer gets the same token ids with the same trained
spans, the same seeds for data order and adapter, and the study's settings; loading and preparing
are not timed. A step's seconds run from its first micro-batch to the end of its update, which is
how kiyas counts its own.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from transformers import Trainer, TrainerCallback, TrainingArguments


@dataclass
class Measured:
    """What the steps took."""

    losses: list[float] = field(default_factory=list)
    """Mean loss of each step, as the peer logs it."""
    step_s: list[float] = field(default_factory=list)
    """Wall seconds of each step."""
    num_examples: int = 0
    """Examples trained on, those of every pass counted again."""
    num_tokens: int = 0
    """Their tokens, padding left out."""
    num_trained_tokens: int = 0
    """Tokens that the loss was computed on."""
    num_micro_batches: int = 0
    """Forward passes."""


class Meter(TrainerCallback):
    """Measures every training of ``transformers.Trainer`` and its heirs in this process."""

    def __init__(self) -> None:
        self.measured = Measured()
        self._begun: float | None = None
        train = Trainer.training_step

        def measured_step(trainer: Any, model: Any, inputs: Any, *rest: Any, **named: Any) -> Any:
            if self._begun is None:
                self._begun = time.perf_counter()
            self._count(inputs)
            return train(trainer, model, inputs, *rest, **named)

        Trainer.training_step = measured_step  # type: ignore[method-assign]

    def _count(self, inputs: Any) -> None:
        labels, mask, found = inputs["labels"], inputs.get("attention_mask"), self.measured
        found.num_micro_batches += 1
        found.num_trained_tokens += int((labels != -100).sum())
        if mask is not None:
            found.num_examples += len(labels)
            found.num_tokens += int(mask.sum())
            return
        # Packed: positions count from 0 in every example; the zeros of padding are not followed.
        places = inputs["position_ids"]
        begins = (places[:, :-1] == 0) & (places[:, 1:] == 1)
        found.num_examples += int(begins.sum())
        found.num_tokens += int((places != 0).sum() + begins.sum())

    def on_step_end(self, args: Any, state: Any, control: Any, **rest: Any) -> None:  # noqa: ARG002
        """Take the seconds of a step whose update is done."""
        assert self._begun is not None
        self.measured.step_s.append(time.perf_counter() - self._begun)
        self._begun = None

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **rest: Any) -> None:  # noqa: ARG002
        """Take the loss of a step."""
        if "loss" in logs:
            self.measured.losses.append(float(logs["loss"]))


def trainer(work: dict[str, Any], meter: Meter, folder: str) -> None:
    """Train with ``transformers.Trainer`` and PEFT, rows padded to the longest of a batch."""
    from transformers import DataCollatorForSeq2Seq

    model, tokenizer = adapted(work)
    steps = work["train"]["gradient_accumulation_steps"]
    Trainer(
        model=model,
        args=TrainingArguments(**arguments(work, folder), gradient_accumulation_steps=steps),
        train_dataset=data_set(work),
        data_collator=DataCollatorForSeq2Seq(tokenizer),
        callbacks=[meter],
    ).train()


def trl(work: dict[str, Any], meter: Meter, folder: str, **shipped: Any) -> None:
    """Train with TRL's ``SFTTrainer``; what the study does not say stays as TRL ships it.

    Args:
        work: What to train on.
        meter: Measures.
        folder: Where the trainer may write.
        shipped: Options of ``SFTConfig`` on top.
    """
    from trl import SFTConfig, SFTTrainer
    from trl.data_utils import pack_dataset

    model, tokenizer = adapted(work)
    rows, limit = data_set(work), work["train"]["max_seq_len"]
    steps = work["train"]["gradient_accumulation_steps"]
    if shipped.get("packing"):
        # As many bins a step as hold the study's examples a step, on average.
        bins = len(pack_dataset(rows, limit, "bfd"))
        steps = max(1, math.floor(steps * bins / len(rows) + 0.5))
    given = {"gradient_checkpointing": False, **arguments(work, folder), **shipped}
    config = SFTConfig(**given, max_length=limit, gradient_accumulation_steps=steps)
    SFTTrainer(
        model=model,
        args=config,
        train_dataset=rows,
        processing_class=tokenizer,
        callbacks=[meter],
    ).train()


def trl_packed(work: dict[str, Any], meter: Meter, folder: str) -> None:
    """Train with TRL's packing without cross-attention; its steps hold other rows."""
    trl(work, meter, folder, packing=True)


def trl_shipped(work: dict[str, Any], meter: Meter, folder: str) -> None:
    """Train with gradient checkpointing, which TRL does unless told otherwise."""
    trl(work, meter, folder, gradient_checkpointing=True)


def llamafactory(work: dict[str, Any], meter: Meter, folder: str) -> None:
    """Train with LLaMA-Factory, which gets the rows in the form that it saves itself."""
    from datasets import DatasetDict
    from llamafactory.train.tuner import run_exp

    rows = data_set(work)
    rows = rows.add_column("attention_mask", [[1] * len(ids) for ids in rows["input_ids"]])
    DatasetDict({"train": rows}).save_to_disk(f"{folder}/rows")
    lora, given = work["lora"], arguments(work, f"{folder}/out")
    targets = lora["target_modules"]
    options = {
        **given,
        "gradient_accumulation_steps": work["train"]["gradient_accumulation_steps"],
        "stage": "sft",
        "do_train": True,
        "model_name_or_path": base_in_precision(work, f"{folder}/base"),
        "finetuning_type": "lora",
        "lora_rank": lora["rank"],
        "lora_alpha": int(lora["alpha"]),
        "lora_dropout": lora["dropout"],
        "lora_target": "all" if targets == "all-linear" else ",".join(targets),
        "use_rslora": lora["use_rslora"],
        "use_dora": lora["use_dora"],
        "template": "empty",
        "dataset": "prepared",
        "tokenized_path": f"{folder}/rows",
        "cutoff_len": work["train"]["max_seq_len"],
        "disable_gradient_checkpointing": True,
    }
    run_exp(options, callbacks=[meter])


def base_in_precision(work: dict[str, Any], folder: str) -> str:
    """Return a folder with the base in the precision of the work: LLaMA-Factory keeps the files'.

    On a processor without bfloat16 units the files' own bfloat16 takes it many minutes a step.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    if work["dtype"] == "bfloat16":
        return str(work["base"])
    dtype = getattr(torch, work["dtype"])
    AutoModelForCausalLM.from_pretrained(work["base"], dtype=dtype).save_pretrained(folder)
    AutoTokenizer.from_pretrained(work["base"]).save_pretrained(folder)
    return folder


def adapted(work: dict[str, Any]) -> tuple[Any, Any]:
    """Return the base with a fresh adapter, which starts as that of kiyas, and the tokenizer."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    lora = work["lora"]
    dtype = getattr(torch, work["dtype"])
    model = AutoModelForCausalLM.from_pretrained(work["base"], dtype=dtype)
    config = LoraConfig(
        r=lora["rank"],
        lora_alpha=lora["alpha"],
        lora_dropout=lora["dropout"],
        target_modules=lora["target_modules"],
        use_rslora=lora["use_rslora"],
        use_dora=lora["use_dora"],
        task_type="CAUSAL_LM",
    )
    torch.manual_seed(work["seed"])
    return get_peft_model(model, config), AutoTokenizer.from_pretrained(work["base"])


def arguments(work: dict[str, Any], folder: str) -> dict[str, Any]:
    """Return the study's settings in the words of ``TrainingArguments``."""
    import torch

    train = work["train"]
    return {
        "output_dir": folder,
        "per_device_train_batch_size": train["batch_size"],
        "max_steps": train["max_steps"],
        "learning_rate": train["learning_rate"],
        "lr_scheduler_type": train["lr_scheduler"],
        "warmup_steps": train["warmup_steps"],
        "weight_decay": train["weight_decay"],
        "max_grad_norm": train["max_grad_norm"],
        "seed": work["seed"],
        "data_seed": work["seed"],
        "bf16": work["dtype"] == "bfloat16",
        "use_cpu": not torch.cuda.is_available(),
        "logging_steps": 1,
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
    }


def data_set(work: dict[str, Any]) -> Any:
    """Return the rows as token ids and labels; -100 where nothing is trained."""
    from datasets import Dataset

    ids = [row["input_ids"] for row in work["rows"]]
    starts = [row["first_trained"] for row in work["rows"]]
    labels = [[-100] * start + row[start:] for row, start in zip(ids, starts, strict=True)]
    return Dataset.from_dict({"input_ids": ids, "labels": labels})


PEERS = {
    "trainer": trainer,
    "trl": trl,
    "trl-packed": trl_packed,
    "trl-shipped": trl_shipped,
    "llamafactory": llamafactory,
}

if __name__ == "__main__":
    peer, work_file, out_file = sys.argv[1:]
    with tempfile.TemporaryDirectory() as workplace:
        watch = Meter()
        PEERS[peer](json.loads(Path(work_file).read_text(encoding="utf-8")), watch, workplace)
    Path(out_file).write_text(json.dumps(asdict(watch.measured)), encoding="utf-8")
