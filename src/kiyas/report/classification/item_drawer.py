"""Test texts and predictions -> the drawer of a classification study."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kiyas.records.classification import ClassificationFindings, ClassifierResult
from kiyas.report.classification.names import find_best, name_classes, name_trials
from kiyas.report.drawer import Choice, Drawer, shared_messages
from kiyas.report.entry_block import EntryBlock, TextStore, pack_entries
from kiyas.report.languages import Catalogue, Language

_NUM_SHOWN = 8
"""Classes whose probability is kept for an item and arm, the largest ones."""


def make_item_drawer(
    findings: ClassificationFindings, texts: Sequence[str], language: Language
) -> Drawer:
    """Return the browser of all test rows with every arm's prediction and probabilities.

    Args:
        findings: Labels, predictions and probabilities of every trial.
        texts: (N,) texts of the test rows; none if they are not to be had.
        language: How to say it.
    """
    _ = language.catalogue.gettext
    titles = [series.name for series in name_trials(findings).values()]
    return Drawer(
        name="items",
        title=_("Items"),
        intro=_(
            "Every test item with its label, and what each arm predicted with which probability. "
            "Keys: j and k go to the next and the previous item, / searches."
        ),
        block=_pack(findings, texts, titles, name_classes(findings, language)),
        choices=_choices(language.catalogue),
        legend={"passed": _("right"), "failed": _("wrong")},
        legend_note=_("One mark an arm, in the order of the tables."),
        without_script=_("The items need JavaScript, which this page runs without any network."),
        on_paper=_("The items can be read in the HTML file."),
        script="items",
        first=_first(findings),
        second=_second(findings),
        messages=_messages(language.catalogue),
    )


def _pack(
    findings: ClassificationFindings,
    texts: Sequence[str],
    titles: list[str],
    classes: Sequence[str],
) -> EntryBlock:
    num_rows = len(findings.results[0].labels) if findings.results else 0

    def gather(store: TextStore) -> dict[str, Any]:
        items = [
            {
                "number": row + 1,
                "label": findings.results[0].labels[row],
                "text": store.add(texts[row]) if row < len(texts) else None,
                "answers": [_pack_answer(result, row) for result in findings.results],
            }
            for row in range(num_rows)
        ]
        return {"labels": titles, "classes": list(classes), "entries": items}

    return pack_entries(gather)


def _pack_answer(result: ClassifierResult, row: int) -> list[Any]:
    """Return prediction, probability of the truth, and the largest ones, as ``items.js`` reads."""
    probabilities = result.probabilities[row]
    order = sorted(range(len(probabilities)), key=lambda label: -probabilities[label])
    shown = [[label, round(probabilities[label], 4)] for label in order[:_NUM_SHOWN]]
    return [result.predictions[row], round(probabilities[result.labels[row]], 4), shown]


def _first(findings: ClassificationFindings) -> str:
    """Return the baseline's title, or that of the first trial."""
    titles = name_trials(findings)
    baselines = [result.trial for result in findings.results if result.is_baseline]
    trials = [*baselines, *titles]
    return titles[trials[0]].name if trials else ""


def _second(findings: ClassificationFindings) -> str:
    """Return the title of the best trial that is no baseline, or of any."""
    best = find_best(findings)
    if best is None:
        return ""
    if best.is_baseline:
        trained = [result for result in findings.results if not result.is_baseline]
        best = trained[0] if trained else best
    return name_trials(findings)[best.trial].name


def _choices(catalogue: Catalogue) -> tuple[Choice, ...]:
    _ = catalogue.gettext
    changes = {
        "gained": _("gained"),
        "lost": _("lost"),
        "both": _("both right"),
        "neither": _("neither right"),
        "outcome": _("another prediction"),
    }
    return (
        Choice("change", _("Change"), changes),
        Choice("verdict", _("“To” is"), {"right": _("right"), "wrong": _("wrong")}),
        Choice("truth", _("True class"), {}),
        Choice("predicted", _("Predicted by “To”"), {}),
    )


def _messages(catalogue: Catalogue) -> dict[str, str]:
    _ = catalogue.gettext
    return {
        **shared_messages(catalogue),
        "shown": _("{shown} of {all} items"),
        "none": _("No item matches."),
        "broken": _("This browser cannot unpack the items; use one from 2023 or later."),
        "item": _("Item {number}"),
        "text": _("Text"),
        "noText": _("The text of this item is not there."),
        "truth": _("true class"),
        "right": _("right"),
        "wrong": _("wrong"),
        "ofTruth": _("probability of the true class"),
        "probabilities": _("Probabilities"),
    }
