"""Numbers of a classification study -> statements in plain words, loudest first.

Says only what the numbers support. With one training seed it speaks of weights, never of the base
model as such.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kiyas.analysis.wording import interval_text, points_text
from kiyas.records import Finding
from kiyas.records.classification import (
    ClassifierComparison,
    ClassifierResult,
    SearchPoint,
)
from kiyas.records.latency import LatencyReport

_LOUDNESS = {"alarm": 0, "warning": 1, "note": 2}
_CALIBRATION = 0.1
"""Calibration error from which probabilities should not be read as such."""
_FEW_ROWS = 10
"""Rows of a class below which its own figures say little."""


def make_classification_statements(
    results: Sequence[ClassifierResult],
    comparisons: Sequence[ClassifierComparison],
    search: Sequence[SearchPoint],
    latency: LatencyReport | None,
    num_seeds: int,
) -> tuple[Finding, ...]:
    """Return every statement that the numbers support."""
    statements = [
        *_against_baseline(results, comparisons),
        *_between_arms(comparisons, num_seeds),
        *_of_search(search),
        *_of_latency(latency),
        *_of_calibration(results),
        *_of_rare_classes(results),
        *_of_training(results),
    ]
    return tuple(sorted(statements, key=lambda finding: _LOUDNESS[finding.severity]))


def _against_baseline(
    results: Sequence[ClassifierResult], comparisons: Sequence[ClassifierComparison]
) -> Iterator[Finding]:
    baseline = next((item for item in results if item.is_baseline), None)
    if baseline is None:
        yield Finding(
            "no-baseline",
            "warning",
            "The study leaves the cheap baseline out, so it cannot say whether training a model "
            "was worth its cost.",
        )
        return
    reached = baseline.scores.metrics["accuracy"]
    for item in comparisons:
        if item.kind != "against-baseline" or item.metric != "accuracy":
            continue
        beats = item.verdict == "better"
        does = {"better": "beats", "worse": "falls behind"}.get(item.verdict, "does not beat")
        text = (
            f"{item.first} {does} the baseline (TF-IDF with logistic regression, accuracy "
            f"{reached.k}/{reached.n}, trained in {baseline.trained.seconds:.0f} s): "
            f"{points_text(item.difference)} points of accuracy "
            f"{interval_text(item.ci_low, item.ci_high)}, p = {_p(item.p_adjusted)} after "
            f"Holm over {len(comparisons)} comparisons."
        )
        if item.verdict == "no difference detected" and item.smallest_detectable is not None:
            text += (
                f" A true difference of {100 * item.smallest_detectable:.1f} points would have "
                "been seen four times in five."
            )
        yield Finding(
            "baseline",
            "note" if beats else "warning",
            text,
            {
                "difference": item.difference,
                "ci_low": item.ci_low,
                "ci_high": item.ci_high,
                "p_adjusted": item.p_adjusted,
            },
        )


def _between_arms(comparisons: Sequence[ClassifierComparison], num_seeds: int) -> Iterator[Finding]:
    between = [item for item in comparisons if item.kind == "between-arms"]
    for item in between:
        if item.metric != "accuracy":
            continue
        text = (
            f"{item.first} against {item.second}: {item.verdict}"
            f" ({points_text(item.difference)} points of accuracy "
            f"{interval_text(item.ci_low, item.ci_high)}, p = {_p(item.p_adjusted)}; right alone "
            f"on {item.num_first_only} and {item.num_second_only} of {item.num_rows} rows)."
        )
        yield Finding("arms", "note", text, {"difference": item.difference})
    if between and num_seeds == 1:
        yield Finding(
            "one-seed",
            "warning",
            "With one training seed an arm, a difference is one between these weights, never "
            "evidence that one base model is better.",
            {"num_seeds": num_seeds},
        )


def _of_search(search: Sequence[SearchPoint]) -> Iterator[Finding]:
    for arm in dict.fromkeys(point.arm for point in search):
        points = [point for point in search if point.arm == arm]
        chosen = next(point for point in points if point.is_chosen)
        alike = [point for point in points if point.alike and not point.is_chosen]
        text = (
            f"{arm}: {_named(chosen)} was chosen among {len(points)} points on the validation "
            f"split (accuracy {chosen.accuracy.k}/{chosen.accuracy.n})."
        )
        if alike:
            text += f" It cannot be told from {'; '.join(map(_named, alike))}."
        yield Finding(
            "search",
            "warning" if alike else "note",
            text,
            {"num_points": len(points), "num_alike": len(alike)},
        )


def _of_latency(latency: LatencyReport | None) -> Iterator[Finding]:
    if latency is None:
        return
    for ratio in latency.ratios:
        interval = (
            ""
            if ratio.ci_low is None or ratio.ci_high is None
            else f" [{_write_ratio(ratio.ci_low)}, {_write_ratio(ratio.ci_high)}]"
        )
        yield Finding(
            "latency",
            "note",
            f"Batch {ratio.batch_size}: {ratio.first} takes {_write_ratio(ratio.ratio)} "
            f"times{interval} as long as {ratio.second} on the same inputs: {ratio.verdict}.",
            {"ratio": ratio.ratio, "ci_low": ratio.ci_low, "ci_high": ratio.ci_high},
        )


def _write_ratio(ratio: float) -> str:
    """Return a ratio with two decimals, or two digits where decimals would say zero."""
    return f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.2g}"


def _of_calibration(results: Sequence[ClassifierResult]) -> Iterator[Finding]:
    for item in results:
        low = item.scores.metrics["calibration_error"].ci_low
        estimate = item.scores.metrics["calibration_error"].estimate
        if low is not None and low >= _CALIBRATION:
            yield Finding(
                "calibration",
                "warning",
                f"The probabilities of {item.trial} are off by {100 * (estimate or 0):.1f} points "
                "on average; do not read them as chances.",
                {"calibration_error": estimate},
            )


def _of_rare_classes(results: Sequence[ClassifierResult]) -> Iterator[Finding]:
    if not results:
        return
    rare = [item for item in results[0].scores.classes if item.support < _FEW_ROWS]
    if rare:
        named = ", ".join(f"{item.name} ({item.support})" for item in rare)
        yield Finding(
            "rare-classes",
            "warning",
            f"Fewer than {_FEW_ROWS} test rows: {named}. Figures of these classes say little, "
            "and a class without rows is in no average.",
            {"num_classes": len(rare)},
        )


def _of_training(results: Sequence[ClassifierResult]) -> Iterator[Finding]:
    for item in results:
        for warning in item.trained.warnings:
            yield Finding("assumption", "warning", f"{item.trial}: {warning}.")
        if item.trained.num_cut:
            yield Finding(
                "cut-rows",
                "warning",
                f"{item.trial}: {item.trained.num_cut} training rows were longer than "
                "max_seq_len and lost their end.",
                {"num_cut": item.trained.num_cut},
            )


def _named(point: SearchPoint) -> str:
    return ", ".join(f"{key} {value}" for key, value in point.values.items())


def _p(value: float | None) -> str:
    return "–" if value is None else f"{value:.2g}"
