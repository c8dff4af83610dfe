"""Findings, test texts and provenance of a classification study -> the report's folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kiyas.records.classification import ClassificationFindings
from kiyas.report.classification.advice import advise
from kiyas.report.classification.item_drawer import make_item_drawer
from kiyas.report.classification.methods import explain_classification_methods
from kiyas.report.classification.sections import make_sections
from kiyas.report.classification.summary import summarise_classification
from kiyas.report.classification.table_files import write_table_files
from kiyas.report.cost_file import write_cost_file
from kiyas.report.costs_section import explain_costs
from kiyas.report.files import write_files
from kiyas.report.languages import Language, load_language
from kiyas.report.parts import Content
from kiyas.report.provenance import read_provenance
from kiyas.report.records import Origin, ReportFiles
from kiyas.report.statements import restate
from kiyas.report.vocabulary import name_level


def write_classification_report(
    findings: ClassificationFindings,
    texts: Sequence[str],
    origin: Origin,
    folder: Path,
    *,
    language: str = "en",
) -> ReportFiles:
    """Write the report of a classification study: page, Markdown, tables, figures, technical one.

    The same input gives the same bytes. Every text is shown as text, whatever it holds. What the
    findings lack is said where it would stand.

    Args:
        findings: Every number of the report, with labels, predictions and histories.
        texts: (N,) texts of the test rows, in the order of the predictions; none if they are not
            to be had.
        origin: Where the numbers come from.
        folder: Where to write; made if missing.
        language: Code of the report's language.

    Raises:
        RunFolderError: The folder cannot be written.
        KiyasError: The report does not speak the language.
    """
    spoken = load_language(language)
    content = Content(
        study=findings.study,
        language=spoken,
        facts=_facts(findings, spoken),
        summary=summarise_classification(findings, spoken),
        statements=restate(findings.findings, spoken),
        sections=make_sections(findings, spoken),
        drawer=make_item_drawer(findings, texts, spoken),
        methods=(
            *explain_classification_methods(findings.confidence, spoken.catalogue),
            *explain_costs(findings.costs, spoken.catalogue),
        ),
        provenance=read_provenance(origin.provenance),
        advice=advise(findings, spoken),
    )
    tables = write_table_files(findings, content.tables) | write_cost_file(findings.costs)
    return write_files(content, tables, folder, origin.setup)


def _facts(findings: ClassificationFindings, language: Language) -> tuple[str, ...]:
    _, count = language.catalogue.gettext, language.numbers.count
    return (
        _("%s classes") % len(findings.class_names),
        _("%s training rows") % count(findings.num_train),
        _("%s validation rows") % count(findings.num_validation),
        _("%s test rows") % count(findings.num_test),
        name_level(findings.confidence, language.catalogue),
    )
