"""One printed share and its n -> every k that it can stand for, with an interval.

A figure may be rounded or cut off after its last digit; one that is neither for any k is no share
of the stated n.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Literal, NamedTuple

from kiyas.analysis.file_scores import as_proportion
from kiyas.records.file_audit import ReadResult, ReportedComparison, ReportedResult, ReportedTable
from kiyas.statistics import wilson

# Printed decimals are not exact in binary.
_SLACK = 1e-9


class CommonDivisor(NamedTuple):
    """Counts that would be whole with fewer problems, too."""

    divisor: int
    """g: every k and n are multiples of it."""
    smaller_n: int
    """n / g."""
    chance: float
    """Chance that counts which owe nothing to g are all multiples of it: g to the minus number."""


@dataclass(frozen=True)
class TableReading:
    """A table with what its figures and differences stand for."""

    table: ReportedTable
    """The rows as printed."""
    figures: tuple[ReadResult, ...]
    """What each row can stand for."""
    comparisons: tuple[ReportedComparison, ...]
    """The declared family."""
    alpha: float
    """Level of every verdict."""

    def shares(self) -> list[tuple[ReportedResult, ReadResult]]:
        """Return the rows that are shares, with what they can stand for."""
        pairs = zip(self.table.results, self.figures, strict=True)
        return [(result, figure) for result, figure in pairs if result.is_share]


def read_result(result: ReportedResult, confidence: float) -> ReadResult:
    """Return what a printed figure can stand for."""
    status: Literal["possible", "impossible", "n not stated", "no share"] = "no share"
    counts: tuple[int, ...] = ()
    if result.is_share:
        status = "n not stated"
        if result.n:
            counts = _counts(result, result.n)
            status = "possible" if counts else "impossible"
    interval = None
    if counts and result.n:
        k = counts[len(counts) // 2]
        interval = as_proportion(k, result.n, wilson(k, result.n, confidence))
    return ReadResult(result.name, result.metric, result.text, result.n, counts, interval, status)


def _counts(result: ReportedResult, n: int) -> tuple[int, ...]:
    value = result.value
    if value is None:
        return (result.k,) if result.k is not None else ()
    first = max(0, math.floor((value - 2 * result.half_unit) * n) - 1)
    last = min(n, math.ceil((value + 2 * result.half_unit) * n) + 1)
    candidates = range(first, last + 1)
    rounded = [k for k in candidates if abs(k / n - value) <= result.half_unit + _SLACK]
    cut = [k for k in candidates if -_SLACK <= k / n - value < 2 * result.half_unit - _SLACK]
    found = rounded or cut
    if result.k is not None:
        found = [k for k in found if k == result.k]
    return tuple(found)


def common_divisor(figures: Sequence[ReadResult]) -> CommonDivisor | None:
    """Return the divisor that all counts share with n, if it can hardly be chance.

    Args:
        figures: Rows of one metric and n, each with one possible k.

    Returns:
        None with fewer than three different counts, or a chance above 1 in 100.
    """
    counts = {figure.counts[0] for figure in figures if len(figure.counts) == 1} - {0}
    sizes = {figure.n for figure in figures if figure.n}
    if len(counts) < 3 or len(sizes) != 1:
        return None
    [n] = sizes
    divisor = reduce(math.gcd, counts, n)
    chance = divisor ** -float(len(counts)) if divisor > 1 else 1.0
    return CommonDivisor(divisor, n // divisor, chance) if chance <= 0.01 else None


def name_by_size(item: ReportedComparison) -> tuple[str, str]:
    """Return the names of the higher and the lower row."""
    return (item.first, item.second) if item.difference >= 0 else (item.second, item.first)
