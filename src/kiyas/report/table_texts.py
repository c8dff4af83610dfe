"""Tables -> text for other programs: CSV and LaTeX.

CSV holds plain numbers, one observation a line; an undefined figure is an empty field. LaTeX
holds the formatted text of a table and needs the package booktabs.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from kiyas.report.parts import Cell, Table

_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "%": r"\%",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "−": "$-$",
    "–": "--",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "\u202f": r"\,",
    "\u00a0": "~",
}


def write_csv(heads: list[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a CSV file with a head."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(rows)
    return stream.getvalue()


def write_latex(table: Table) -> str:
    """Return a booktabs table, ready to be put into a document."""
    aligned = "".join("r" if column.numeric else "l" for column in table.columns)
    lines = [r"\begin{table}", r"\centering", rf"\caption{{{_latex(table.caption)}}}"]
    lines += [rf"\label{{tab:{table.name}}}", rf"\begin{{tabular}}{{{aligned}}}", r"\toprule"]
    lines.append(" & ".join(_latex(column.title) for column in table.columns) + r" \\")
    lines.append(r"\midrule")
    lines += [" & ".join(_latex_cell(cell) for cell in row) + r" \\" for row in table.rows]
    lines += [r"\bottomrule", r"\end{tabular}", r"\end{table}"]
    return "\n".join(lines) + "\n"


def _latex_cell(cell: Cell) -> str:
    text = _latex(cell.text)
    if cell.mark == "best":
        text = rf"\textbf{{{text}}}$^\ast$"
    return text


def _latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in text)
