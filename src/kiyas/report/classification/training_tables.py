"""Search, training and epochs of a classification study -> tables as records."""

from __future__ import annotations

from kiyas.records.classification import ClassificationFindings
from kiyas.report.classification.names import name_point, name_trials, write_value
from kiyas.report.classification.tables import write_metric
from kiyas.report.languages import Language
from kiyas.report.numbers import DASH
from kiyas.report.parts import Cell, Column, Table


def tabulate_search(findings: ClassificationFindings, language: Language) -> Table:
    """Return every point of the search with its validation figures."""
    _ = language.catalogue.gettext
    columns = (
        Column(_("point"), numeric=False),
        Column(_("arm"), numeric=False),
        Column(_("validation accuracy"), "accuracy"),
        Column(_("what it was chosen by"), "search"),
        Column(_("against the chosen point"), "search", numeric=False),
        Column(_("stopped early"), numeric=False),
    )
    rows = []
    for point in findings.search:
        against = _("cannot be told apart") if point.alike else _("told apart")
        rows.append(
            (
                Cell(name_point(point)),
                Cell(point.arm),
                Cell(write_metric(point.accuracy, language)),
                Cell(write_metric(point.metric, language)),
                Cell(_("chosen"), mark="best") if point.is_chosen else Cell(against),
                Cell(_("yes") if point.stopped_early else _("no")),
            )
        )
    caption = _("Every point of the search, on %s validation rows") % language.numbers.count(
        findings.num_validation
    )
    return Table("search-points", caption, columns, tuple(rows))


def tabulate_training(findings: ClassificationFindings, language: Language) -> Table:
    """Return how each tested trial was trained."""
    _ = language.catalogue.gettext
    numbers, named = language.numbers, name_trials(findings)
    columns = (
        Column(_("arm"), numeric=False),
        Column(_("chosen settings"), numeric=False),
        Column(_("epochs")),
        Column(_("kept epoch")),
        Column(_("trained weights")),
        Column(_("rows cut")),
        Column(_("precision of numbers"), numeric=False),
        Column(_("training, s")),
    )
    rows = []
    for result in findings.results:
        trained = result.trained
        settings = {**result.settings, **trained.chosen}
        told = ", ".join(f"{k.rpartition('.')[2]} {write_value(v)}" for k, v in settings.items())
        epochs = numbers.count(trained.num_epochs) if trained.num_epochs else DASH
        rows.append(
            (
                Cell(named[result.trial].name),
                Cell(told or DASH),
                Cell(epochs, _("stopped early") if trained.stopped_early else ""),
                Cell(numbers.count(trained.best_epoch)),
                Cell(numbers.count(trained.num_trainable)),
                Cell(numbers.count(trained.num_cut)),
                Cell(trained.precision),
                Cell(numbers.decimal(trained.seconds, 1)),
            )
        )
    return Table("training-table", _("How each arm was trained"), columns, tuple(rows))


def tabulate_epochs(findings: ClassificationFindings, language: Language) -> Table:
    """Return loss and accuracy by epoch."""
    _ = language.catalogue.gettext
    numbers, named = language.numbers, name_trials(findings)
    columns = (
        Column(_("arm"), numeric=False),
        Column(_("epoch")),
        Column(_("training loss")),
        Column(_("validation loss")),
        Column(_("training accuracy")),
        Column(_("validation accuracy")),
        Column(_("validation F1, macro")),
    )
    rows = [
        (
            Cell(named[result.trial].name),
            Cell(str(row.epoch), _("kept") if row.epoch == result.trained.best_epoch else ""),
            Cell(numbers.decimal(row.train_loss, 3)),
            Cell(numbers.decimal(row.val_loss, 3)),
            Cell(numbers.share(row.train_accuracy)),
            Cell(numbers.share(row.val_accuracy)),
            Cell(numbers.decimal(row.val_f1_macro, 3)),
        )
        for result in findings.results
        for row in result.history
    ]
    return Table("epochs", _("Every epoch"), columns, tuple(rows))
