"""Findings, problem pages and histories -> one HTML file, its Markdown twin, tables and figures.

Computes no statistics: every number comes from the findings. Front door: ``write_report``.
"""

from kiyas.report.records import HistoryRow, ProblemAnswer, ProblemPage, ReportFiles
from kiyas.report.writing import write_report

__all__ = ["HistoryRow", "ProblemAnswer", "ProblemPage", "ReportFiles", "write_report"]
