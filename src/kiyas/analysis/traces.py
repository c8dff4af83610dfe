"""Traces of every checkpoint -> each measure against passing, corrected for their number.

The declared family is every measure of every checkpoint in which both the measure and the outcome
vary. What goes with passing need not cause it: problems that are easy pass more often and may call
for other code. Measures nothing itself (``scoring.traces``) and judges no claim (``trace_claims``).

Sources: Fisher's exact test; Newcombe 1998 for the difference of shares; permutation of midranks
with p = (1 + as extreme) / (1 + draws), which keeps its level (Phipson & Smyth 2010).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from kiyas.analysis.scored import count_share
from kiyas.analysis.trace_claims import TracedArm, judge_claims
from kiyas.records import Checkpoint, Comparison
from kiyas.records.traces import MeasureTest, Trace, TraceFindings
from kiyas.statistics import auc, compare_shares, holm

_NUM_DRAWS = 10_000

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


def _idiom(name: str) -> Callable[[Trace], bool | None]:
    return lambda trace: None if trace.idioms is None else name in trace.idioms


SHARES: MappingProxyType[str, Callable[[Trace], bool | None]] = MappingProxyType(
    {
        "plans-first": lambda trace: trace.plans_first,
        "thinking-unclosed": lambda trace: trace.is_thinking_unclosed,
        "thinking-truncated": lambda trace: trace.is_thinking_unclosed and trace.is_truncated,
        "over-reasons": lambda trace: trace.over_reasons,
        "several-solutions": lambda trace: trace.num_solutions > 1,
        "recursive": lambda trace: trace.is_recursive,
        "iterative": lambda trace: trace.is_iterative,
        "mixes-methods": lambda trace: trace.mixes_methods,
        "comprehension": _idiom("comprehension"),
        "conditional-expression": _idiom("conditional-expression"),
        "slice": _idiom("slice"),
        "f-string": _idiom("f-string"),
        "lambda": _idiom("lambda"),
        "iteration-builtin": _idiom("iteration-builtin"),
        "aggregating-builtin": _idiom("aggregating-builtin"),
        "library": _idiom("library"),
        "unused-helper": lambda trace: (
            None if trace.num_unused_helpers is None else trace.num_unused_helpers > 0
        ),
    }
)
"""Measures that a trace has or has not; None where it has no program to look at."""

AMOUNTS: MappingProxyType[str, Callable[[Trace], float]] = MappingProxyType(
    {
        "thinking-tokens": lambda trace: trace.num_thinking_tokens,
        "repetition": lambda trace: trace.repetition,
    }
)
"""Measures of which a trace has some amount."""


@dataclass(frozen=True)
class TracedCheckpoint:
    """A checkpoint with the measures of its completions."""

    checkpoint: Checkpoint
    """Which adapter."""
    traces: tuple[Trace, ...]
    """One a judged completion."""


def analyse_traces(
    traced: Sequence[TracedCheckpoint],
    comparisons: Sequence[Comparison] = (),
    *,
    confidence: float = 0.95,
    seed: int = 0,
) -> TraceFindings:
    """Test every measure of every checkpoint against passing, and judge the claims.

    With several completions a problem only the first of each is tested: completions of one problem
    are no independent trials.

    Args:
        traced: Every checkpoint with its traces.
        comparisons: The study's paired comparisons, for the claim on learning speed.
        confidence: Level of every interval; one minus it is the level of every verdict.
        seed: Seed of every permutation.
    """
    tests = [test for item in traced for test in _test_checkpoint(item, confidence, seed)]
    family = [test for test in tests if test.p_value is not None]
    adjusted = iter(holm([_or_one(test.p_value) for test in family]))
    arms: dict[str, TracedArm] = {}
    for item in traced:
        if not item.checkpoint.is_base:
            arm = item.checkpoint.arm
            arms[arm] = TracedArm(arm, (*(arms[arm].runs if arm in arms else ()), item.traces))
    return TraceFindings(
        tests=tuple(
            test if test.p_value is None else replace(test, p_adjusted=float(next(adjusted)))
            for test in tests
        ),
        claims=judge_claims(list(arms.values()), comparisons, SHARES, (confidence, seed)),
        num_tests=len(family),
        num_traces=sum(len(item.traces) for item in traced),
        sampled=any(trace.sample > 0 for item in traced for trace in item.traces),
    )


def _or_one(p_value: float | None) -> float:
    return 1.0 if p_value is None else p_value


def _test_checkpoint(item: TracedCheckpoint, confidence: float, seed: int) -> list[MeasureTest]:
    traces = [trace for trace in item.traces if trace.sample == 0]
    tests = [_test_share(item, traces, name, confidence) for name in SHARES]
    return [*tests, *(_test_amount(item, traces, name, (confidence, seed)) for name in AMOUNTS)]


def _test_share(
    item: TracedCheckpoint, traces: Sequence[Trace], name: str, confidence: float
) -> MeasureTest:
    """Test one measure by Fisher's exact test; its effect is the difference in pass rate."""
    seen = [(SHARES[name](trace), trace.passed) for trace in traces]
    with_passed = sum(bool(has) and passed for has, passed in seen)
    with_failed = sum(bool(has) and not passed for has, passed in seen)
    num_passed = sum(has is not None and passed for has, passed in seen)
    num_failed = sum(has is not None and not passed for has, passed in seen)
    table = [[with_passed, with_failed], [num_passed - with_passed, num_failed - with_failed]]
    num_with, num_without = sum(table[0]), sum(table[1])
    difference = compare_shares(
        (with_passed, table[1][0]), (num_with, num_without), confidence
    ).difference
    varies = min(num_with, num_without, num_passed, num_failed) > 0
    return MeasureTest(
        checkpoint=item.checkpoint.label,
        arm=item.checkpoint.arm,
        measure=name,
        kind="share",
        passing=count_share(with_passed, num_passed, confidence),
        failing=count_share(with_failed, num_failed, confidence),
        median_passing=None,
        median_failing=None,
        effect=difference.estimate,
        ci_low=difference.low,
        ci_high=difference.high,
        test="Fisher's exact",
        p_value=_fisher_p_value(*table[0], *table[1]) if varies else None,
        p_adjusted=None,
    )


@lru_cache(maxsize=2**14)
def _fisher_p_value(*cells: int) -> float:
    """Return the p of a table of four counts; those of neighbouring checkpoints are often alike."""
    return float(stats.fisher_exact(np.array(cells).reshape(2, 2)).pvalue)


def _test_amount(
    item: TracedCheckpoint, traces: Sequence[Trace], name: str, setting: tuple[float, int]
) -> MeasureTest:
    """Test one amount by permuting midranks; its effect is the AUC minus one half."""
    confidence, seed = setting
    passed = np.array([trace.passed for trace in traces], dtype=bool)
    values = np.array([AMOUNTS[name](trace) for trace in traces], dtype=np.float64)
    varies = values.size > 0 and bool(np.ptp(values) > 0) and 0 < passed.sum() < passed.size
    area = auc(passed.astype(np.int64), values, confidence)
    return MeasureTest(
        checkpoint=item.checkpoint.label,
        arm=item.checkpoint.arm,
        measure=name,
        kind="amount",
        passing=None,
        failing=None,
        median_passing=_median(values[passed]),
        median_failing=_median(values[~passed]),
        effect=_less_half(area.estimate),
        ci_low=_less_half(area.low),
        ci_high=_less_half(area.high),
        test="rank permutation",
        p_value=_rank_p_value(values, passed, seed) if varies else None,
        p_adjusted=None,
    )


def _rank_p_value(values: Floats, passed: Booleans, seed: int) -> float:
    """Return the two-sided p of the rank sum of the passing traces under random relabelling."""
    ranks = stats.rankdata(values) - (values.size + 1) / 2
    observed = abs(float(ranks[passed].sum())) - 1e-9
    num_passed = int(passed.sum())
    # The centred ranks sum to 0: those of the smaller side say as much as those that pass.
    drawn = _draw_orders(values.size, seed)[: min(num_passed, values.size - num_passed)]
    as_extreme = int((np.abs(ranks[drawn].sum(axis=0)) >= observed).sum())
    return (1 + as_extreme) / (1 + _NUM_DRAWS)


@lru_cache(maxsize=4)
def _draw_orders(num_values: int, seed: int) -> NDArray[np.intp]:
    """Return (N, D) random orders, one a column; every checkpoint of a study is judged by them."""
    generator = np.random.default_rng(seed)
    places = np.tile(np.arange(num_values), (_NUM_DRAWS, 1))
    orders = np.ascontiguousarray(generator.permuted(places, axis=1).T)
    orders.setflags(write=False)
    return orders


def _median(values: Floats) -> float | None:
    return float(np.median(values)) if values.size else None


def _less_half(area: float | None) -> float | None:
    return None if area is None else area - 0.5
