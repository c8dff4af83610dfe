"""One property of answers against passing, for many groups of answers at a time -> p-values.

A study asks the same of every checkpoint: thousands of small tests, which are cheap together and
dear one by one. ``scipy.stats`` has them too, and takes half a second to import.

Sources: Fisher's exact test, two-sided by probability as in R's ``fisher.test``; permutation of
midranks with p = (1 + as extreme) / (1 + draws), which keeps its level (Phipson & Smyth 2010).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

_NUM_DRAWS = 10_000
_RELATIVE_ERROR = 1e-7
"""Tables as probable as the observed one count as extreme; rounding must not part them."""
_MOST_POINTS = 1_000_000
"""Numbers that are held at a time."""


def fisher_p_values(tables: Sequence[tuple[int, int, int, int]]) -> list[float]:
    """Return the two-sided p of each table of counts by Fisher's exact test.

    Args:
        tables: (with passed, with failed, without passed, without failed) of each test.
    """
    if not tables:
        return []
    unique, places = np.unique(np.array(tables, dtype=np.int64), axis=0, return_inverse=True)
    num_parts = -(-int(unique.sum()) // _MOST_POINTS)
    p_values = np.concatenate([_fisher(part) for part in np.array_split(unique, num_parts)])
    return [float(p) for p in p_values[places.reshape(-1)]]


def _fisher(tables: Integers) -> Floats:
    """Return the p of (M, 4) tables: what is at most as probable as each, given its margins."""
    with_passed, num_with = tables[:, 0], tables[:, 0] + tables[:, 1]
    num_passed, total = tables[:, 0] + tables[:, 2], tables.sum(axis=1)
    lowest = np.maximum(0, num_passed - (total - num_with))
    num_points = np.minimum(num_with, num_passed) - lowest + 1
    starts = np.cumsum(num_points) - num_points
    table = np.repeat(np.arange(len(tables)), num_points)
    counts = np.arange(len(table)) - starts[table] + lowest[table]
    probability = np.exp(
        _log_choices(num_with[table], counts)
        + _log_choices((total - num_with)[table], num_passed[table] - counts)
        - _log_choices(total, num_passed)[table]
    )
    observed = probability[starts + with_passed - lowest]
    is_extreme = probability <= observed[table] * (1 + _RELATIVE_ERROR)
    return np.minimum(1.0, np.add.reduceat(np.where(is_extreme, probability, 0.0), starts))


def _log_choices(num_items: Integers, num_chosen: Integers) -> Floats:
    """Return the logarithm of the ways to choose so many of so many items."""
    ways = special.betaln(num_items - num_chosen + 1, num_chosen + 1)
    return np.asarray(-np.log1p(num_items) - ways)


def rank_p_values(groups: Sequence[tuple[Floats, Booleans]], seed: int) -> list[float]:
    """Return the two-sided p of each group's rank sum of passing answers under relabelling.

    Groups of one size are judged by the same random orders.

    Args:
        groups: (N,) amounts and (N,) whether each answer passes; both outcomes occur.
        seed: Seed of the orders.
    """
    by_shape: dict[tuple[int, int], list[int]] = {}
    for index, (values, passed) in enumerate(groups):
        # The centred ranks sum to 0: those of the smaller side say as much as those that pass.
        smaller = min(int(passed.sum()), int((~passed).sum()))
        by_shape.setdefault((values.size, smaller), []).append(index)
    p_values = [1.0] * len(groups)
    for (size, smaller), indices in by_shape.items():
        drawn = _draw_members(size, smaller, seed)
        for part in _parts(indices):
            for index, p in zip(part, _rank([groups[i] for i in part], drawn), strict=True):
                p_values[index] = p
    return p_values


def _rank(groups: Sequence[tuple[Floats, Booleans]], drawn: Floats) -> list[float]:
    """Return the p of groups of one shape; ``drawn`` says who is on the smaller side, (N, D)."""
    ranks = np.stack([_midranks(values) for values, _ in groups])
    ranks -= (ranks.shape[1] + 1) / 2
    observed = np.abs((ranks * np.stack([passed for _, passed in groups])).sum(axis=1))
    # Midranks are halves, whose sums are exact; the small number is for sizes beyond that.
    as_extreme = (np.abs(ranks @ drawn) >= observed[:, None] - 1e-9).sum(axis=1)
    return [float(p) for p in (1 + as_extreme) / (1 + _NUM_DRAWS)]


def _midranks(values: Floats) -> Floats:
    """Return the rank of each value, from 1; equal values share the mean of theirs."""
    ordered = np.sort(values)
    below, not_above = (np.searchsorted(ordered, values, side) for side in ("left", "right"))
    return np.asarray((below + not_above + 1) / 2)


def _draw_members(size: int, num_members: int, seed: int) -> Floats:
    """Return (N, D) random choices of so many members: 1 for those chosen, else 0."""
    return (_draw_places(size, seed) < num_members).astype(np.float64)


@lru_cache(maxsize=2)
def _draw_places(size: int, seed: int) -> Integers:
    """Return (N, D) the place of each answer in each of D random orders."""
    orders = np.tile(np.arange(size), (_NUM_DRAWS, 1))
    orders = np.random.default_rng(seed).permuted(orders, axis=1)
    places = np.ascontiguousarray(np.argsort(orders, axis=1).T)
    places.setflags(write=False)
    return places


def _parts(indices: Sequence[int]) -> Iterator[Sequence[int]]:
    length = max(1, _MOST_POINTS // _NUM_DRAWS)
    return (indices[start : start + length] for start in range(0, len(indices), length))
