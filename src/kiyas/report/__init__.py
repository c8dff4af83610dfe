"""Findings, and what was predicted -> one HTML file, its Markdown twin, tables and figures.

Computes no statistics: every number comes from the findings. Front doors: ``write_report`` for a
code study, ``write_classification_report`` for a classification study.
"""

from kiyas.report.classification import write_classification_report
from kiyas.report.problem_data import choose_readable
from kiyas.report.records import HistoryRow, Origin, ProblemAnswer, ProblemPage, ReportFiles
from kiyas.report.writing import write_report

__all__ = [
    "HistoryRow",
    "Origin",
    "ProblemAnswer",
    "ProblemPage",
    "ReportFiles",
    "choose_readable",
    "write_classification_report",
    "write_report",
]
