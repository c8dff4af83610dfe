"""A bare table as read -> what cannot be concluded from it, each with its reason.

What would settle a question is named with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kiyas.analysis.table_figures import TableReading, name_by_size
from kiyas.records import Finding
from kiyas.records.file_audit import ReadResult, ReportedResult
from kiyas.statistics import expected_inflation, mcnemar, minimum_detectable_difference

TYPICAL_DISAGREEMENT = 0.15
"""Share of problems on which neighbouring checkpoints of one run often disagree."""
MOST_DISAGREEMENT = 0.3
"""Share on which models of different size disagree (Qwen2.5-Coder 1.5B and 7B: 0.29)."""

_WITHOUT_INTERVAL = ("f1", "auc", "precision", "recall", "mcc")


def find_limits(reading: TableReading, *, has_alarm: bool) -> tuple[Finding, ...]:
    """Return what cannot be concluded.

    Args:
        reading: The table.
        has_alarm: Whether the base's score contradicts what is published for its weights.
    """
    return (
        *_not_ability(reading, has_alarm=has_alarm),
        *_not_told_apart(reading),
        *_best_of(reading),
        *_seeds(reading),
        *_baseline(reading),
        *_mean_over_classes(reading),
        *_latency(reading),
        *_no_interval(reading),
    )


def _not_ability(reading: TableReading, *, has_alarm: bool) -> Iterator[Finding]:
    against = [item for item in reading.comparisons if item.verdict == "beyond noise"]
    bases = {result.name for result in reading.table.results if result.role == "base"}
    gains = [item for item in against if item.second in bases and item.difference > 0]
    if not gains:
        return
    best = max(gains, key=lambda item: item.difference)
    reason = (
        "The base scores far below what is published for the same weights, so that the harness "
        "probably missed its answers: "
        if has_alarm
        else "A table of scores cannot tell ability from answer format: "
    )
    yield Finding(
        "format-or-ability",
        "alarm" if has_alarm else "warning",
        f"That training made the model better at the task (up to {100 * best.difference:.1f} "
        f"points over {best.second}). {reason}the gain may be one in the form of the answers. "
        "Score the stored completions of the base under every extraction rule (kiyas audit "
        "SAMPLES.jsonl) and under another protocol.",
        {"largest_gain": best.difference},
    )


def _not_told_apart(reading: TableReading) -> Iterator[Finding]:
    for item in reading.comparisons:
        if item.verdict not in ("within noise", "cannot be told"):
            continue
        higher, lower = name_by_size(item)
        gap = f"{100 * abs(item.difference):.1f} points"
        if item.difference == 0:
            text = f"That {item.first} and {item.second} differ: the two figures are equal."
        elif item.verdict == "within noise":
            text = (
                f"That {higher} is better than {lower}: {gap} are within noise however their "
                f"passes overlap (p at least {item.p_least or 0.0:.2g}, corrected)."
            )
        elif item.most_disagreements is None:
            text = (
                f"That {higher} is better than {lower}: whether {gap} are beyond noise depends on "
                f"how the figures were rounded (p {item.p_least or 0.0:.2g} to "
                f"{item.p_most or 0.0:.2g}, corrected). Counts would settle it."
            )
        else:
            text = (
                f"That {higher} is better than {lower}: {gap} are beyond noise only if the two "
                f"disagree on {item.most_disagreements} problems or fewer; unrelated passes would "
                f"disagree on {item.likely_disagreements} (then p = "
                f"{item.p_independent or 0.0:.2g}, corrected). Verdicts by problem would settle it."
            )
        yield Finding(
            "not-told-apart",
            "warning",
            text,
            {"difference": item.difference, "p_least": item.p_least, "p_most": item.p_most},
        )


def _best_of(reading: TableReading) -> Iterator[Finding]:
    groups: dict[str, list[tuple[ReportedResult, ReadResult]]] = {}
    for result, figure in reading.shares():
        if result.group and not result.role and figure.counts:
            groups.setdefault(result.group, []).append((result, figure))
    for name, rows in groups.items():
        n = rows[0][0].n
        if len(rows) < 2 or n is None:
            continue
        best = max(rows, key=lambda row: row[1].counts[0])
        share = best[1].counts[0] / n
        typical = expected_inflation(len(rows), TYPICAL_DISAGREEMENT, n) or 0.0
        most = expected_inflation(len(rows), 2 * share * (1 - share), n) or 0.0
        apart = _apart_from_best(rows, best, n, reading.alpha)
        yield Finding(
            "best-of-checkpoints",
            "warning",
            f"That {best[0].name} is the best of {len(rows)} of {name}, or the step to stop at: it "
            f"was chosen on the test set, where the best of {len(rows)} equal checkpoints looks "
            f"{100 * typical:.1f} points better than it is if two of them disagree on "
            f"{100 * TYPICAL_DISAGREEMENT:g} % of the problems, {100 * most:.1f} if they are "
            "unrelated. "
            + (
                f"Beyond noise in every case are only: {', '.join(apart)}."
                if apart
                else "None of the others is below it beyond noise in every case."
            ),
            {"num_checkpoints": len(rows), "typical_inflation": typical, "most_inflation": most},
        )


def _apart_from_best(
    rows: Sequence[tuple[ReportedResult, ReadResult]],
    best: tuple[ReportedResult, ReadResult],
    n: int,
    alpha: float,
) -> list[str]:
    """Return the rows that are below the best even with as many disagreements as possible."""
    top = best[1].counts[0]
    names = []
    for result, figure in rows:
        k = figure.counts[0]
        most = min(top + k, 2 * n - top - k)
        b = (most + top - k) // 2
        p_value = mcnemar(b, b - (top - k), n).mid_p_value
        is_apart = p_value is not None and p_value <= alpha / max(1, len(rows) - 1)
        if is_apart and result.name != best[0].name:
            names.append(result.name)
    return names


def _seeds(reading: TableReading) -> Iterator[Finding]:
    trained = [result for result in reading.table.results if not result.role]
    few = [result for result in trained if result.seeds is None or result.seeds < 2]
    if not few:
        return
    stated = "states no seeds" if all(r.seeds is None for r in few) else "has one seed a row"
    yield Finding(
        "seeds",
        "warning",
        f"That one method is better than another: the table {stated}. With one training run a "
        "row, a difference is one between these weights, never between the methods that made "
        "them; three seeds or more would say something about those.",
    )


def _baseline(reading: TableReading) -> Iterator[Finding]:
    if any(result.role for result in reading.table.results):
        return
    yield Finding(
        "baseline",
        "warning",
        "That the effort was worth it: no row is a cheap baseline (for texts, TF-IDF with "
        "logistic regression; for code, the untrained base), and a cheap method may do as well.",
    )


def _mean_over_classes(reading: TableReading) -> Iterator[Finding]:
    partial = {
        result.classes
        for result in reading.table.results
        if result.classes is not None and result.classes[0] < result.classes[1]
    }
    for taken, total in sorted(partial):
        yield Finding(
            "partial-mean",
            "alarm",
            f"How well the classes are ranked: the mean is over {taken} chosen classes of {total}, "
            "which is not the macro AUC; choosing other classes gives another ranking.",
            {"taken": taken, "total": total},
        )


def _latency(reading: TableReading) -> Iterator[Finding]:
    rows = [r for r in reading.table.results if "latency" in r.metric.lower()]
    bare = [r for r in rows if r.repeats is None or r.spread is None]
    if len(rows) < 2 or not bare:
        return
    values = [result.value for result in rows if result.value]
    ratio = max(values) / min(values) if values else 1.0
    yield Finding(
        "latency",
        "warning",
        f"Which is faster: {' / '.join(r.text for r in rows)} ({100 * (ratio - 1):.0f} % "
        "apart) without repetitions, spread, warm-up or interleaving says nothing.",
        {"ratio": ratio},
    )


def _no_interval(reading: TableReading) -> Iterator[Finding]:
    metrics = list(
        dict.fromkeys(
            result.metric
            for result in reading.table.results
            if not result.is_share and any(w in result.metric.lower() for w in _WITHOUT_INTERVAL)
        )
    )
    if metrics:
        yield Finding(
            "no-interval",
            "warning",
            f"Whether differences of {', '.join(metrics)} are real: these are no shares, and a "
            "table gives them no interval. The predictions would (kiyas audit preds_test.csv).",
        )
    sizes = {result.n for result, _ in reading.shares() if result.n}
    for n in sorted(sizes):
        seen, most = (
            minimum_detectable_difference(n, share, reading.alpha)
            for share in (TYPICAL_DISAGREEMENT, MOST_DISAGREEMENT)
        )
        if seen is not None and most is not None:
            yield Finding(
                "detectable",
                "note",
                f"Anything about true differences below {100 * seen:.1f} points: with {n} paired "
                f"problems and disagreement on {100 * TYPICAL_DISAGREEMENT:g} % of them, one "
                "comparison alone sees no less with 80 % power; with disagreement on "
                f"{100 * MOST_DISAGREEMENT:g} %, no less than {100 * most:.1f} points.",
                {"n": n, "smallest_detectable": seen, "smallest_at_most_disagreement": most},
            )
