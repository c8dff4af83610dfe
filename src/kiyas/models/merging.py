"""A base and a saved adapter -> one model on disk that needs no PEFT, proven against the two.

Sums are made in float32 and rounded once, to the precision that the base's own files have. What was
written is loaded again, and its logits on a probe are compared with those of base and adapter.
Writes no card and chooses no checkpoint.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kiyas.errors import ModelError
from kiyas.models.adapters import load_adapter
from kiyas.models.base import Base, load_base, quiet_libraries
from kiyas.models.classifier import Classifier, load_classifier
from kiyas.models.classifier_adapters import load_adapter as load_classifier_adapter
from kiyas.models.classifier_adapters import merge_adapter
from kiyas.models.classifier_inputs import compute_logits, encode_texts
from kiyas.models.source import BaseSource

_PROBE = "def add(a: int, b: int) -> int:\n    return a + b"
_TOLERANCE = {"float32": 1e-4, "bfloat16": 0.05, "float16": 0.01}
"""Largest difference of a logit, as a share of the largest one, that rounding of the weights and
another order of the same sums explain: about a hundred units in the last place of each type."""


@dataclass(frozen=True)
class MergeCheck:
    """How near a merged model is to the base with its adapter."""

    max_difference: float
    """Largest difference of a logit on the probe."""
    tolerance: float
    """Largest difference that is let pass."""
    dtype: str
    """Precision of the weights on disk."""


def merge_causal_lm(source: BaseSource, adapter: Path, folder: Path) -> MergeCheck:
    """Merge an adapter into a causal LM and write model and tokenizer; not atomic.

    Raises:
        ModelError: Base or adapter cannot be loaded, or the merged model answers otherwise.
        MissingExtraError: torch and its kin are not installed.
        OSError: The folder cannot be written.
    """
    base = load_base(source, dtype="float32", device="cpu")
    model: Any = load_adapter(base, adapter)
    expected = _lm_logits(base, model)
    _save(model.merge_and_unload(safe_merge=True), base.tokenizer, source, folder)
    merged = load_base(BaseSource(str(folder), folder, ""), dtype="float32", device="cpu")
    return _check(expected, _lm_logits(merged, merged.model), source, folder)


def merge_classifier(
    source: BaseSource, adapter: Path, folder: Path, class_names: tuple[str, ...]
) -> MergeCheck:
    """Merge an adapter and its head into a classifier that names its classes; not atomic.

    Raises:
        ModelError: Base or adapter cannot be loaded, or the merged model answers otherwise.
        MissingExtraError: torch and its kin are not installed.
        OSError: The folder cannot be written.
    """
    count = len(class_names)
    bare = load_classifier(source, count, dtype="float32", device="cpu")
    classifier = load_classifier_adapter(bare, adapter)
    expected = _class_logits(classifier)
    model = merge_adapter(classifier).model
    model.config.id2label = dict(enumerate(class_names))
    model.config.label2id = {name: number for number, name in enumerate(class_names)}
    _save(model, classifier.tokenizer, source, folder)
    written = BaseSource(str(folder), folder, "")
    merged = load_classifier(written, count, dtype="float32", device="cpu")
    return _check(expected, _class_logits(merged), source, folder)


def _save(model: Any, tokenizer: Any, source: BaseSource, folder: Path) -> None:
    import torch
    from transformers import AutoConfig

    quiet_libraries()
    stored = AutoConfig.from_pretrained(source.path, local_files_only=True).dtype
    model.to(stored or torch.float32).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _lm_logits(base: Base, model: Any) -> NDArray[np.float32]:
    import torch

    tokenizer: Any = base.tokenizer
    ids = torch.tensor([tokenizer(_PROBE)["input_ids"]])
    with torch.inference_mode():
        logits: NDArray[np.float32] = model(input_ids=ids).logits.float().numpy()
    return logits


def _class_logits(classifier: Classifier) -> NDArray[np.float32]:
    return compute_logits(classifier, encode_texts(classifier, [_PROBE], 512), 512)


def _check(
    expected: NDArray[np.float32], found: NDArray[np.float32], source: BaseSource, folder: Path
) -> MergeCheck:
    from transformers import AutoConfig

    stored = AutoConfig.from_pretrained(folder, local_files_only=True).dtype
    dtype = str(stored or "float32").removeprefix("torch.")
    difference = float(np.abs(expected - found).max())
    tolerance = _TOLERANCE[dtype] * max(1.0, float(np.abs(expected).max()))
    if not difference <= tolerance:
        raise ModelError(
            "the merged model does not answer as base and adapter do",
            where=f"base {source.name}, merged in {folder}",
            received=f"logits that differ by {difference:.3g}",
            expected=f"at most {tolerance:.3g} ({dtype})",
            next_step="export the adapter without --merge",
        )
    return MergeCheck(difference, tolerance, dtype)
