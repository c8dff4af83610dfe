"""What a study was made of -> the tables of architecture and method."""

from __future__ import annotations

from kiyas.records.setup import StudySetup
from kiyas.report.languages import Language
from kiyas.report.numbers import DASH
from kiyas.report.parts import Cell, Column, Table


def tabulate_models(setup: StudySetup, language: Language) -> Table:
    """Return the sizes of the bases."""
    _, count = language.catalogue.gettext, language.numbers.count
    columns = (
        Column(_("base model"), numeric=False),
        Column(_("parameters")),
        Column(_("layers")),
        Column(_("width")),
        Column(_("vocabulary")),
    )
    rows = tuple(
        (
            Cell(model.name),
            Cell(count(model.num_parameters)),
            Cell(count(model.num_layers)),
            Cell(count(model.hidden_size)),
            Cell(count(model.vocab_size)),
        )
        for model in setup.models
    )
    return Table("base-models", _("Base models"), columns, rows)


def tabulate_adapters(setup: StudySetup, language: Language) -> Table:
    """Return what each arm trains, and on what."""
    _, numbers = language.catalogue.gettext, language.numbers
    sizes = {model.name: model.num_parameters for model in setup.models}
    columns = (
        Column(_("arm"), numeric=False),
        Column(_("base model"), numeric=False),
        Column(_("training data"), numeric=False),
        Column(_("trained weights (LoRA)")),
        Column(_("share of the base")),
    )
    rows = []
    for arm in setup.arms:
        size = sizes.get(arm.base)
        share = arm.num_trainable / size if arm.num_trainable is not None and size else None
        rows.append(
            (
                Cell(arm.name),
                Cell(arm.base or DASH),
                Cell(arm.data or _("not trained")),
                Cell(numbers.count(arm.num_trainable)),
                Cell(numbers.share(share)),
            )
        )
    return Table("arms", _("Arms"), columns, tuple(rows))


def tabulate_settings(setup: StudySetup, language: Language) -> Table:
    """Return the settings that all arms share."""
    _ = language.catalogue.gettext
    columns = (Column(_("key"), numeric=False), Column(_("value"), numeric=False))
    rows = tuple((Cell(key), Cell(value)) for key, value in setup.settings)
    note = _("Keys of the study file; an arm may replace some.")
    return Table("settings", _("Settings"), columns, rows, note)
