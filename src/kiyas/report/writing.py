"""Findings, pages, histories and provenance -> the report's folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from kiyas.records import CodeFindings
from kiyas.report.charts import draw_loss_curve, draw_outcomes, draw_pass_curve, standalone
from kiyas.report.languages import Language, load_language
from kiyas.report.markdown import render_markdown
from kiyas.report.page import Content, read_chart_style, render_page
from kiyas.report.problem_data import pack_problems
from kiyas.report.provenance import read_provenance
from kiyas.report.records import HistoryRow, ProblemPage, ReportFiles
from kiyas.report.summary import summarise
from kiyas.report.table_files import write_csv_files, write_latex
from kiyas.report.tables import (
    Table,
    tabulate_checkpoints,
    tabulate_comparisons,
    tabulate_leaderboard,
    tabulate_outcomes,
    tabulate_rules,
)
from kiyas.run_folder import write_text


def write_report(
    findings: CodeFindings,
    pages: Sequence[ProblemPage],
    histories: Mapping[str, Sequence[HistoryRow]],
    provenance: Mapping[str, object],
    folder: Path,
    *,
    language: str = "en",
) -> ReportFiles:
    """Write the HTML report, its Markdown twin, tables and figures.

    The same input gives the same bytes. Every text is shown as text, whatever it holds.

    Args:
        findings: Every number of the report.
        pages: All problems with the answers of every checkpoint.
        histories: Training history by name of trial.
        provenance: Versions, hashes, machine; ``commands`` or ``command`` repeat the study.
        folder: Where to write; made if missing.
        language: Code of the report's language.

    Raises:
        RunFolderError: The folder cannot be written.
        KiyasError: The report does not speak the language.
    """
    spoken = load_language(language)
    charts = (
        draw_pass_curve(findings, spoken),
        draw_loss_curve(findings, histories, spoken),
        draw_outcomes(findings, spoken),
    )
    content = Content(
        findings=findings,
        language=spoken,
        summary=summarise(findings, spoken),
        tables=_tabulate(findings, spoken),
        charts=tuple(chart for chart in charts if chart is not None),
        provenance=read_provenance(provenance),
    )
    block = pack_problems(pages, [score.checkpoint.label for score in findings.checkpoints])
    texts = {"index.html": render_page(content, block), "report.md": render_markdown(content)}
    tables = write_csv_files(findings, pages, histories)
    tables["leaderboard.tex"] = write_latex(content.tables["leaderboard"])
    texts |= {f"tables/{name}": text for name, text in tables.items()}
    style = read_chart_style()
    figures = {f"figures/{chart.name}.svg": standalone(chart, style) for chart in content.charts}
    for name, text in {**texts, **figures}.items():
        write_text(folder / name, _encodable(text))
    return ReportFiles(
        index=folder / "index.html",
        markdown=folder / "report.md",
        tables=tuple(folder / "tables" / name for name in tables),
        figures=tuple(folder / name for name in figures),
    )


def _tabulate(findings: CodeFindings, language: Language) -> dict[str, Table]:
    tables = (
        tabulate_leaderboard(findings, language),
        tabulate_comparisons(findings, "against-base", language),
        tabulate_comparisons(findings, "between-arms", language),
        tabulate_checkpoints(findings, language),
        tabulate_outcomes(findings, language),
        tabulate_rules(findings, language),
    )
    return {table.name: table for table in tables if table.rows}


def _encodable(text: str) -> str:
    """Return the text with half surrogates written out, which UTF-8 cannot hold."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
