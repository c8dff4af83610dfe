"""An adapter of a finished run -> a folder for the Hub: weights and model card; pushed if asked.

The adapter's weights are copied byte for byte, or merged into the base. Trains and tests nothing.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from kiyas.config import ClassificationStudy
from kiyas.config.embedded_bases import EMBEDDED_PREFIX
from kiyas.errors import ModelError, RunFolderError, first_line
from kiyas.execution import Progress
from kiyas.models import BaseSource, locate_base
from kiyas.models.merging import MergeCheck, merge_causal_lm, merge_classifier
from kiyas.report.model_card import CardSubject, write_model_card
from kiyas.run_folder import read_json, write_json, writing
from kiyas.steps.adapters import check_weights
from kiyas.steps.export_choice import ChosenAdapter

_WEIGHTS = "adapter_model.safetensors"
_ADAPTER_FILES = ("adapter_config.json", _WEIGHTS)


@dataclass(frozen=True)
class Exported:
    """What was written."""

    label: str
    """Name of the checkpoint or trial in the report."""
    path: str
    """Folder of the export."""
    base: str
    """What ``base_model_name_or_path`` says, or was merged into."""
    is_merged: bool
    """Whether it is a whole model."""
    check: MergeCheck | None
    """How near the merged model is to base and adapter; None for an adapter."""
    is_base_public: bool
    """Whether others find the base under its name; a folder of this machine is not."""
    address: str | None = None
    """Where it was pushed to; None if it was not."""


def export_adapter(
    chosen: ChosenAdapter, output: Path, progress: Progress, *, merge: bool = False
) -> Exported:
    """Write an adapter, or the model it makes of its base, with a model card.

    Args:
        chosen: The adapter.
        output: A new or empty folder.
        progress: What to tell the person at the keyboard.
        merge: Whether to merge the adapter into its base.

    Raises:
        RunFolderError: The folder is not empty, cannot be written, or the adapter is not
            there or not the one that was trained.
        ModelError: The base is not to be had, is another one, or does not merge.
    """
    _check_files(chosen, output)
    is_public = not (
        chosen.base.startswith(EMBEDDED_PREFIX) or Path(chosen.base).expanduser().is_dir()
    )
    source = None if is_public and not merge else _find_base(chosen, progress)
    base = chosen.base if is_public or source is None else str(source.path)
    check = None
    with writing(output):
        output.mkdir(parents=True, exist_ok=True)
        if merge:
            assert source is not None  # found above
            progress.say(f"merging {chosen.label} into {chosen.base}")
            check = _merge(chosen, source, output)
        else:
            for name in _ADAPTER_FILES:
                shutil.copyfile(chosen.folder / name, output / name)
            config = read_json(output / "adapter_config.json")
            write_json(output / "adapter_config.json", {**config, "base_model_name_or_path": base})
    subject = CardSubject(
        study=chosen.study,
        arm=chosen.arm,
        label=chosen.label,
        base=chosen.base,
        base_folder=None if source is None else source.path,
        is_base_public=is_public,
        result=chosen.result,
        findings=chosen.findings,
        num_candidates=chosen.num_candidates,
        merged_as=None if check is None else check.dtype,
    )
    write_model_card(output / "README.md", subject)
    return Exported(chosen.label, str(output), base, merge, check, is_public)


def push_export(folder: Path, repository: str, *, private: bool) -> str:
    """Upload an exported folder to the Hub; return its address.

    Raises:
        ModelError: The Hub does not take it.
    """
    from huggingface_hub import HfApi

    hub = HfApi()
    try:
        address = hub.create_repo(repository, private=private, exist_ok=True)
        hub.upload_folder(repo_id=repository, folder_path=folder)
    except Exception as error:  # the Hub client passes on the errors of its own transport
        raise ModelError(
            "the Hub did not take the export",
            where=repository,
            received=first_line(error),
            next_step=f"see to name, network and `hf auth login`, then "
            f"`hf upload {repository} {folder}`; the folder is complete",
        ) from error
    return str(address)


def _check_files(chosen: ChosenAdapter, output: Path) -> None:
    missing = [name for name in _ADAPTER_FILES if not (chosen.folder / name).is_file()]
    if missing:
        raise RunFolderError(
            "the adapter's files are not there",
            where=str(chosen.folder),
            received=f"no {', '.join(missing)}",
            next_step="put them back, or give `kiyas run` again",
        )
    check_weights(chosen.folder / _WEIGHTS, chosen.sha256)
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise RunFolderError(
            "the output folder is not empty",
            where=str(output),
            next_step="name a new or empty folder with --output",
        )


def _find_base(chosen: ChosenAdapter, progress: Progress) -> BaseSource:
    source = locate_base(chosen.base, say=progress.say)
    if chosen.base_fingerprint is not None and source.fingerprint != chosen.base_fingerprint:
        raise ModelError(
            "the base is not the one that the adapter was trained on",
            where=f"base {chosen.base}",
            received=source.fingerprint,
            expected=chosen.base_fingerprint,
            next_step="put the base of the run back",
        )
    return source


def _merge(chosen: ChosenAdapter, source: BaseSource, output: Path) -> MergeCheck:
    if isinstance(chosen.study, ClassificationStudy):
        names = tuple(chosen.findings["class_names"])
        return merge_classifier(source, chosen.folder, output, names)
    return merge_causal_lm(source, chosen.folder, output)
