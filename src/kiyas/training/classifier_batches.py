"""Rows of an epoch -> batches in random order, each split into forward passes of like length.

The batch is what the update is made of; the forward passes only add up its gradient. So rows may be
sorted within a batch and padding all but vanishes, while every update stays that of the study.
Does not tokenise and does not pad.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PASS_OVERHEAD_TOKENS = 48
"""What a forward and backward pass costs besides its tokens, in tokens: measured for a decoder of
135M weights on two cores; it decides only how finely a batch is split."""

Rows = NDArray[np.int64]


def shuffle_batches(num_rows: int, batch_size: int, seed: int, epoch: int) -> list[Rows]:
    """Return the batches of an epoch; the same for the same seed and epoch, whatever came before.

    Args:
        num_rows: N.
        batch_size: Rows a batch; the last may have fewer.
        seed: Seed of the trial.
        epoch: 1-based.
    """
    order = np.random.default_rng([seed, epoch]).permutation(num_rows)
    return [order[start : start + batch_size] for start in range(0, num_rows, batch_size)]


def split_batch(rows: Rows, widths: NDArray[np.int64], max_tokens: int) -> list[Rows]:
    """Split a batch into forward passes at the least cost, padding and overhead counted.

    Cost of a pass: rows times widest row plus ``PASS_OVERHEAD_TOKENS``. The rows are sorted by
    width and cut by dynamic programming, O(B^2).

    Args:
        rows: (B,) row numbers.
        widths: (N,) width that every row is padded to.
        max_tokens: Padded tokens of a pass; a wider row comes alone.
    """
    ordered = rows[np.argsort(-widths[rows], kind="stable")]
    sizes = widths[ordered]
    best = np.zeros(sizes.size + 1)
    cut_before = np.zeros(sizes.size + 1, dtype=np.int64)
    for stop in range(1, sizes.size + 1):
        starts = np.arange(stop)
        padded = (stop - starts) * sizes[:stop]
        fits = (padded <= max_tokens) | (starts == stop - 1)
        costs = np.where(fits, best[:stop] + padded + PASS_OVERHEAD_TOKENS, np.inf)
        cut_before[stop] = int(np.argmin(costs))
        best[stop] = costs[cut_before[stop]]
    passes: list[Rows] = []
    stop = int(sizes.size)
    while stop:
        start = int(cut_before[stop])
        passes.append(ordered[start:stop])
        stop = start
    return passes[::-1]


def pass_costs(passes: list[Rows], widths: NDArray[np.int64]) -> list[int]:
    """Return what each pass costs, in tokens: its padded rows and ``PASS_OVERHEAD_TOKENS``."""
    return [len(rows) * int(widths[rows].max()) + PASS_OVERHEAD_TOKENS for rows in passes]
