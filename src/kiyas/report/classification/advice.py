"""Findings of a classification study -> what to do next, each sentence for a reason found there."""

from __future__ import annotations

from collections.abc import Iterator

from kiyas.records.classification import ClassificationFindings, SearchPoint
from kiyas.report.classification.names import (
    find_best,
    list_comparisons,
    name_classes,
    name_point,
    name_trials,
    write_value,
)
from kiyas.report.languages import Language

_CALIBRATION = 0.1
"""Lower end of the calibration error's interval from which probabilities need mending."""


def advise(findings: ClassificationFindings, language: Language) -> tuple[str, ...]:
    """Return the next steps, the most useful first."""
    return (
        *_which_to_use(findings, language),
        *_what_to_repeat(findings, language),
        *_what_to_search(findings, language),
        *_what_to_calibrate(findings, language),
        *_what_to_read(findings, language),
    )


def _which_to_use(findings: ClassificationFindings, language: Language) -> Iterator[str]:
    _ = language.catalogue.gettext
    against = list_comparisons(findings, "against-baseline", "accuracy")
    winners = [comparison for comparison in against if comparison.verdict == "better"]
    if not any(result.is_baseline for result in findings.results):
        yield _("Add the baseline: without it no arm is known to be worth its cost.")
    elif against and not winners:
        yield _("Use the baseline until an arm is shown to beat it.")
    elif winners:
        best = max(winners, key=lambda comparison: comparison.difference or 0.0)
        yield (
            _("Weigh what %s gains over the baseline against its time below.")
            % name_trials(findings)[best.first].name
        )


def _what_to_repeat(findings: ClassificationFindings, language: Language) -> Iterator[str]:
    _, numbers = language.catalogue.gettext, language.numbers
    by_accuracy = [c for c in findings.comparisons if c.metric == "accuracy"]
    sizes = [c.smallest_detectable for c in by_accuracy if c.smallest_detectable is not None]
    is_settled = all(c.verdict in ("better", "worse") for c in by_accuracy)
    if by_accuracy and not is_settled and sizes:
        yield (
            _(
                "True differences of accuracy below %s points would mostly stay unseen: label more "
                "test rows to settle smaller ones."
            )
            % numbers.decimal(100 * max(sizes), 1)
        )
    elif by_accuracy and not is_settled:
        yield _("The test rows are too few for these comparisons: label more.")
    seeds: dict[str, set[int | None]] = {}
    for result in findings.results:
        if not result.is_baseline:
            seeds.setdefault(result.arm, set()).add(result.seed)
    if any(len(of_arm) == 1 for of_arm in seeds.values()):
        yield _(
            "Repeat with more seeds before calling one base model better: with one seed a "
            "difference is one between these weights."
        )


def _what_to_search(findings: ClassificationFindings, language: Language) -> Iterator[str]:
    _ = language.catalogue.gettext
    for arm in dict.fromkeys(point.arm for point in findings.search):
        points = [point for point in findings.search if point.arm == arm]
        chosen = next((point for point in points if point.is_chosen), None)
        if chosen is None:
            continue
        for key in _keys_at_the_edge(chosen, points):
            yield (
                _("%(arm)s: widen the search, the chosen %(key)s %(value)s is at its edge.")
                % {
                    "arm": arm,
                    "key": key.rpartition(".")[2],
                    "value": write_value(chosen.values[key]),
                }
            )
        alike = [name_point(point) for point in points if point.alike and not point.is_chosen]
        if alike:
            yield (
                _("%(arm)s: %(chosen)s cannot be told from %(others)s; any of them would do.")
                % {"arm": arm, "chosen": name_point(chosen), "others": "; ".join(alike)}
            )


def _keys_at_the_edge(chosen: SearchPoint, points: list[SearchPoint]) -> Iterator[str]:
    """Yield the numeric keys whose chosen value is the smallest or largest of three or more."""
    for key, value in chosen.values.items():
        tried = {point.values.get(key) for point in points}
        numbers = [item for item in tried if isinstance(item, int | float)]
        if len(numbers) == len(tried) >= 3 and value in (min(numbers), max(numbers)):
            yield key


def _what_to_calibrate(findings: ClassificationFindings, language: Language) -> Iterator[str]:
    _, named = language.catalogue.gettext, name_trials(findings)
    off = []
    for result in findings.results:
        error = result.scores.metrics.get("calibration_error")
        if error is not None and error.ci_low is not None and error.ci_low >= _CALIBRATION:
            off.append(named[result.trial].name)
    if off:
        yield (_("Calibrate before probabilities are read as chances: %s.") % ", ".join(off))


def _what_to_read(findings: ClassificationFindings, language: Language) -> Iterator[str]:
    _ = language.catalogue.gettext
    best = find_best(findings)
    if best is None:
        return
    names = name_classes(findings, language)
    confused = [
        (count, true, predicted)
        for true, row in enumerate(best.scores.confusion)
        for predicted, count in enumerate(row)
        if true != predicted and count
    ]
    if not confused:
        return
    count, true, predicted = max(confused, key=lambda item: item[0])
    yield (
        _(
            "Read the items below that %(arm)s gets wrong; its most frequent error: %(true)s taken "
            "for %(predicted)s, %(count)s of %(total)s."
        )
        % {
            "arm": name_trials(findings)[best.trial].name,
            "true": names[true],
            "predicted": names[predicted],
            "count": count,
            "total": sum(best.scores.confusion[true]),
        }
    )
