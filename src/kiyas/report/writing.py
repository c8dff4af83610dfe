"""Findings, pages, histories and provenance of a code study -> the report's folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from kiyas.records import CodeFindings
from kiyas.report.advice import advise_code
from kiyas.report.audit_sections import audit_section, trajectory_sections
from kiyas.report.audit_vocabulary import explain_audit
from kiyas.report.charts import draw_loss_curve, draw_outcomes, draw_pass_curve
from kiyas.report.cost_file import write_cost_file
from kiyas.report.costs_section import explain_costs, make_costs_section
from kiyas.report.files import write_files
from kiyas.report.languages import Language, load_language
from kiyas.report.leading import cut_long_tables, keep_leading, say_what_is_shown
from kiyas.report.noise_section import explain_noise, make_noise_section
from kiyas.report.parts import Chart, Content, Gap, Notice, Section, Table
from kiyas.report.problem_data import make_problem_drawer
from kiyas.report.provenance import read_provenance
from kiyas.report.records import HistoryRow, Origin, ProblemPage, ReportFiles
from kiyas.report.statements import restate
from kiyas.report.summary import summarise
from kiyas.report.table_files import write_csv_files
from kiyas.report.table_texts import write_latex
from kiyas.report.tables import (
    tabulate_checkpoints,
    tabulate_comparisons,
    tabulate_leaderboard,
    tabulate_outcomes,
    tabulate_rules,
)
from kiyas.report.text_files import write_text_files
from kiyas.report.text_sections import explain_texts, make_text_sections
from kiyas.report.trials import group_by_trial
from kiyas.report.vocabulary import describe_isolation, explain_methods, name_level


def write_report(
    findings: CodeFindings,
    pages: Sequence[ProblemPage],
    histories: Mapping[str, Sequence[HistoryRow]],
    origin: Origin,
    folder: Path,
    *,
    language: str = "en",
) -> ReportFiles:
    """Write the HTML report, its Markdown twin, tables, figures and the technical report.

    The same input gives the same bytes. Every text is shown as text, whatever it holds.

    Args:
        findings: Every number of the report.
        pages: All problems with the answers of every checkpoint.
        histories: Training history by name of trial.
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
        notice=Notice(
            describe_isolation(findings.isolation, spoken.catalogue), findings.isolation == "weak"
        ),
        facts=_facts(findings, spoken),
        summary=summarise(findings, spoken),
        statements=restate(findings.findings, spoken),
        sections=tuple(
            cut_long_tables(section, spoken) for section in _sections(findings, histories, spoken)
        ),
        drawer=make_problem_drawer(findings, pages, spoken),
        methods=(
            *explain_methods(findings.confidence, spoken.catalogue),
            *explain_audit(spoken.catalogue),
            *explain_noise(findings.decoding_noise, spoken.catalogue),
            *explain_texts(findings, spoken.catalogue),
            *explain_costs(findings.costs, spoken.catalogue),
        ),
        provenance=read_provenance(origin.provenance),
        advice=advise_code(findings, spoken),
    )
    tables = write_csv_files(findings, pages, histories) | write_text_files(findings)
    tables |= write_cost_file(findings.costs)
    tables["leaderboard.tex"] = write_latex(content.tables["leaderboard"])
    return write_files(content, tables, folder, origin.setup)


def _facts(findings: CodeFindings, language: Language) -> tuple[str, ...]:
    _, ngettext = language.catalogue.gettext, language.catalogue.ngettext
    samples = ngettext("%s completion a problem", "%s completions a problem", findings.num_samples)
    return (
        findings.benchmark,
        ngettext("%s problem", "%s problems", findings.num_problems) % findings.num_problems,
        samples % findings.num_samples,
        f"{_('protocol')} {findings.protocol}",
        name_level(findings.confidence, language.catalogue),
    )


def _sections(
    findings: CodeFindings, histories: Mapping[str, Sequence[HistoryRow]], language: Language
) -> tuple[Section, ...]:
    _ = language.catalogue.gettext
    leading = keep_leading(findings)
    results = _present(tabulate_leaderboard(findings, language), draw_pass_curve(leading, language))
    comparisons = _present(
        tabulate_comparisons(findings, "against-base", language),
        tabulate_comparisons(findings, "between-arms", language),
    )
    return (
        Section("results", _("Results"), (*say_what_is_shown(findings, language), *results)),
        Section("comparisons", _("Comparisons"), comparisons or (Gap(_("None.")),)),
        make_noise_section(findings.decoding_noise, language),
        audit_section(findings, language),
        *trajectory_sections(leading, language),
        Section(
            "training",
            _("Training"),
            _present(
                draw_loss_curve(leading, histories, language),
                tabulate_checkpoints(leading, language),
            ),
        ),
        Section(
            "outcome-section",
            _("Outcomes"),
            _present(
                draw_outcomes(leading, language),
                tabulate_outcomes(leading, language),
                tabulate_rules(leading, language),
            ),
        ),
        *make_text_sections(leading, language),
        make_costs_section(
            findings.costs, {item.trial: item.title for item in group_by_trial(findings)}, language
        ),
    )


def _present(*blocks: Table | Chart | None) -> tuple[Table | Chart, ...]:
    """Return the charts that could be drawn and the tables that have rows."""
    return tuple(
        block
        for block in blocks
        if block is not None and not (isinstance(block, Table) and not block.rows)
    )
