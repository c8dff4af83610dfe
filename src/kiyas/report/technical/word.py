"""Chapters and drawings -> a Word document.

Every text is put in as text; characters that XML cannot hold are replaced, whatever wrote them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kiyas.report.parts import Chart, Gap, Table
from kiyas.report.technical.records import Chapter, Paragraph

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import _Cell

_NOT_XML = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WIDTH_CM = 17.0
_SMALL_PT = 8
_YEAR_ZERO = datetime(2000, 1, 1, tzinfo=UTC)
"""Written as the document's date: the same report is the same document."""


def render_word(
    title: str, chapters: Sequence[Chapter], drawings: Mapping[str, bytes], language: str
) -> bytes:
    """Return the bytes of a ``.docx`` file.

    Args:
        title: What stands on top.
        chapters: What it says.
        drawings: PNG of each chart by name.
        language: BCP 47 code, for spelling and hyphenation.
    """
    document = _begin(title, language)
    for number, chapter in enumerate(chapters, 1):
        document.add_heading(_plain(f"{number}. {chapter.title}"), level=1)
        for paragraph in chapter.paragraphs:
            _add_paragraph(document, paragraph)
        for section in chapter.sections:
            document.add_heading(_plain(section.title), level=2)
            for block in section.blocks:
                _add_block(document, block, drawings)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _begin(title: str, language: str) -> Document:
    import docx
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm((21.0 - _WIDTH_CM) / 2)
    normal = document.styles["Normal"]
    normal.font.size = Pt(10)
    fonts = normal.element.get_or_add_rPr()
    spoken = fonts.makeelement(qn("w:lang"), {qn("w:val"): language})
    fonts.append(spoken)
    properties = document.core_properties
    properties.title, properties.author, properties.language = _plain(title), "kiyas", language
    properties.created = properties.modified = _YEAR_ZERO
    document.add_heading(_plain(title), level=0)
    return document


def _add_paragraph(document: Document, paragraph: Paragraph) -> None:
    written = document.add_paragraph()
    if paragraph.lead:
        written.add_run(_plain(paragraph.opening)).bold = True
    written.add_run(_plain(paragraph.text))


def _add_block(
    document: Document, block: Table | Chart | Gap, drawings: Mapping[str, bytes]
) -> None:
    if isinstance(block, Table):
        _add_table(document, block)
    elif isinstance(block, Gap):
        document.add_paragraph().add_run(_plain(block.text)).italic = True
    else:
        _add_chart(document, block, drawings)


def _add_chart(document: Document, chart: Chart, drawings: Mapping[str, bytes]) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Cm

    _add_caption(document, chart.title)
    picture = document.add_picture(io.BytesIO(drawings[chart.name]), width=Cm(_WIDTH_CM))
    properties = picture._inline.find(qn("wp:docPr"))
    properties.set("descr", _plain(chart.title))
    _add_note(document, chart.note)


def _add_table(document: Document, table: Table) -> None:
    _add_caption(document, table.caption)
    drawn = document.add_table(rows=1 + len(table.rows), cols=len(table.columns))
    drawn.style = "Light List Accent 1"
    drawn.autofit = True
    rows = list(drawn.rows)
    for cell, column in zip(rows[0].cells, table.columns, strict=True):
        _fill(cell, column.title, is_number=column.numeric)
    for row, values in zip(rows[1:], table.rows, strict=True):
        for cell, value, column in zip(row.cells, values, table.columns, strict=True):
            text = f"{value.text}\n{value.note}" if value.note else value.text
            _fill(cell, text, is_number=column.numeric)
    _repeat_head(drawn.rows[0]._tr)
    _add_note(document, table.note)


def _fill(cell: _Cell, text: str, *, is_number: bool) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(0)
    if is_number:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    paragraph.add_run(_plain(text)).font.size = Pt(_SMALL_PT)


def _repeat_head(row: object) -> None:
    """Let Word repeat the head of a table on every page."""
    from docx.oxml import OxmlElement

    properties = row.get_or_add_trPr()  # type: ignore[attr-defined]
    properties.append(OxmlElement("w:tblHeader"))


def _add_caption(document: Document, text: str) -> None:
    paragraph = document.add_paragraph(style="Caption")
    paragraph.paragraph_format.keep_with_next = True
    paragraph.add_run(_plain(text))


def _add_note(document: Document, text: str) -> None:
    from docx.shared import Pt

    if text:
        run = document.add_paragraph().add_run(_plain(text))
        run.font.size, run.italic = Pt(_SMALL_PT), True


def _plain(text: str) -> str:
    """Return a text that XML can hold."""
    return _NOT_XML.sub("\ufffd", text)
