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
    notice = _escape(content.notice.text) if content.notice else ""
    parts = [notice, f"# {_escape(content.study)}", f"## {_('In one minute')}"]
    for part in content.summary:
        parts += [f"### {_escape(part.question)}", _escape(" ".join(part.sentences))]
    parts += [f"## {_('Findings and warnings')}", _list_statements(content)]
    for section in content.sections:
        parts += _write_section(section)
    parts.append(f"## {_('How the numbers were made')}")
    parts += [f"**{_escape(method.title)}.** {_escape(method.text)}" for method in content.methods]
    parts.append(f"## {_('Provenance')}")
    if content.provenance.commands:
        parts.append("\n".join(f"    {_one_line(text)}" for text in content.provenance.commands))
    rows = [f"- {_escape(name)}: {_escape(value)}" for name, value in content.provenance.rows]
    parts += ["\n".join(rows), notice]
    return "\n\n".join(part for part in parts if part) + "\n"


def _write_section(section: Section) -> list[str]:
    return [f"## {_escape(section.title)}", *map(_write_block, section.blocks)]


def _write_block(block: Table | Chart | Gap) -> str:
    if isinstance(block, Table):
        return _draw_table(block)
    if isinstance(block, Gap):
        return f"*{_escape(block.text)}*"
    parts = [f"![{_escape(block.title)}](figures/{block.name}.svg)", _escape(block.note)]
    parts += [_draw_table(block.table)] if block.table else []
    return "\n\n".join(part for part in parts if part)


def _list_statements(content: Content) -> str:
    catalogue = content.language.catalogue
    if not content.statements:
        return catalogue.gettext("None.")
    return "\n".join(
        f"- **{translate_severity(finding.severity, catalogue)}**: {_escape(finding.text)}"
        for finding in content.statements
    )


def _draw_table(table: Table) -> str:
    lines = [
        f"### {_escape(table.caption)}",
        "",
        _row([_escape(column.title) for column in table.columns]),
        _row(["---:" if column.numeric else "---" for column in table.columns]),
    ]
    lines += [_row([_write(cell) for cell in row]) for row in table.rows]
    if table.note:
        lines += ["", _escape(table.note)]
    return "\n".join(lines)


def _write(cell: Cell) -> str:
    text = _escape(cell.text)
    if cell.mark == "best":
        text = f"**{text}**"
    return f"{text}; {_escape(cell.note)}" if cell.note else text


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", _one_line(text))


def _one_line(text: str) -> str:
    return " ".join(text.split())
