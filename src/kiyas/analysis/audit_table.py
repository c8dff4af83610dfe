"""A bare table of reported results -> which of its claims the numbers can carry.

Knows of each figure only what is printed. Two shares of one test set are paired, but a table does
not say on which problems they disagree: with k_A and k_B passes of n the number of disagreements
lies between |k_A - k_B| and min(k_A + k_B, 2n - k_A - k_B), and McNemar's p with it. A difference
is beyond noise if it is so at the most, within noise if it is so even at the fewest, and cannot be
told otherwise. A rounded figure stands for several k: the first is asked of the closest two, the
second of those farthest apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Literal

from kiyas.analysis.table_claims import make_claims
from kiyas.analysis.table_figures import read_result
from kiyas.records.file_audit import (
    ReadResult,
    ReportedComparison,
    ReportedResult,
    ReportedTable,
    ReportedVerdict,
    TableAudit,
)
from kiyas.statistics import compare_shares, mcnemar

_MAX_NEEDED = 1_000_000
_ENDS: tuple[Literal[0], Literal[2]] = (0, 2)

Pair = tuple[ReportedResult, ReportedResult]


def audit_table(table: ReportedTable, *, alpha: float = 0.05) -> TableAudit:
    """Say what a table of reported results supports.

    The declared family: within a metric and test set, every row against the base or baseline, and
    rows of different groups at the same step; every pair where the table names neither.

    Args:
        table: The rows.
        alpha: Level of every verdict, corrected by Bonferroni for the family.
    """
    figures = tuple(read_result(result, 1 - alpha) for result in table.results)
    by_row = dict(zip((result.row for result in table.results), figures, strict=True))
    pairs, words = _family(table.results)
    comparisons = tuple(_compare(pair, by_row, (alpha, len(pairs))) for pair in pairs)
    family = f"{len(pairs)} comparisons, Bonferroni: {words}" if pairs else "no comparison"
    family = words if len(pairs) == 1 else family
    claims = make_claims(table, figures, comparisons, alpha)
    return TableAudit(
        name=table.name,
        confidence=1 - alpha,
        results=figures,
        comparisons=comparisons,
        family=family,
        can=claims.can,
        cannot=claims.cannot,
        doubts=claims.doubts,
    )


def _family(results: Sequence[ReportedResult]) -> tuple[list[Pair], str]:
    shares = [result for result in results if result.is_share and result.value is not None]
    alike = [
        (first, second)
        for first, second in combinations(shares, 2)
        if (first.metric, first.test_set) == (second.metric, second.test_set)
    ]
    # For one label a row micro F1 is accuracy under another name: once is enough.
    alike = [pair for pair in alike if pair[0].metric.lower() != "f1 micro"]
    against = [_base_last(pair) for pair in alike if bool(pair[0].role) != bool(pair[1].role)]
    trained = [pair for pair in alike if not pair[0].role and not pair[1].role]
    between = [
        pair for pair in trained if pair[0].group != pair[1].group and pair[0].step == pair[1].step
    ]
    if against or any(result.step is not None for result in shares):
        return against + between, "each row against the base, and the groups at equal steps"
    return trained, "every pair of rows"


def _base_last(pair: Pair) -> Pair:
    return pair if pair[1].role else (pair[1], pair[0])


def _compare(
    pair: Pair, figures: dict[int, ReadResult], family: tuple[float, int]
) -> ReportedComparison:
    first, second = pair
    alpha, num_tests = family[0] / family[1], family[1]
    read = figures[first.row], figures[second.row]
    counts = tuple(figure.counts for figure in read)
    design: Literal["paired, disagreement unknown", "unpaired", "n not stated"] = "n not stated"
    p_least = p_most = p_independent = None
    most = likely = None
    if counts[0] and counts[1] and first.n and second.n:
        sizes = first.n, second.n
        near, k, far = _by_gap((counts[0], counts[1]), sizes)
        if first.n == second.n and first.is_paired and second.is_paired:
            design = "paired, disagreement unknown"
            p_least = _p(far, _disagreements(far, first.n)[0])
            p_most = _p(near, _disagreements(near, first.n)[2])
            likely = _disagreements(k, first.n)[1]
            p_independent = _p(k, likely)
            most = _most_disagreements(far, first.n, alpha)
        else:
            design = "unpaired"
            p_least, p_independent, p_most = (
                compare_shares(pair, sizes).p_value for pair in (far, k, near)
            )
    verdict: ReportedVerdict = "n not stated"
    if p_least is not None and p_most is not None:
        is_within = p_least > alpha
        verdict = "within noise" if is_within else "cannot be told"
        if p_most <= alpha:
            verdict = "beyond noise"
    elif "impossible" in (read[0].status, read[1].status):
        verdict = "impossible"
    values = first.value or 0.0, second.value or 0.0
    return ReportedComparison(
        first=first.name,
        second=second.name,
        metric=first.metric,
        design=design,
        difference=values[0] - values[1],
        p_least=_corrected(p_least, num_tests),
        p_most=_corrected(p_most, num_tests),
        p_independent=_corrected(p_independent, num_tests),
        most_disagreements=most,
        likely_disagreements=likely,
        num_needed=_num_needed(values, alpha) if verdict == "n not stated" else None,
        verdict=verdict,
    )


def _by_gap(
    counts: tuple[Sequence[int], Sequence[int]], sizes: tuple[int, int]
) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
    """Return the pair of counts that are closest as shares, that in the middle, and the farthest.

    Args:
        counts: What each figure can stand for, ascending.
        sizes: The n of each.
    """
    first, second = counts

    def gap(pair: tuple[int, int]) -> float:
        return abs(pair[0] / sizes[0] - pair[1] / sizes[1])

    ends = [(k, other) for k in (first[0], first[-1]) for other in (second[0], second[-1])]
    # Where the ranges overlap, an end of one lies within the other.
    close = [min(((k, other) for k in first), key=gap) for other in (second[0], second[-1])]
    close += [min(((k, other) for other in second), key=gap) for k in (first[0], first[-1])]
    middle = first[len(first) // 2], second[len(second) // 2]
    return min(close, key=gap), middle, max(ends, key=gap)


def _corrected(p_value: float | None, num_tests: int) -> float | None:
    return None if p_value is None else min(1.0, p_value * num_tests)


def _p(k: tuple[int, int], disagreements: int) -> float:
    gap = abs(k[0] - k[1])
    b = (disagreements + gap) // 2
    return mcnemar(b, b - gap, max(1, 2 * b - gap)).mid_p_value or 0.0


def _disagreements(k: tuple[int, int], n: int) -> tuple[int, int, int]:
    """Return the fewest, the independent and the most problems on which two rows disagree."""
    fewest, most = abs(k[0] - k[1]), min(sum(k), 2 * n - sum(k))
    shares = k[0] / n, k[1] / n
    expected = n * (shares[0] * (1 - shares[1]) + shares[1] * (1 - shares[0]))
    # Disagreements have the parity of the gap: b - c and b + c are both odd or both even.
    steps = round((expected - fewest) / 2)
    return fewest, min(most, max(fewest, fewest + 2 * steps)), most


def _most_disagreements(k: tuple[int, int], n: int, alpha: float) -> int | None:
    fewest, _, most = _disagreements(k, n)
    beyond = [m for m in range(fewest, most + 1, 2) if _p(k, m) <= alpha]
    return max(beyond, default=None)


def _num_needed(values: tuple[float, float], alpha: float) -> tuple[int, int] | None:
    """Return the n from which a difference is beyond noise, at the fewest and most disagreements.

    Below the first no n is, from the second on every n is. None for equal shares. Found by
    doubling and halving, then n by n around it: counts are whole, so that p does not fall evenly.
    """
    if values[0] == values[1]:
        return None

    def counts(n: int) -> tuple[int, int]:
        return round(values[0] * n), round(values[1] * n)

    def is_beyond(n: int, index: Literal[0, 2]) -> bool:
        return _p(counts(n), _disagreements(counts(n), n)[index]) <= alpha

    found = []
    for index in _ENDS:
        high = 1
        while not is_beyond(high, index) and high < _MAX_NEEDED:
            high *= 2
        low = high // 2
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if is_beyond(middle, index) else (middle, high)
        first, second = counts(high)
        reach = 3 * high // max(1, abs(first - second)) + 2  # a count more or less moves n so far
        near = [(n, is_beyond(n, index)) for n in range(max(1, high - reach), high + reach)]
        beyond = min(n for n, is_so in near if is_so or n == high)
        found.append(beyond if index == 0 else 1 + max(n for n, is_so in near if not is_so))
    return found[0], found[1]
