"""Content and setup -> the chapters of a technical report, in the order of reference study 2's.

Summary, architecture, data and method, results, interpretation, recommendations, and how the
numbers were made. Decides nothing: every sentence was chosen by the verdicts when the content was
made, and every table and chart is the page's own.
"""

from __future__ import annotations

from dataclasses import replace

from kiyas.records.setup import StudySetup
from kiyas.report.parts import Chart, Content, Gap, Section, Table
from kiyas.report.technical.records import Chapter, Paragraph
from kiyas.report.technical.setup_tables import (
    tabulate_adapters,
    tabulate_models,
    tabulate_settings,
)
from kiyas.report.vocabulary import translate_severity

_RESULTS = frozenset(
    "results comparisons training classes-section calibration latency cost".split()
)
"""Sections that say what came out; every other one helps to read it."""

_MOST_ROWS = 30
"""Rows of a table on paper; the page and the CSV files have all."""


def make_chapters(content: Content, setup: StudySetup) -> tuple[Chapter, ...]:
    """Return all chapters in the content's language."""
    _ = content.language.catalogue.gettext
    sections = [_shorten_section(section, content) for section in content.sections]
    question = (Paragraph(setup.question, _("Question")),) if setup.question else ()
    answers = tuple(
        Paragraph(" ".join(part.sentences), part.question)
        for part in content.summary
        if part.sentences and part.sentences != content.advice
    )
    return (
        Chapter(_("Summary"), (*question, *answers)),
        Chapter(_("Architecture"), (), _architecture(setup, content)),
        Chapter(_("Data and method"), _method(content), _data(setup, content)),
        Chapter(_("Results"), (), tuple(s for s in sections if s.name in _RESULTS)),
        Chapter(
            _("Interpretation"),
            _statements(content),
            tuple(s for s in sections if s.name not in _RESULTS),
        ),
        Chapter(_("Recommendations"), tuple(Paragraph(text) for text in content.advice)),
        Chapter(
            _("How the numbers were made"),
            tuple(Paragraph(method.text, method.title) for method in content.methods),
        ),
    )


def _architecture(setup: StudySetup, content: Content) -> tuple[Section, ...]:
    _ = content.language.catalogue.gettext
    return (
        Section("models", _("Base models"), (tabulate_models(setup, content.language),)),
        Section("adapters", _("Adapters"), (tabulate_adapters(setup, content.language),)),
    )


def _data(setup: StudySetup, content: Content) -> tuple[Section, ...]:
    _ = content.language.catalogue.gettext
    settings = tabulate_settings(setup, content.language)
    return (Section("settings", _("Settings"), (settings,)),)


def _method(content: Content) -> tuple[Paragraph, ...]:
    _ = content.language.catalogue.gettext
    notice = (Paragraph(content.notice.text),) if content.notice else ()
    commands = tuple(Paragraph(text, _("To repeat it")) for text in content.provenance.commands)
    return (Paragraph("; ".join(content.facts), _("What was tested")), *notice, *commands)


def _statements(content: Content) -> tuple[Paragraph, ...]:
    catalogue = content.language.catalogue
    return tuple(
        Paragraph(statement.text, translate_severity(statement.severity, catalogue))
        for statement in content.statements
    )


def _shorten_section(section: Section, content: Content) -> Section:
    blocks = tuple(_shorten(block, content) for block in section.blocks)
    return replace(section, blocks=blocks)


def _shorten(block: Table | Chart | Gap, content: Content) -> Table | Chart | Gap:
    """Return a block that fits on paper: long tables cut and told so, a chart without its table."""
    if isinstance(block, Chart):
        return replace(block, table=None)
    if isinstance(block, Gap) or len(block.rows) <= _MOST_ROWS:
        return block
    left_out = content.language.catalogue.gettext(
        "The first %(shown)s of %(all)s rows; the page has all."
    ) % {"shown": _MOST_ROWS, "all": len(block.rows)}
    note = f"{block.note} {left_out}" if block.note else left_out
    return replace(block, rows=block.rows[:_MOST_ROWS], note=note)
