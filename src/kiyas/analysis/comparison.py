"""Two or more files of verdicts on the same problems -> paired comparisons with a fixed verdict.

The verdict is one of four: better, worse, no difference detected, underpowered. Nothing here knows
who trained what: a difference is one between these two files, never between two methods.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kiyas.analysis.file_scores import is_single, shares_by_problem
from kiyas.errors import ScoringError
from kiyas.records.files import FileComparison, ScoreFile
from kiyas.records.taxonomy import UNSCORED
from kiyas.statistics import (
    compare_means,
    holm,
    max_t,
    mcnemar,
    minimum_detectable_difference,
)

Shares = Mapping[str, float]


def compare_files(
    first: ScoreFile,
    second: ScoreFile,
    *,
    alpha: float = 0.05,
    seed: int = 0,
    unit: Literal["problems", "items"] = "problems",
    num_comparisons: int = 1,
) -> FileComparison:
    """Compare two files on the problems that both answered.

    McNemar's mid-p for one sample a problem (Fagerland et al. 2013), else a sign-flip test of the
    differences of the problems' shares.

    Args:
        first: The file that the verdict speaks of.
        second: What it is compared with.
        alpha: Level of the verdict.
        seed: Seed of every resampling.
        unit: What is paired, for the words.
        num_comparisons: Of the family: to each it leaves such a part of the level, which the
            smallest detectable difference is of.

    Raises:
        ScoringError: The files share no problem, or were judged by different benchmarks.
    """
    tables = shares_by_problem(first), shares_by_problem(second)
    shared = [task for task in tables[0] if task in tables[1]]
    if not shared:
        raise ScoringError(
            f"the two files share no {unit[:-1]}",
            where=f"{first.name}, {second.name}",
            received=f"{_first_ids(tables[0])} and {_first_ids(tables[1])}",
            expected=f"verdicts on the same {unit}",
            next_step="compare files of one benchmark",
        )
    benchmarks = [{score.benchmark for score in file.scores} - {""} for file in (first, second)]
    if all(benchmarks) and benchmarks[0] != benchmarks[1]:
        one, other = (" and ".join(sorted(names)) for names in benchmarks)
        raise ScoringError(
            "the two files were judged by different benchmarks",
            where=f"{first.name}, {second.name}",
            received=f"{one} and {other}",
            expected="verdicts by the same tests",
            next_step="score both files with the same --benchmark",
        )
    compared = _compare((first, second), tables, shared, (alpha, seed), num_comparisons)
    warnings = tuple(_differences((first, second), tables, len(shared), unit))
    return _judged(replace(compared, unit=unit, warnings=warnings), compared.p_value)


def compare_all(
    files: Sequence[ScoreFile], *, alpha: float = 0.05, seed: int = 0
) -> tuple[FileComparison, ...]:
    """Compare every pair of files, corrected together.

    Step-down max-T over shared sign flips where all files answered the same problems, else Holm.
    Pairs without a shared problem are left out.
    """
    tables = [shares_by_problem(file) for file in files]
    pairs = [
        (i, j) for i, j in combinations(range(len(files)), 2) if tables[i].keys() & tables[j].keys()
    ]
    compared = [
        compare_files(files[i], files[j], alpha=alpha, seed=seed, num_comparisons=len(pairs))
        for i, j in pairs
    ]
    if len(pairs) < 2:
        return tuple(compared)
    tasks = list(tables[0])
    if all(table.keys() == tables[0].keys() for table in tables):
        scores = np.array([[table[task] for task in tasks] for table in tables])
        differences = np.array([scores[i] - scores[j] for i, j in pairs])
        adjusted = [float(p) for p in max_t(differences, seed).adjusted_p_values]
        method = "step-down max-T"
    else:
        adjusted = [float(p) for p in holm([_or_one(item.p_value) for item in compared])]
        method = "Holm"
    family = f"all {len(pairs)} pairs of files, {method}"
    return tuple(
        _judged(replace(item, family=family), p) for item, p in zip(compared, adjusted, strict=True)
    )


def _compare(
    files: tuple[ScoreFile, ScoreFile],
    tables: tuple[Shares, Shares],
    shared: Sequence[str],
    setting: tuple[float, int],
    num_comparisons: int,
) -> FileComparison:
    alpha, seed = setting
    first, second = (np.array([table[task] for task in shared]) for table in tables)
    n = len(shared)
    b, c = int((first > second).sum()), int((second > first).sum())
    single = all(is_single(file) for file in files)
    if single:
        test = mcnemar(b, c, n, 1 - alpha)
        interval, p_value = test.difference, test.mid_p_value
    else:
        paired = compare_means(first - second, seed, confidence=1 - alpha)
        interval, p_value = paired.difference, paired.p_value
    return FileComparison(
        first=files[0].name,
        second=files[1].name,
        unit="problems",
        test="McNemar mid-p" if single else "sign flip",
        num_shared=n,
        num_first_only=b if single else None,
        num_second_only=c if single else None,
        difference=interval.estimate,
        ci_low=interval.low,
        ci_high=interval.high,
        p_value=p_value,
        p_adjusted=p_value,
        verdict="",
        smallest_detectable=minimum_detectable_difference(
            n, _spread(first - second), alpha / num_comparisons
        ),
        alpha=alpha,
    )


def _spread(differences: NDArray[np.float64]) -> float:
    """Return the mean squared difference: for 0/1 scores the share of problems that disagree."""
    return float((differences**2).mean())


def _judged(comparison: FileComparison, p_adjusted: float | None) -> FileComparison:
    """Return the comparison with its corrected p and its verdict in fixed words."""
    if _or_one(p_adjusted) <= comparison.alpha and comparison.difference:
        verdict = "better" if comparison.difference > 0 else "worse"
    elif comparison.smallest_detectable is None:
        verdict = "underpowered"
    else:
        verdict = "no difference detected"
    return replace(comparison, p_adjusted=p_adjusted, verdict=verdict)


def _or_one(p_value: float | None) -> float:
    return 1.0 if p_value is None else p_value


def _differences(
    files: tuple[ScoreFile, ScoreFile],
    tables: tuple[Shares, Shares],
    num_shared: int,
    unit: str,
) -> Iterator[str]:
    """Yield what makes two files less comparable, in sentences."""
    rules = [{score.rule for score in file.scores} - {""} for file in files]
    if rules[0] and rules[1] and rules[0] != rules[1]:
        one, other = (" and ".join(sorted(values)) for values in rules)
        yield f"The extraction rule is not the same: {one} against {other}."
    levels = [{score.isolation for score in file.scores} - {""} for file in files]
    if levels[0] and levels[1] and levels[0] != levels[1]:
        one, other = (" and ".join(sorted(values)) for values in levels)
        yield (
            f"The cage was at different levels ({one} against {other}): a weaker one can be fooled."
        )
    alone = [len(table) - num_shared for table in tables]
    if any(alone):
        yield (
            f"Compared on the {num_shared} {unit} that both answered; {alone[0]} of the first and "
            f"{alone[1]} of the second have no partner."
        )
    for file in files:
        if numbers := _mixed_numbers(file):
            yield (
                f"{file.name} does not have as many samples for every problem ({numbers}): a "
                "problem counts by the share of its samples that pass."
            )
    unscored = sum(score.outcome == UNSCORED for file in files for score in file.scores)
    if unscored:
        yield f"{unscored} samples could not be judged and count for neither."


def _mixed_numbers(file: ScoreFile) -> str:
    """Return from how many to how many samples a problem has; empty if all have as many."""
    numbers = set(Counter(score.task_id for score in file.scores).values())
    return f"{min(numbers)} to {max(numbers)}" if len(numbers) > 1 else ""


def _first_ids(table: Shares) -> str:
    ids = list(table)
    return f"{ids[0]} … ({len(ids)})" if ids else "nothing"
