"""Texts -> token ids -> padded batches -> logits; the same for training, prediction and latency.

Texts are plain text: a special token written in a text is read as its letters, so a text can
neither end a row early nor pose as padding. Rows are padded on the right and masked, to few widths.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kiyas.models.classifier import Classifier
from kiyas.models.lanes import count_lanes, open_lanes
from kiyas.models.rope import rope_limit

if TYPE_CHECKING:
    import torch

_WIDTH_MULTIPLE = {"float32": 8, "bfloat16": 32}
"""Rows are padded to a multiple of this. In bfloat16 kernels are prepared and memory is kept for
every new shape, so that few widths are faster and smaller than least padding."""

_UNMASKED_TOLERANCE = {"float32": 1e-4, "bfloat16": 0.02}
"""Share of the largest logit that another order of the same sums explains."""
_PROBE_TOKENS = 8


@dataclass(frozen=True)
class EncodedTexts:
    """Token ids of N texts."""

    ids: tuple[tuple[int, ...], ...]
    """(N,) rows of token ids, special tokens of the base included; none is empty."""
    num_cut: int
    """Texts that were longer than the limit and lost their end."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Return (N,) tokens of each row."""
        return np.array([len(row) for row in self.ids], dtype=np.int64)


def encode_texts(classifier: Classifier, texts: Sequence[str], max_seq_len: int) -> EncodedTexts:
    """Turn texts into token ids, cut at ``max_seq_len`` or what the base can take."""
    limit = min(max_seq_len, classifier.max_positions)
    # Four characters a token is short already; cutting first spares tokenising a whole book.
    parts = [text[: limit * 32] for text in texts]
    encoded = _tokenize(classifier, parts, limit + 1)
    for position, (row, text) in enumerate(zip(encoded, texts, strict=True)):
        if len(row) <= limit and len(parts[position]) < len(text):  # few tokens, such as of spaces
            parts[position] = text
            [encoded[position]] = _tokenize(classifier, [text], limit + 1)
    long = [position for position, row in enumerate(encoded) if len(row) > limit]
    cut = _tokenize(classifier, [parts[position] for position in long], limit)
    for position, row in zip(long, cut, strict=True):
        encoded[position] = row
    rows = tuple(tuple(row) or (classifier.pad_token_id,) for row in encoded)
    return EncodedTexts(rows, len(long))


def _tokenize(classifier: Classifier, texts: list[str], max_tokens: int) -> list[list[int]]:
    """Return the token ids of texts, special tokens of the base included, at most so many."""
    if not texts:
        return []
    tokenizer: Any = classifier.tokenizer
    ids: list[list[int]] = tokenizer(
        texts,
        truncation=True,
        max_length=max_tokens,
        split_special_tokens=True,
        return_attention_mask=False,
        return_token_type_ids=False,
    )["input_ids"]
    return ids


def padded_widths(classifier: Classifier, lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return (N,) widths that rows of (N,) tokens are padded to, at most what the base can take.

    Padding counts as length: it takes no row past where the base changes its frequencies.
    """
    multiple = _WIDTH_MULTIPLE[classifier.dtype]
    widths = np.minimum(-(-lengths // multiple) * multiple, classifier.max_positions)
    limit = rope_limit(classifier.model.config)
    return (
        widths if limit is None else np.where(lengths <= limit, np.minimum(widths, limit), widths)
    )


def split_at_rope(
    classifier: Classifier, rows: NDArray[np.int64], widths: NDArray[np.int64]
) -> list[NDArray[np.int64]]:
    """Split rows into those that one pass may hold, longer ones first; most bases bear them all.

    Frequencies are chosen for a whole pass, and written where passes beside it read them: the parts
    are computed one after another.

    Args:
        classifier: Computes.
        rows: (B,) row numbers.
        widths: (N,) padded width of every row.
    """
    limit = rope_limit(classifier.model.config)
    if limit is None:
        return [rows]
    is_long = widths[rows] > limit
    return [part for part in (rows[is_long], rows[~is_long]) if part.size]


def batches_by_length(widths: NDArray[np.int64], max_tokens: int) -> Iterator[NDArray[np.int64]]:
    """Yield row numbers in batches of like length whose padded size is at most ``max_tokens``.

    Args:
        widths: (N,) padded width of each row.
        max_tokens: Rows times widest row of a batch; a wider row comes alone.
    """
    order = np.argsort(-widths, kind="stable")  # longest first: too little memory shows at once
    start = 0
    while start < order.size:
        rows = max(1, max_tokens // int(widths[order[start]]))
        yield order[start : start + rows]
        start += rows


def pad_rows(
    classifier: Classifier, rows: Sequence[Sequence[int]]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return (B, T) ids and attention mask of rows, padded on the right."""
    import torch

    longest = np.array([max(len(row) for row in rows)])
    width = int(padded_widths(classifier, longest)[0])
    ids = np.full((len(rows), width), classifier.pad_token_id, dtype=np.int64)
    mask = np.zeros_like(ids)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = row
        mask[number, : len(row)] = 1
    device = classifier.device
    return torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device)


def needs_mask(classifier: Classifier) -> bool:
    """Return whether padding on the right changes what the classifier says when it is not masked.

    It does in encoders and does not in decoders, where no token sees those after it and the class
    is read off the last token that is not padding; attention without a mask takes a faster path.
    """
    import torch

    pad = classifier.pad_token_id
    row = torch.arange(_PROBE_TOKENS) + 1
    row[row == pad] = _PROBE_TOKENS + 1
    padded = torch.cat([row, torch.full_like(row, pad)])
    was_training = classifier.model.training
    classifier.model.eval()
    with torch.inference_mode(), classifier.autocast():
        alone, beside = (
            classifier.model(input_ids=ids[None].to(classifier.device)).logits.float()
            for ids in (row, padded)
        )
    classifier.model.train(was_training)
    limit = _UNMASKED_TOLERANCE[classifier.dtype] * float(alone.abs().max())
    return bool((alone - beside).abs().max() > limit)


def compute_logits(
    classifier: Classifier, encoded: EncodedTexts, max_tokens: int
) -> NDArray[np.float32]:
    """Return (N, C) float32 logits, with dropout off; rows in the order given.

    On a CPU batches are computed side by side, if there are several.
    """
    import torch

    model = classifier.model
    was_training = model.training
    model.eval()
    logits = np.empty((len(encoded.ids), classifier.num_classes), dtype=np.float32)

    def work(rows: NDArray[np.int64]) -> None:
        ids, mask = pad_rows(classifier, [encoded.ids[row] for row in rows])
        with torch.inference_mode(), classifier.autocast():
            output = model(input_ids=ids, attention_mask=mask)
        logits[rows] = output.logits.float().cpu().numpy()

    widths = padded_widths(classifier, encoded.lengths)
    for part in split_at_rope(classifier, np.arange(widths.size), widths):
        batches = [part[rows] for rows in batches_by_length(widths[part], max_tokens)]
        if classifier.device == "cpu" and len(batches) > 1:
            with open_lanes(count_lanes()) as lanes:
                list(lanes.map(work, batches))
        else:
            for rows in batches:
                work(rows)
    model.train(was_training)
    return logits


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return (N, C) probabilities of (N, C) logits, in float64."""
    shifted = logits.astype(np.float64)
    shifted -= shifted.max(axis=1, keepdims=True)
    exponents = np.exp(shifted)
    return np.asarray(exponents / exponents.sum(axis=1, keepdims=True))
