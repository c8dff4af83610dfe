"""A configuration of Axolotl -> a study draft.

Reads supervised fine-tuning with LoRA; full fine-tuning and preference methods are refused. Keys
and defaults: ``utils/schemas/`` of axolotl-ai-cloud/axolotl at 067b021 (July 2026).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kiyas.errors import StudyError
from kiyas.importing.names import name_arms
from kiyas.importing.records import Draft, Imported
from kiyas.importing.training_keys import (
    leave_eight_bits,
    map_four_bits,
    map_length,
    map_name,
    map_optimiser,
    map_precision,
    map_schedule,
    map_seed,
    map_targets,
    map_updates,
)

SIGNS = ("base_model", "datasets", "sequence_len", "micro_batch_size", "lora_r", "adapter")
"""Keys that tell a file of Axolotl."""

_HARMLESS = {
    **dict.fromkeys(
        (
            "logging_steps", "dataset_prepared_path", "strict", "model_type", "tokenizer_type",
            "wandb_project", "wandb_entity", "wandb_watch", "wandb_name", "wandb_log_model",
            "flash_attention", "xformers_attention", "sdp_attention", "attn_implementation",
            "deepspeed", "fsdp", "fsdp_config", "debug", "tf32", "local_rank", "bfloat16",
            "resume_from_checkpoint", "group_by_length", "lora_on_cpu", "trust_remote_code",
            "loss_watchdog_threshold", "loss_watchdog_patience", "hub_model_id", "save_safetensors",
            "save_total_limit", "dataset_processes", "lora_mlp_kernel", "lora_qkv_kernel",
            "lora_o_kernel", "gradient_checkpointing_kwargs", "plugins", "save_first_step",
            "use_tensorboard", "mlflow_experiment_name", "hub_strategy", "float16",
        ),
        "housekeeping; kiyas has its own",
    ),
    **dict.fromkeys(
        (
            "val_set_size", "evals_per_epoch", "eval_steps", "eval_sample_packing",
            "eval_table_size", "eval_max_new_tokens", "eval_batch_size", "early_stopping_patience",
            "test_datasets",
        ),
        "kiyas tests every checkpoint on the benchmark instead",
    ),
}  # fmt: skip


def read_axolotl(keys: Mapping[str, Any], file: Path) -> Imported:
    """Read the keys of a configuration.

    Raises:
        StudyError: The file trains something else than LoRA adapters on supervised data, or holds
            values that cannot be read.
    """
    draft = Draft("Axolotl", dict(keys), file)
    adapter = _take_adapter(draft, file)
    map_name(draft, "output_dir", file.stem)
    draft.study["task"] = "code"
    draft.carry("base_model", "base", None)
    map_seed(draft)
    _map_adapter(draft)
    _map_training(draft)
    if draft.pop("load_in_4bit"):
        map_four_bits(draft, "load_in_4bit", True)
    elif adapter == "qlora":
        map_four_bits(draft, "adapter", adapter)
    draft.study["arms"] = list(_arms(draft, file))
    draft.leave("chat_template", "kiyas asks with the base's own chat template (protocol: chat)")
    draft.leave("special_tokens", "kiyas takes the tokenizer as it is")
    draft.leave("sample_packing", "kiyas trains row by row, without packing")
    draft.leave("pad_to_sequence_len", "kiyas trains row by row, without packing", matters=False)
    draft.leave("train_on_inputs", "kiyas trains on the response only")
    leave_eight_bits(draft, "load_in_8bit")
    draft.leave("lora_modules_to_save", "kiyas trains adapters only, in studies of code")
    return draft.finish(_HARMLESS, "kiyas has no such key")


def _take_adapter(draft: Draft, file: Path) -> str:
    """Return ``lora`` or ``qlora``."""
    adapter = draft.pop("adapter")
    method = draft.pop("rl")
    if adapter not in ("lora", "qlora") or method:
        raise StudyError(
            f"{file}: kiyas compares LoRA adapters trained on supervised data",
            received=f"rl: {method}" if method else f"adapter: {adapter or '(full fine-tuning)'}",
            expected="adapter: lora",
        )
    return str(adapter)


def _map_adapter(draft: Draft) -> None:
    draft.carry_number("lora_r", "lora.rank", 8, is_whole=True)
    draft.carry_number("lora_alpha", "lora.alpha", 16)
    draft.carry_number("lora_dropout", "lora.dropout", 0.0)
    every, names = draft.pop("lora_target_linear"), draft.pop("lora_target_modules")
    if every or not names:
        map_targets(draft, "lora_target_linear", bool(every), every=True)
    else:
        map_targets(draft, "lora_target_modules", names, every=False)
    for key in ("rslora", "dora"):
        if draft.pop(f"peft_use_{key}"):
            draft.put(f"peft_use_{key}", True, f"lora.use_{key}", True)


def _map_training(draft: Draft) -> None:
    draft.carry_number("learning_rate", "train.learning_rate", 2e-4)
    map_schedule(draft, "lr_scheduler", "cosine")
    draft.carry_number("micro_batch_size", "train.batch_size", 1, is_whole=True)
    map_updates(draft)
    map_length(draft, "num_epochs", 1.0)
    draft.carry_number("sequence_len", "train.max_seq_len", 512, is_whole=True)
    map_precision(draft)
    map_optimiser(draft, "optimizer")
    saving = draft.pop("gradient_checkpointing")
    if saving:
        draft.put("gradient_checkpointing", saving, "train.gradient_checkpointing", True)


def _arms(draft: Draft, file: Path) -> Iterator[dict[str, Any]]:
    sets = draft.keys.get("datasets") or []
    if not isinstance(sets, list) or not sets or not all(map(_has_path, sets)):
        raise StudyError(f"{file}: the file names no data set", expected="datasets: [{path: …}]")
    if len(sets) > 1:
        draft.leave(
            "datasets", "mixed into one there; here each is an arm of its own, or join them"
        )
    draft.pop("datasets")
    sources = [_source(draft, entry, file) for entry in sets]
    for entry, data in zip(sets, sources, strict=True):
        draft.note(f"datasets: {entry['path']}", entry, "arms[].data", data)
    names = name_arms(Path(data["source"]).name.partition(".")[0] for data in sources)
    yield from ({"name": name, "data": data} for name, data in zip(names, sources, strict=True))


def _has_path(entry: Any) -> bool:
    return isinstance(entry, dict) and bool(entry.get("path"))


def _source(draft: Draft, entry: Mapping[str, Any], config: Path) -> dict[str, Any]:
    files = entry.get("data_files")
    file = files[0] if isinstance(files, list) and len(files) == 1 else files
    data: dict[str, Any] = {"source": str(entry.get("path"))}
    if isinstance(file, str) and not file.startswith(("http:", "https:")):
        data["source"] = str(Path(str(entry.get("path"))) / file)
    elif files:
        _note(draft, "data_files", files, "name one file under data.source")
    for root in (config.parent, Path()):
        if (root / data["source"]).is_file():  # the study may lie elsewhere
            data["source"] = str((root / data["source"]).absolute())
    if entry.get("split") and not Path(data["source"]).suffix:
        data["split"] = entry["split"]
    kind = entry.get("type")
    if isinstance(kind, dict):
        asked, answered = kind.get("field_instruction"), kind.get("field_output")
        columns = (asked or "instruction", answered or "output")
        if kind.get("field_input") or kind.get("format"):
            _note(draft, "type.format", kind, "join the columns of the prompt into one")
    else:
        columns = ("instruction", "output")
        _note_kind(draft, kind, data["source"])
    data["columns"] = dict(zip(("prompt", "response"), columns, strict=True))
    return data


def _note_kind(draft: Draft, kind: Any, source: str) -> None:
    if kind == "alpaca":
        why = f"{source}: `input` is put behind the instruction there; join the two if it is used"
    else:
        why = f"{source}: make columns prompt and response of it, and name them under data.columns"
    _note(draft, "datasets[].type", kind, why)


def _note(draft: Draft, key: str, value: Any, why: str) -> None:
    draft.keys[key] = value
    draft.leave(key, why)
