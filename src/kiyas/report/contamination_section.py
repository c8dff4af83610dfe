"""Contamination findings -> the report's section on what training sets share with the benchmark."""

from __future__ import annotations

from kiyas.records.contamination import ContaminationFindings, TrainingSetOverlap
from kiyas.report.languages import Catalogue, Language
from kiyas.report.parts import Cell, Column, Method, Section, Table


def make_contamination_section(
    found: ContaminationFindings, language: Language
) -> tuple[Section, ...]:
    """Return the section."""
    _ = language.catalogue.gettext
    tables = (
        tabulate_sets(found, language),
        tabulate_overlaps(found, language),
        tabulate_scores(found, language),
    )
    blocks = tuple(table for table in tables if table.rows)
    return (Section("contamination", _("Contamination"), blocks),)


def tabulate_sets(found: ContaminationFindings, language: Language) -> Table:
    """Return what was found in each training set."""
    _ = language.catalogue.gettext
    columns = (
        Column(_("arm"), numeric=False),
        Column(_("training set"), numeric=False),
        Column(_("benchmark in it"), "contamination", numeric=False),
        Column(_("rows read")),
        Column(_("problems found")),
    )
    note = " ".join(
        (
            _("“Not found” is no promise: rewordings and translations are not seen."),
            _("%(short)s of %(all)s reference solutions are too short to be compared as code.")
            % {"short": found.num_without_code, "all": found.num_problems},
        )
    )
    rows = tuple(_set_row(item, found.num_problems, language) for item in found.sets)
    return Table("training-sets", _("The benchmark in the training sets"), columns, rows, note)


def _set_row(item: TrainingSetOverlap, num_problems: int, language: Language) -> tuple[Cell, ...]:
    _ = language.catalogue.gettext
    statuses = {
        "found": _("found"),
        "not found": _("not found"),
        "not checked": _("not checked"),
    }
    is_checked = item.status != "not checked"
    reason = _(item.reason) if item.reason else ""
    return (
        Cell(item.arm),
        Cell(item.source),
        Cell(statuses[item.status], reason, "worse" if item.overlaps else ""),
        Cell(language.numbers.count(item.num_rows if is_checked else None)),
        Cell(
            f"{len(item.overlaps)}/{num_problems}" if is_checked else language.numbers.count(None)
        ),
    )


def tabulate_overlaps(found: ContaminationFindings, language: Language) -> Table:
    """Return every problem that was found in a training set."""
    _ = language.catalogue.gettext
    kinds = {
        "prompt": _("prompt"),
        "solution": _("solution"),
        "test": _("test"),
        "same code": _("same code"),
    }
    columns = (
        Column(_("problem"), numeric=False),
        Column(_("arm"), numeric=False),
        Column(_("what is shared"), "contamination", numeric=False),
        Column(_("rows")),
        Column(_("first row")),
        Column(_("shared words"), numeric=False),
    )
    rows = tuple(
        (
            Cell(overlap.task_id),
            Cell(item.arm),
            Cell(", ".join(kinds.get(kind, kind) for kind in overlap.kinds)),
            Cell(language.numbers.count(overlap.num_rows)),
            Cell(language.numbers.count(overlap.first_row)),
            Cell(overlap.excerpt),
        )
        for item in found.sets
        for overlap in item.overlaps
    )
    return Table("overlaps", _("Problems found in training sets"), columns, rows)


def tabulate_scores(found: ContaminationFindings, language: Language) -> Table:
    """Return every checkpoint's score with and without the flagged problems."""
    _ = language.catalogue.gettext
    columns = (
        Column(_("checkpoint"), numeric=False),
        Column(_("all problems"), "pass-at-1"),
        Column(_("without those found"), "pass-at-1"),
        Column(_("those found alone"), "pass-at-1"),
    )
    rows = tuple(
        (
            Cell(score.checkpoint),
            *(
                Cell(language.numbers.proportion(share))
                for share in (score.all_problems, score.unflagged, score.flagged)
            ),
        )
        for score in found.scores
    )
    note = _("Problems found in any set are left out for every checkpoint.")
    return Table("scores-without", _("Scores with and without them"), columns, rows, note)


def explain_contamination(found: ContaminationFindings, catalogue: Catalogue) -> tuple[Method, ...]:
    """Return how the search was made."""
    _ = catalogue.gettext
    return (
        Method(
            "contamination",
            _("Contamination"),
            _(
                "Every training row is searched for sequences of %s words that a problem's prompt, "
                "solution or test holds, without regard to case and punctuation (Brown et al. "
                "2020), and for functions that are the reference solution but for names, layout "
                "and comments. Sequences that more than ten problems share are left out. What the "
                "base was pretrained on is not looked at."
            )
            % found.words_a_sequence,
        ),
    )
