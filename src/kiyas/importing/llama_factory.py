"""A training file of LLaMA-Factory -> a study draft.

Reads supervised fine-tuning with LoRA; other stages and methods are refused. Data sets are looked
up in ``dataset_info.json``, as LLaMA-Factory does. Keys and defaults: ``hparams/`` and
``data/README`` of hiyouga/LLaMA-Factory at ff6d4d1 (August 2026), and TrainingArguments of
transformers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kiyas.data.decoding import decode_utf8
from kiyas.data.row_files import read_bytes
from kiyas.errors import DataError, StudyError
from kiyas.importing.names import name_arms
from kiyas.importing.records import Draft, Imported, as_whole
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

SIGNS = ("model_name_or_path", "finetuning_type", "stage", "lora_target", "cutoff_len")
"""Keys that tell a file of LLaMA-Factory."""

_NOT_FOUND = "it is not in a dataset_info.json beside the file: write its source under data.source"
_QUERY = (
    "put behind the instruction there; kiyas reads one column as the prompt, so join the two where "
    "this one is not empty"
)
_HARMLESS = {
    **dict.fromkeys(
        (
            "logging_steps", "plot_loss", "overwrite_output_dir", "overwrite_cache", "report_to",
            "preprocessing_num_workers", "dataloader_num_workers", "ddp_timeout", "save_only_model",
            "preprocessing_batch_size", "run_name", "do_train", "trust_remote_code",
            "resume_from_checkpoint", "save_total_limit", "include_num_input_tokens_seen",
            "cache_dir", "tokenized_path", "log_level", "use_swanlab", "flash_attn",
        ),
        "housekeeping; kiyas has its own",
    ),
    **dict.fromkeys(
        (
            "val_size", "eval_dataset", "eval_strategy", "eval_steps", "per_device_eval_batch_size",
            "do_eval", "do_predict", "predict_with_generate", "load_best_model_at_end",
        ),
        "kiyas tests every checkpoint on the benchmark instead",
    ),
}  # fmt: skip


def read_llama_factory(keys: Mapping[str, Any], file: Path) -> Imported:
    """Read the keys of a training file.

    Raises:
        StudyError: The file trains something else than LoRA adapters on supervised data, or holds
            values that cannot be read.
        DataError: Its ``dataset_info.json`` cannot be read.
    """
    draft = Draft("LLaMA-Factory", dict(keys), file)
    _require(draft, "stage", "sft", file)
    _require(draft, "finetuning_type", "lora", file)
    map_name(draft, "output_dir", file.stem)
    draft.study["task"] = "code"
    draft.carry("model_name_or_path", "base", None)
    map_seed(draft)
    _map_adapter(draft)
    _map_training(draft)
    draft.study["arms"] = list(_arms(draft, file))
    draft.leave("template", "kiyas asks with the base's own chat template (protocol: chat)")
    draft.leave("max_samples", "kiyas trains on every row: cut the file, or set max_steps")
    draft.leave("packing", "kiyas trains row by row, without packing")
    draft.leave("neat_packing", "kiyas trains row by row, without packing")
    draft.leave("train_on_prompt", "kiyas trains on the response only")
    leave_eight_bits(draft, "quantization_bit")
    return draft.finish(_HARMLESS, "kiyas has no such key")


def _require(draft: Draft, key: str, wanted: str, file: Path) -> None:
    value = draft.pop(key) or wanted
    if value != wanted:
        raise StudyError(
            f"{file}: kiyas compares LoRA adapters trained on supervised data",
            received=f"{key}: {value}",
            expected=f"{key}: {wanted}",
        )


def _map_adapter(draft: Draft) -> None:
    rank = draft.carry_number("lora_rank", "lora.rank", 8, is_whole=True)
    draft.carry_number("lora_alpha", "lora.alpha", 2 * rank)
    draft.carry_number("lora_dropout", "lora.dropout", 0.0)
    target = draft.pop("lora_target") or "all"
    map_targets(draft, "lora_target", target, target == "all")
    for key in ("use_rslora", "use_dora"):
        if draft.pop(key):
            draft.put(key, True, f"lora.{key}", True)


def _map_training(draft: Draft) -> None:
    draft.carry_number("learning_rate", "train.learning_rate", 5e-5)
    map_schedule(draft, "lr_scheduler_type", "linear")
    draft.carry_number("per_device_train_batch_size", "train.batch_size", 8, is_whole=True)
    map_updates(draft)
    map_length(draft, "num_train_epochs", 3.0)
    draft.carry_number("cutoff_len", "train.max_seq_len", 2048, is_whole=True)
    map_precision(draft)
    bits = draft.keys.get("quantization_bit")
    if as_whole(bits) == 4 and draft.keys.get("quantization_method") in (None, "bnb"):
        map_four_bits(draft, "quantization_bit", draft.pop("quantization_bit"))
    map_optimiser(draft, "optim")
    saving = not draft.pop("disable_gradient_checkpointing")
    draft.put("disable_gradient_checkpointing", not saving, "train.gradient_checkpointing", saving)


def _arms(draft: Draft, file: Path) -> Iterator[dict[str, Any]]:
    names = draft.keys.get("dataset")
    listed = names if isinstance(names, list) else str(names or "").split(",")
    sets = [str(name).strip() for name in listed if str(name).strip()]
    if not sets:
        raise StudyError(f"{file}: the file names no data set", expected="dataset: NAME")
    folder, known = _known_sets(draft, file)
    if len(sets) > 1:
        draft.leave(
            "dataset", "joined into one there; here each is an arm of its own, or join them"
        )
    draft.pop("dataset")
    for arm, name in zip(name_arms(name.rpartition("/")[2] for name in sets), sets, strict=True):
        data = _source(draft, name, known.get(name), folder)
        draft.note(f"dataset: {name}", name, "arms[].data", data)
        yield {"name": arm, "data": data}


def _known_sets(draft: Draft, file: Path) -> tuple[Path, Mapping[str, Any]]:
    """Return the folder of data files and what its ``dataset_info.json`` describes."""
    given = str(draft.pop("dataset_dir") or "data")
    for root in (file.parent, *file.absolute().parents, Path()):
        listing = root / given / "dataset_info.json"
        if listing.is_file():
            return listing.parent.absolute(), _read_listing(listing)
    return file.parent / given, {}


def _read_listing(listing: Path) -> Mapping[str, Any]:
    try:
        known = json.loads(decode_utf8(read_bytes(listing), listing))
    except json.JSONDecodeError as error:
        raise DataError(
            "the file is not JSON",
            where=f"{listing}, line {error.lineno}",
            received=f"{error.msg} at column {error.colno}",
            expected="one object, with a data set under each name",
            next_step=f"mend line {error.lineno}",
        ) from error
    if not isinstance(known, dict):
        raise DataError(
            "the file does not hold an object",
            where=str(listing),
            received=type(known).__name__,
            expected="one object, with a data set under each name",
            next_step="write it as LLaMA-Factory has it: {NAME: {file_name: ...}}",
        )
    return known


def _source(draft: Draft, name: str, entry: Any, folder: Path) -> dict[str, Any]:
    """Return a data section for a described data set; what it lacks is listed for a person."""
    if not isinstance(entry, dict):
        draft.keys["dataset_info"] = name
        draft.leave("dataset_info", _NOT_FOUND)
        return {"source": name}
    columns = entry.get("columns") or {}
    if not isinstance(columns, dict):
        raise DataError(
            "the columns of a data set are no mapping",
            where=f"dataset_info.json, {name}",
            received=repr(columns),
            expected="columns such as {prompt: instruction, response: output}",
            next_step="mend dataset_info.json",
        )
    hub = entry.get("hf_hub_url")
    data: dict[str, Any] = {"source": hub or str(folder / str(entry.get("file_name", name)))}
    if hub and entry.get("split"):
        data["split"] = entry["split"]
    data["columns"] = {
        "prompt": columns.get("prompt") or "instruction",
        "response": columns.get("response") or "output",
    }
    if (entry.get("formatting") or "alpaca") != "alpaca" or "messages" in columns:
        draft.keys["formatting"] = "sharegpt"
        draft.leave("formatting", f"{name} holds conversations: make columns prompt and response")
    elif "query" in columns or not columns:
        draft.keys["columns.query"] = columns.get("query", "input")
        draft.leave("columns.query", f"{name}: {_QUERY}")
    return data
