"""Findings, pages and histories -> CSV files for programs, and the main table for LaTeX.

CSV holds plain numbers, one observation a line; an undefined figure is an empty field. LaTeX
holds the formatted text of the leaderboard and needs the package booktabs.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields

from kiyas.records import CodeFindings, Comparison, Proportion
from kiyas.report.records import HistoryRow, ProblemPage
from kiyas.report.tables import Cell, Table

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
}


def write_csv_files(
    findings: CodeFindings,
    pages: Sequence[ProblemPage],
    histories: Mapping[str, Sequence[HistoryRow]],
) -> dict[str, str]:
    """Return the text of each CSV file by name."""
    return {
        "checkpoints.csv": _checkpoints(findings),
        "comparisons.csv": _comparisons(findings),
        "outcomes.csv": _outcomes(findings),
        "problems.csv": _problems(pages),
        "history.csv": _history(histories),
    }


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


def _checkpoints(findings: CodeFindings) -> str:
    heads = ["checkpoint", "trial", "arm", "seed", "step", "epoch", "train_loss"]
    heads += [
        *_share_heads("pass_at_1"),
        *_share_heads("truncated"),
        "num_tokens",
        "num_unscored",
        "best",
    ]
    rows = []
    for score in findings.checkpoints:
        point = score.checkpoint
        row: list[object] = [point.label, point.trial, point.arm, point.seed, point.step]
        row += [score.epoch, score.train_loss]
        row += [*_share(score.pass_at_1), *_share(score.truncated)]
        rows.append([*row, score.num_tokens, score.num_unscored, int(point.label == findings.best)])
    return _csv(heads, rows)


def _comparisons(findings: CodeFindings) -> str:
    heads = [field.name for field in fields(Comparison)]
    return _csv(heads, (asdict(c).values() for c in findings.comparisons))


def _outcomes(findings: CodeFindings) -> str:
    rows = (
        (score.checkpoint.label, outcome, count)
        for score in findings.checkpoints
        for outcome, count in score.outcomes.items()
    )
    return _csv(["checkpoint", "outcome", "count"], rows)


def _problems(pages: Sequence[ProblemPage]) -> str:
    heads = ["task_id", "checkpoint", "sample", "outcome", "rule"]
    heads += ["num_tokens", "finish_reason", "seconds"]
    rows = (
        (page.task_id, *(getattr(answer, head) for head in heads[1:]))
        for page in pages
        for answer in page.answers
    )
    return _csv(heads, rows)


def _history(histories: Mapping[str, Sequence[HistoryRow]]) -> str:
    heads = ["trial", *(field.name for field in fields(HistoryRow))]
    rows = (
        (trial, *asdict(row).values()) for trial, of_trial in histories.items() for row in of_trial
    )
    return _csv(heads, rows)


def _share_heads(name: str) -> list[str]:
    return [f"{name}_k", f"{name}_n", name, f"{name}_ci_low", f"{name}_ci_high"]


def _share(share: Proportion) -> list[float | None]:
    return [share.k, share.n, share.estimate, share.ci_low, share.ci_high]


def _csv(heads: list[str], rows: Iterable[Iterable[object]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(rows)
    return stream.getvalue()


def _latex_cell(cell: Cell) -> str:
    text = _latex(cell.text)
    if cell.mark == "best":
        text = rf"\textbf{{{text}}}$^\ast$"
    return text


def _latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in text)
