"""Everything a report says -> the files of the report's folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kiyas.report.markdown import render_markdown
from kiyas.report.page import read_chart_style, render_page
from kiyas.report.parts import Content
from kiyas.report.records import ReportFiles
from kiyas.report.svg import standalone
from kiyas.run_folder import write_text


def write_files(content: Content, tables: Mapping[str, str], folder: Path) -> ReportFiles:
    """Write the page, its Markdown twin, the tables and the charts.

    Args:
        content: What the report says.
        tables: Text of each file of ``tables/`` by name.
        folder: Where to write; made if missing.

    Raises:
        RunFolderError: The folder cannot be written.
    """
    style = read_chart_style()
    figures = {
        f"figures/{chart.name}.svg": standalone(chart.svg, style) for chart in content.charts
    }
    texts = {
        "index.html": render_page(content),
        "report.md": render_markdown(content),
        **{f"tables/{name}": text for name, text in tables.items()},
        **figures,
    }
    for name, text in texts.items():
        write_text(folder / name, _encodable(text))
    return ReportFiles(
        index=folder / "index.html",
        markdown=folder / "report.md",
        tables=tuple(folder / "tables" / name for name in tables),
        figures=tuple(folder / name for name in figures),
    )


def _encodable(text: str) -> str:
    """Return the text with half surrogates written out, which UTF-8 cannot hold."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
