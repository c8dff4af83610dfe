"""Everything a report says -> the files of the report's folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kiyas.records.setup import StudySetup
from kiyas.report.markdown import render_markdown
from kiyas.report.page import read_chart_style, render_page
from kiyas.report.parts import Content
from kiyas.report.png import draw_png
from kiyas.report.records import ReportFiles
from kiyas.report.svg import standalone
from kiyas.report.technical import make_chapters, render_technical_markdown, render_word
from kiyas.run_folder import write_bytes

TECHNICAL_REPORT = "technical-report"


def write_files(
    content: Content, tables: Mapping[str, str], folder: Path, setup: StudySetup | None = None
) -> ReportFiles:
    """Write the page, its Markdown twin, the tables, the charts and the technical report.

    Args:
        content: What the report says.
        tables: Text of each file of ``tables/`` by name.
        folder: Where to write; made if missing.
        setup: What the study was made of; without it there is no technical report.

    Raises:
        RunFolderError: The folder cannot be written.
    """
    style = read_chart_style()
    svgs = {chart.name: _encode(standalone(chart.svg, style)) for chart in content.charts}
    pngs = {name: draw_png(svg.decode()) for name, svg in svgs.items()}
    technical = _technical(content, setup, pngs) if setup else {}
    files = {
        "index.html": _encode(render_page(content)),
        "report.md": _encode(render_markdown(content)),
        **{f"tables/{name}": _encode(text) for name, text in tables.items()},
        **{f"figures/{name}.svg": svg for name, svg in svgs.items()},
        **{f"figures/{name}.png": png for name, png in pngs.items()},
        **technical,
    }
    for name, written in files.items():
        write_bytes(folder / name, written)
    return ReportFiles(
        index=folder / "index.html",
        markdown=folder / "report.md",
        tables=tuple(folder / "tables" / name for name in tables),
        figures=tuple(folder / f"figures/{name}.svg" for name in svgs),
        technical=tuple(folder / name for name in technical),
    )


def _technical(content: Content, setup: StudySetup, pngs: Mapping[str, bytes]) -> dict[str, bytes]:
    chapters = make_chapters(content, setup)
    title = content.language.catalogue.gettext("%s: technical report") % content.study
    return {
        f"{TECHNICAL_REPORT}.md": _encode(render_technical_markdown(title, chapters)),
        f"{TECHNICAL_REPORT}.docx": render_word(title, chapters, pngs, content.language.code),
    }


def _encode(text: str) -> bytes:
    """Return the text as UTF-8, half surrogates written out, which UTF-8 cannot hold."""
    return text.encode("utf-8", "backslashreplace")
