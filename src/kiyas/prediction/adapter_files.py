"""A folder in PEFT format -> what an engine must know before it loads the adapter itself.

Reads the configuration and hashes the weights; loads nothing and imports no torch.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from kiyas.errors import ModelError

WEIGHTS = "adapter_model.safetensors"
"""The file of an adapter's weights in PEFT format."""


@dataclass(frozen=True)
class AdapterFiles:
    """An adapter on disk."""

    folder: Path
    """Its folder, absolute."""
    name: str
    """Its trial and step with the start of its hash: unique, and safe as a name at a server."""
    rank: int
    """Rank of the update."""
    scale: float
    """What the update is multiplied by: alpha/r, or alpha/sqrt(r) for rsLoRA."""
    uses_dora: bool
    """Whether it has magnitudes (DoRA), which few engines know."""
    sha256: str
    """Hash of the weights and the configuration, in hex."""

    @property
    def weights(self) -> Path:
        """Return the file of the weights."""
        return self.folder / WEIGHTS


def read_adapter(folder: Path, base_name: str) -> AdapterFiles:
    """Read what an adapter is, and refuse one that belongs to another base.

    Raises:
        ModelError: The folder is no adapter in PEFT format, or belongs to another base.
    """
    stamps = tuple(_stamp(folder / name) for name in ("adapter_config.json", WEIGHTS))
    found, trained_on = _read(folder.resolve(), stamps)
    refuse_other_base(folder, trained_on, base_name)
    return found


def refuse_other_base(folder: Path, trained_on: str | None, base_name: str) -> None:
    """Refuse an adapter that says it was trained on a base of another name.

    Raises:
        ModelError: It was.
    """
    # Only the last part counts: the same base may lie in another folder on another day.
    if trained_on and Path(trained_on).name != Path(base_name).name:
        raise ModelError(
            "the adapter belongs to another base",
            where=str(folder),
            received=f"trained on {trained_on}",
            expected=f"an adapter of {base_name}",
            next_step="give the arm the base that its adapter was trained on",
        )


def refuse_dora(adapter: AdapterFiles, engine: str) -> None:
    """Refuse an adapter with magnitudes for an engine that would leave them out.

    Raises:
        ModelError: The adapter is a DoRA adapter.
    """
    if adapter.uses_dora:
        raise ModelError(
            f"the {engine} engine cannot decode DoRA adapters",
            where=str(adapter.folder),
            received="use_dora: true",
            expected="a plain LoRA adapter",
            next_step="set `predict.engine: transformers`",
        )


def _stamp(file: Path) -> tuple[int, int, int] | None:
    """Return what changes when a file is written anew; None if there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


@lru_cache(maxsize=256)
def _read(
    folder: Path,
    stamps: tuple[object, ...],  # noqa: ARG001 - so that what is written anew is read anew
) -> tuple[AdapterFiles, str | None]:
    config_file, weights = folder / "adapter_config.json", folder / WEIGHTS
    digest = hashlib.sha256()
    try:
        config_bytes = config_file.read_bytes()
        config: dict[str, Any] = json.loads(config_bytes)
        rank, alpha = int(config["r"]), float(config["lora_alpha"])
        digest.update(config_bytes)
        digest.update(weights.read_bytes())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"the adapter cannot be read ({error})",
            where=str(folder),
            expected=f"adapter_config.json and {WEIGHTS} in PEFT format",
        ) from error
    sha256 = digest.hexdigest()
    scale = alpha / (math.sqrt(rank) if config.get("use_rslora") else rank)
    files = AdapterFiles(
        folder=folder,
        name=f"{_label(folder)}-{sha256[:8]}",
        rank=rank,
        scale=scale,
        uses_dora=bool(config.get("use_dora")),
        sha256=sha256,
    )
    return files, config.get("base_model_name_or_path")


def _label(folder: Path) -> str:
    """Return trial and step of a run folder's adapter, else the folder's own name."""
    parts = folder.parts
    if "trials" in parts:
        parts = parts[len(parts) - parts[::-1].index("trials") :]
        return "-".join(part for part in parts if part != "checkpoints")
    return folder.name
