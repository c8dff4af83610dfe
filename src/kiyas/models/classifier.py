"""Files of a base -> a sequence classifier with a fresh head, frozen, in memory.

Any decoder or encoder of transformers that has a sequence-classification class. What the files do
not hold is initialised fresh, and the names of what is fresh come from the keys missing at load:
``classifier_adapters`` trains and saves it whole. Does not run code that comes with a model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from kiyas.errors import MissingExtraError, ModelError
from kiyas.models.base import (
    Dtype,
    choose_dtype,
    default_device,
    load_faults,
    quiet_libraries,
    unloadable,
)
from kiyas.models.context import padded_tables
from kiyas.models.fresh_modules import find_fresh_modules
from kiyas.models.source import BaseSource

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

_NO_LIMIT = 1_000_000
"""Tokenizers without a limit name an absurd one; above this it is none."""


@dataclass(frozen=True, eq=False)
class Classifier:
    """A sequence classifier in memory, with its tokenizer."""

    name: str
    """Name of the base in the study file."""
    model: Any
    """transformers' classifier, or PEFT's around it; (B, T) ids -> (B, C) logits."""
    tokenizer: PreTrainedTokenizerBase
    """Its tokenizer; its pad token is the model's."""
    num_classes: int
    """C."""
    fresh_modules: tuple[str, ...]
    """Modules that the base's files do not hold, by full name."""
    max_positions: int
    """Tokens that the base can take."""
    dtype: Dtype
    """Precision of the frozen weights."""
    device: str
    """Where the weights are, such as ``cpu`` or ``cuda``."""
    warnings: tuple[str, ...] = ()
    """What had to be assumed."""

    @property
    def pad_token_id(self) -> int:
        """Return the id that fills rows; model and tokenizer agree on it."""
        token = self.tokenizer.pad_token_id
        assert isinstance(token, int)  # set by load_classifier
        return token

    def autocast(self) -> torch.autocast:
        """Return the context in which the model is called: products in the frozen precision."""
        import torch

        kind = self.device.split(":")[0]
        return torch.autocast(kind, dtype=torch.bfloat16, enabled=self.dtype == "bfloat16")


def load_classifier(
    source: BaseSource,
    num_classes: int,
    *,
    dtype: Literal["auto", "float32", "bfloat16"] = "auto",
    device: str | None = None,
    seed: int = 0,
) -> Classifier:
    """Load a base as a classifier with a fresh head, frozen, in evaluation mode.

    Args:
        source: What ``locate_base`` returned.
        num_classes: C.
        dtype: Precision of the frozen weights; ``auto`` asks the processor.
        device: Where to put them; a GPU if there is one, else the CPU.
        seed: Seed of the fresh weights; torch's own generator is left as it was.

    Raises:
        ModelError: The files hold no model that classifies sequences, or no tokenizer.
        MissingExtraError: torch and transformers are not installed.
    """
    try:
        import torch
        from transformers import AutoModelForSequenceClassification, AutoTokenizer
    except ImportError as error:
        raise MissingExtraError("a model", "train") from error

    quiet_libraries()
    device = device or default_device()
    chosen: Dtype = choose_dtype(device) if dtype == "auto" else dtype
    load: Any = AutoModelForSequenceClassification.from_pretrained
    try:
        tokenizer = AutoTokenizer.from_pretrained(source.path, local_files_only=True)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model, info = load(
                source.path,
                num_labels=num_classes,
                dtype=getattr(torch, chosen),
                local_files_only=True,
                output_loading_info=True,
                ignore_mismatched_sizes=True,
            )
    except load_faults() as error:
        raise unloadable(source, error, is_classifier=True) from error
    fresh = find_fresh_modules(source, model, info)
    notes = _agree_on_padding(source, model, tokenizer)
    model.requires_grad_(False)
    for name in fresh:
        # The head learns in float32 whatever the base is held in.
        model.get_submodule(name).float()
    model.to(device).eval()
    return Classifier(
        name=source.name,
        model=model,
        tokenizer=tokenizer,
        num_classes=num_classes,
        fresh_modules=fresh,
        max_positions=_max_positions(model, tokenizer),
        dtype=chosen,
        device=device,
        warnings=notes,
    )


def _agree_on_padding(source: BaseSource, model: Any, tokenizer: Any) -> tuple[str, ...]:
    """Give model and tokenizer one pad token.

    Decoders read the class off the right-most token that is not the model's pad id: with another
    id in the tokenizer they would read a wrong token without an error.
    """
    notes: tuple[str, ...] = ()
    if tokenizer.pad_token_id is None:
        for name in ("eos_token", "unk_token", "bos_token"):
            token = getattr(tokenizer, name)
            if token is not None:
                tokenizer.pad_token = token
                note = (
                    f"base {source.name} has no pad token; its {name.replace('_', ' ')} "
                    f"({token}) fills short rows, which are masked"
                )
                notes = (note,)
                break
        else:
            raise ModelError(
                "the tokenizer has no pad token, nor an end token to take its place",
                where=f"base {source.name}",
                next_step="add a pad_token to its tokenizer_config.json",
            )
    vocabulary = model.get_input_embeddings().weight.shape[0]
    if tokenizer.pad_token_id >= vocabulary:
        raise ModelError(
            "the tokenizer's pad token has no row in the embeddings",
            where=f"base {source.name}",
            received=f"pad id {tokenizer.pad_token_id}",
            expected=f"an id below {vocabulary}",
            next_step="name a pad_token of the vocabulary in tokenizer_config.json",
        )
    model.config.pad_token_id = tokenizer.pad_token_id
    return notes


def _max_positions(model: Any, tokenizer: Any) -> int:
    """Return the tokens that positions exist for."""
    limits = [
        getattr(model.config, "max_position_embeddings", None),
        tokenizer.model_max_length,
        *padded_tables(model),
    ]
    known = [int(limit) for limit in limits if limit and 0 < limit < _NO_LIMIT]
    return min(known, default=_NO_LIMIT)
