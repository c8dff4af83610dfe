"""What the page says -> the same as Markdown, without the problems or items.

Values are escaped so that a name cannot become markup or break a table.
"""

from __future__ import annotations

import re

from kiyas.report.parts import Cell, Chart, Content, Gap, Section, Table
from kiyas.report.vocabulary import translate_severity

_SPECIAL = re.compile(r"[\\`*|~$&]|<(?=[A-Za-z/!?])|\](?=[(\[:])|(?<!\w)_|_(?!\w)")
"""What begins markup where it stands: not ``<`` before a number, nor ``_`` inside a word."""


def render_markdown(content: Content) -> str:
    """Return the whole Markdown file."""
    _ = content.language.catalogue.gettext
    notice = escape_markdown(content.notice.text) if content.notice else ""
    parts = [notice, f"# {escape_markdown(content.study)}", f"## {_('In one minute')}"]
    for part in content.summary:
        parts += [
            f"### {escape_markdown(part.question)}",
            escape_markdown(" ".join(part.sentences)),
        ]
    parts += [f"## {_('Findings and warnings')}", _list_statements(content)]
    for section in content.sections:
        parts += _write_section(section)
    parts.append(f"## {_('How the numbers were made')}")
    parts += [
        f"**{escape_markdown(method.title)}.** {escape_markdown(method.text)}"
        for method in content.methods
    ]
    parts.append(f"## {_('Provenance')}")
    if content.provenance.commands:
        parts.append("\n".join(f"    {_one_line(text)}" for text in content.provenance.commands))
    rows = [
        f"- {escape_markdown(name)}: {escape_markdown(value)}"
        for name, value in content.provenance.rows
    ]
    parts += ["\n".join(rows), notice]
    return "\n\n".join(part for part in parts if part) + "\n"


def _write_section(section: Section) -> list[str]:
    return [f"## {escape_markdown(section.title)}", *map(write_block, section.blocks)]


def write_block(block: Table | Chart | Gap, level: int = 3) -> str:
    """Return a table, a chart or a gap; captions of tables are headings of the level."""
    if isinstance(block, Table):
        return _draw_table(block, level)
    if isinstance(block, Gap):
        return f"*{escape_markdown(block.text)}*"
    parts = [
        f"![{escape_markdown(block.title)}](figures/{block.name}.svg)",
        escape_markdown(block.note),
    ]
    parts += [_draw_table(block.table, level)] if block.table else []
    return "\n\n".join(part for part in parts if part)


def _list_statements(content: Content) -> str:
    catalogue = content.language.catalogue
    if not content.statements:
        return catalogue.gettext("None.")
    return "\n".join(
        f"- **{translate_severity(finding.severity, catalogue)}**: {escape_markdown(finding.text)}"
        for finding in content.statements
    )


def _draw_table(table: Table, level: int) -> str:
    lines = [
        f"{'#' * level} {escape_markdown(table.caption)}",
        "",
        _row([escape_markdown(column.title) for column in table.columns]),
        _row(["---:" if column.numeric else "---" for column in table.columns]),
    ]
    lines += [_row([_write(cell) for cell in row]) for row in table.rows]
    if table.note:
        lines += ["", escape_markdown(table.note)]
    return "\n".join(lines)


def _write(cell: Cell) -> str:
    text = escape_markdown(cell.text)
    if cell.mark == "best":
        text = f"**{text}**"
    return f"{text}; {escape_markdown(cell.note)}" if cell.note else text


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def escape_markdown(text: str) -> str:
    """Return a text on one line in which nothing is markup."""
    return _SPECIAL.sub(r"\\\g<0>", _one_line(text))


def _one_line(text: str) -> str:
    return " ".join(text.split())
