"""Traces of every checkpoint -> each measure against passing, corrected for their number.

The declared family is every measure of every checkpoint in which both the measure and the outcome
vary. What goes with passing need not cause it: problems that are easy pass more often and may call
for other code. Measures nothing itself (``scoring.traces``) and judges no claim (``trace_claims``).

Sources: Newcombe 1998 for the difference of shares; ``statistics.association`` for the tests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from kiyas.analysis.scored import count_share
from kiyas.analysis.trace_claims import TracedArm, judge_claims
from kiyas.records import Checkpoint, Comparison
from kiyas.records.traces import MeasureTest, Trace, TraceFindings
from kiyas.records.trajectory import ArmDifference
from kiyas.statistics import auc, compare_shares, holm
from kiyas.statistics.association import fisher_p_values, rank_p_values

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
    arms: Sequence[ArmDifference] = (),
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
        arms: The arms over their training seeds, for the same claim.
        confidence: Level of every interval; one minus it is the level of every verdict.
        seed: Seed of every permutation.
    """
    seen = [measured for item in traced for measured in _measure_checkpoint(item, confidence)]
    tests = _test_all(seen, seed)
    runs: dict[str, list[tuple[Trace, ...]]] = {}
    for item in traced:
        if not item.checkpoint.is_base:
            runs.setdefault(item.checkpoint.arm, []).append(item.traces)
    traced_arms = [TracedArm(arm, tuple(found)) for arm, found in runs.items()]
    return TraceFindings(
        tests=tests,
        claims=judge_claims(traced_arms, (comparisons, arms), SHARES, (confidence, seed)),
        num_tests=sum(test.p_value is not None for test in tests),
        num_traces=sum(len(item.traces) for item in traced),
        sampled=any(trace.sample > 0 for item in traced for trace in item.traces),
    )


@dataclass(frozen=True)
class _Measured:
    """A measure of a checkpoint with what its test needs; None of it where nothing varies."""

    test: MeasureTest
    table: tuple[int, int, int, int] | None = None
    amounts: tuple[Floats, Booleans] | None = None


def _test_all(seen: Sequence[_Measured], seed: int) -> tuple[MeasureTest, ...]:
    """Return every test with its p, alone and after Holm over all of them."""
    tables = [item.table for item in seen if item.table is not None]
    groups = [item.amounts for item in seen if item.amounts is not None]
    of_shares = iter(fisher_p_values(tables))
    of_amounts = iter(rank_p_values(groups, seed))
    p_values = [
        next(of_shares) if item.table else next(of_amounts) if item.amounts else None
        for item in seen
    ]
    adjusted = iter(holm([p for p in p_values if p is not None]))
    return tuple(
        item.test if p is None else replace(item.test, p_value=p, p_adjusted=float(next(adjusted)))
        for item, p in zip(seen, p_values, strict=True)
    )


_UNSEEN = frozenset(("task_id", "sample", "num_thinking_tokens", "repetition"))
_what_shares_see = attrgetter(*(one.name for one in fields(Trace) if one.name not in _UNSEEN))
"""All that ``SHARES`` may read of a trace, and whether it passed: many traces are alike in it."""


def _measure_checkpoint(item: TracedCheckpoint, confidence: float) -> list[_Measured]:
    traces = [trace for trace in item.traces if trace.sample == 0]
    seen = list(map(_what_shares_see, traces))
    one_of_each = dict(zip(seen, traces, strict=True))
    alike = [(one_of_each[what], count) for what, count in Counter(seen).items()]
    shares = [
        _measure_share(item, name, _count(has, alike), confidence) for name, has in SHARES.items()
    ]
    return [*shares, *(_measure_amount(item, traces, name, confidence) for name in AMOUNTS)]


def _count(
    has: Callable[[Trace], bool | None], alike: Sequence[tuple[Trace, int]]
) -> Counter[tuple[bool | None, bool]]:
    """Count traces by (has it, passed), each given once with how many are alike."""
    counts: Counter[tuple[bool | None, bool]] = Counter()
    for trace, number in alike:
        counts[has(trace), trace.passed] += number
    return counts


def _measure_share(
    item: TracedCheckpoint, name: str, seen: Counter[tuple[bool | None, bool]], confidence: float
) -> _Measured:
    """Judge one measure by its counts, for Fisher's exact test.

    Its effect is the difference in pass rate. The counts are of (has it, passed).
    """
    with_passed, with_failed = seen[True, True], seen[True, False]
    without_passed, without_failed = seen[False, True], seen[False, False]
    num_with, num_without = with_passed + with_failed, without_passed + without_failed
    num_passed, num_failed = with_passed + without_passed, with_failed + without_failed
    difference = compare_shares(
        (with_passed, without_passed), (num_with, num_without), confidence
    ).difference
    cells = with_passed, with_failed, without_passed, without_failed
    varies = min(num_with, num_without, num_passed, num_failed) > 0
    test = MeasureTest(
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
        p_value=None,
        p_adjusted=None,
    )
    return _Measured(test, table=cells if varies else None)


def _measure_amount(
    item: TracedCheckpoint, traces: Sequence[Trace], name: str, confidence: float
) -> _Measured:
    """Gather one amount, for a permutation of midranks; its effect is the AUC minus one half."""
    passed = np.array([trace.passed for trace in traces], dtype=bool)
    values = np.array([AMOUNTS[name](trace) for trace in traces], dtype=np.float64)
    varies = values.size > 0 and bool(np.ptp(values) > 0) and 0 < passed.sum() < passed.size
    area = auc(passed.astype(np.int64), values, confidence)
    test = MeasureTest(
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
        p_value=None,
        p_adjusted=None,
    )
    return _Measured(test, amounts=(values, passed) if varies else None)


def _median(values: Floats) -> float | None:
    return float(np.median(values)) if values.size else None


def _less_half(area: float | None) -> float | None:
    return None if area is None else area - 0.5
