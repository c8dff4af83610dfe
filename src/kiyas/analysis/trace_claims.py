"""Traces of each arm -> claims about them: supported, contradicted or not distinguishable.

The claims are those that reports of chain-of-thought fine-tuning make by reading examples: passing
answers plan in their thinking, failing ones over-reason, passing ones use idioms, failing ones mix
two methods, one arm learns faster at first. Each is asked of every arm, over all its checkpoints.
Shows association, never cause.

Test: the outcomes of a problem in all checkpoints stay together and are permuted over problems, so
that checkpoints and completions of one problem are never counted as independent. Interval:
percentile bootstrap over problems. Effect: pass rate with the measure minus without, mean over runs
weighted by n_with n_without / (n_with + n_without) (Greenland & Robins 1985, after Mantel &
Haenszel).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kiyas.records import Comparison, Proportion
from kiyas.records.measures import Difference
from kiyas.records.traces import Claim, ClaimVerdict, Trace
from kiyas.records.trajectory import ArmDifference
from kiyas.statistics import holm

_NUM_DRAWS = 10_000
_CHUNK_DRAWS = 1_000
_NUM_RESAMPLES = 2_000
_FEWEST_PROBLEMS = 10
"""Problems with the measure, and without it, below which a bootstrap is narrower than it should."""

_SIGNS = {
    "passing-plans-first": ("plans-first", 1),
    "failing-over-reasons": ("over-reasons", -1),
    "passing-uses-comprehensions": ("comprehension", 1),
    "failing-mixes-methods": ("mixes-methods", -1),
}
"""Measure of each claim and the sign of its effect on passing, as claimed."""

LEARNS_FASTER = "first-arm-learns-faster"
"""Claim on the earliest step that two arms share: the arm named first is ahead."""

Floats = NDArray[np.float64]
Measure = Callable[[Trace], bool | None]
Measures = Mapping[str, Measure]


@dataclass(frozen=True)
class TracedArm:
    """An arm with the traces of all its checkpoints."""

    name: str
    """Name of the arm."""
    runs: tuple[tuple[Trace, ...], ...]
    """The traces of each checkpoint of each seed."""


@dataclass(frozen=True)
class _Tables:
    """Counts by problem and run, shape (N, R)."""

    with_passed: Floats
    with_failed: Floats
    without_passed: Floats
    without_failed: Floats


def judge_claims(
    arms: Sequence[TracedArm],
    compared: tuple[Sequence[Comparison], Sequence[ArmDifference]],
    measures: Measures,
    setting: tuple[float, int],
) -> tuple[Claim, ...]:
    """Return every claim for every arm, corrected by Holm over all of them.

    Args:
        arms: The trained arms.
        compared: The study's paired comparisons, and its arms over their training seeds.
        measures: What is read from a trace, by name.
        setting: Confidence of every interval, and the seed of every resampling.
    """
    claims = [claim for arm in arms for claim in _ask(arm, measures, setting)]
    claims.sort(key=lambda claim: list(_SIGNS).index(claim.name))
    claims += _ask_learning_speed(*compared)
    family = [claim for claim in claims if claim.p_value is not None]
    adjusted = iter(holm([claim.p_value or 0.0 for claim in family]))
    return tuple(
        claim
        if claim.p_value is None
        else _judged(claim, max(claim.p_adjusted or 0.0, float(next(adjusted))), 1 - setting[0])
        for claim in claims
    )


def _ask(arm: TracedArm, measures: Measures, setting: tuple[float, int]) -> Iterator[Claim]:
    """Yield every claim on traces for one arm, tested by the same permutations of its problems."""
    tables = _tabulate(arm, [measures[measure] for measure, _ in _SIGNS.values()])
    p_values = _permutation_p_values(tables, setting[1])
    for (name, (measure, _)), counts, p_value in zip(_SIGNS.items(), tables, p_values, strict=True):
        k_passed, k_failed = counts.with_passed.sum(), counts.with_failed.sum()
        effect = _effects(counts, np.ones((1, len(counts.with_passed))))[0]
        low, high = _bootstrap(counts, setting)
        yield Claim(
            name=name,
            arm=arm.name,
            measure=measure,
            effect=_or_none(effect),
            ci_low=low,
            ci_high=high,
            p_value=p_value,
            p_adjusted=None,
            verdict="not distinguishable",
            passing=_pooled(k_passed, k_passed + counts.without_passed.sum()),
            failing=_pooled(k_failed, k_failed + counts.without_failed.sum()),
        )


def _tabulate(arm: TracedArm, measures: Sequence[Measure]) -> list[_Tables]:
    """Return the counts of each measure, whose traces are placed once for all of them."""
    traces = [(column, trace) for column, run in enumerate(arm.runs) for trace in run]
    tasks = sorted({trace.task_id for _, trace in traces})
    row = {task: number for number, task in enumerate(tasks)}
    shape = (2, len(tasks), len(arm.runs))
    cells = [
        ((not trace.passed) * len(tasks) + row[trace.task_id]) * len(arm.runs) + column
        for column, trace in traces
    ]
    places = np.array(cells, dtype=np.intp)  # typed: a list may be empty

    def count(chosen: NDArray[np.bool_]) -> Floats:
        counts = np.bincount(places[chosen], minlength=math.prod(shape))
        return counts.astype(np.float64).reshape(shape)

    found = []
    for measure in measures:
        has = np.array([measure(trace) for _, trace in traces], dtype=np.float64)  # None: NaN
        found.append(_Tables(*count(has == 1), *count(has == 0)))
    return found


def _effects(tables: _Tables, weights: Floats) -> Floats:
    """Return (B,) pooled risk differences for (B, N) weights of the problems; NaN if undefined."""
    passed_with, failed_with = weights @ tables.with_passed, weights @ tables.with_failed
    passed_without = weights @ tables.without_passed
    num_with, num_without = (
        passed_with + failed_with,
        passed_without + weights @ tables.without_failed,
    )
    total = np.maximum(num_with + num_without, 1)
    weight = (num_with * num_without / total).sum(axis=1)
    numerator = (passed_with * num_without - passed_without * num_with) / total
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(numerator.sum(axis=1) / weight)


def _bootstrap(tables: _Tables, setting: tuple[float, int]) -> tuple[float | None, float | None]:
    confidence, seed = setting
    n = len(tables.with_passed)
    seen_with = (tables.with_passed + tables.with_failed).any(axis=1).sum()
    seen_without = (tables.without_passed + tables.without_failed).any(axis=1).sum()
    if min(seen_with, seen_without) < _FEWEST_PROBLEMS:
        return None, None
    effects = _effects(tables, _draw_weights(n, seed))
    effects = effects[np.isfinite(effects)]
    low, high = np.quantile(effects, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def _permutation_p_values(tables: Sequence[_Tables], seed: int) -> list[float | None]:
    """Return the two-sided p of each association, None where measure or outcome does not vary.

    The statistic is the sum over runs of (has - mean) (passed - mean), centred within each run, so
    that neither a rising pass rate nor a measure that grows with training makes an association.
    """
    products = [_products(item) for item in tables]
    observed = [abs(float(np.trace(every))) - 1e-9 for every in products]
    n = len(tables[0].with_passed)
    p_values: list[float | None] = []
    for every, threshold in zip(products, observed, strict=True):
        if not every.any():
            p_values.append(None)
            continue
        as_extreme = 0
        for cells in np.split(_draw_cells(n, seed), _NUM_DRAWS // _CHUNK_DRAWS):
            sums = every.ravel().take(cells).sum(axis=1)
            as_extreme += int((np.abs(sums) >= threshold).sum())
        p_values.append((1 + as_extreme) / (1 + _NUM_DRAWS))
    return p_values


@lru_cache(maxsize=2)
def _draw_cells(num_problems: int, seed: int) -> NDArray[np.intp]:
    """Return (D, N) random orders of the problems as cells of (N, N), the same for every arm."""
    generator = np.random.default_rng(seed)
    orders = generator.permuted(np.tile(np.arange(num_problems), (_NUM_DRAWS, 1)), axis=1)
    cells = orders + num_problems * np.arange(num_problems)
    cells.setflags(write=False)
    return cells


@lru_cache(maxsize=2)
def _draw_weights(num_problems: int, seed: int) -> Floats:
    """Return (B, N) how often each problem is drawn in each resample, the same for every arm."""
    shares = np.full(num_problems, 1 / num_problems)
    drawn = np.random.default_rng(seed).multinomial(num_problems, shares, size=_NUM_RESAMPLES)
    weights = drawn.astype(np.float64)
    weights.setflags(write=False)
    return weights


def _products(tables: _Tables) -> Floats:
    """Return (N, N): the measure of each problem times the outcome of each, summed over runs.

    Both centred within the run; 0 everywhere where one of them does not vary. Within a problem and
    run it is the sum over its traces; with one completion a problem, the trace itself.
    """
    num_with = tables.with_passed + tables.with_failed
    num = num_with + tables.without_passed + tables.without_failed
    passed = tables.with_passed + tables.without_passed
    total = np.maximum(num.sum(axis=0), 1)
    has = num_with - num * (num_with.sum(axis=0) / total)
    passes = passed - num * (passed.sum(axis=0) / total)
    every = has @ passes.T
    varies = np.abs(has).max(initial=0) > 1e-9 and np.abs(passes).max(initial=0) > 1e-9
    return np.asarray(every if varies else np.zeros_like(every))


def _ask_learning_speed(
    comparisons: Sequence[Comparison], arms: Sequence[ArmDifference]
) -> list[Claim]:
    """Ask of each pair of arms whether the first is ahead at the earliest step that both have.

    Over their training seeds, where they have several: one seed's lead is that of its weights. Not
    asked of arms that share a single step: that is a difference, and no speed.
    """
    earliest: dict[tuple[str, str], tuple[int, Comparison]] = {}
    steps: dict[tuple[str, str], set[int]] = {}
    for item in comparisons:
        if item.kind == "between-arms":
            first, second = item.first.split("/step-"), item.second.split("/step-")
            step = int(first[-1])
            key = (first[0].split("/")[0], second[0].split("/")[0])
            steps.setdefault(key, set()).add(step)
            if key not in earliest or step < earliest[key][0]:
                earliest[key] = (step, item)
    over_seeds = {
        (arm.first, arm.second, arm.step): arm.difference for arm in arms if arm.num_seeds > 1
    }
    return [
        _claim_lead(pair, step, over_seeds.get((*pair, step), item))
        for pair, (step, item) in earliest.items()
        if len(steps[pair]) > 1
    ]


def _claim_lead(pair: tuple[str, str], step: int, lead: Comparison | Difference) -> Claim:
    return Claim(
        name=LEARNS_FASTER,
        arm=" / ".join(pair),
        measure=f"pass@1 at step {step}",
        effect=lead.difference if isinstance(lead, Comparison) else lead.estimate,
        ci_low=lead.ci_low,
        ci_high=lead.ci_high,
        p_value=lead.p_value,
        p_adjusted=lead.p_adjusted,
        verdict="not distinguishable",
    )


def _judged(claim: Claim, p_adjusted: float, alpha: float) -> Claim:
    verdict: ClaimVerdict = "not distinguishable"
    if p_adjusted <= alpha and claim.effect:
        sign = _SIGNS[claim.name][1] if claim.name in _SIGNS else 1
        verdict = "supported" if claim.effect * sign > 0 else "contradicted"
    return replace(claim, p_adjusted=p_adjusted, verdict=verdict)


def _pooled(k: float, n: float) -> Proportion:
    """Return counts over several checkpoints, without an interval: they share their problems."""
    return Proportion(int(k), int(n), k / n if n else None, None, None, "pooled")


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
