"""Findings, pages and histories of a code study -> CSV files for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from operator import attrgetter

from kiyas.records import CodeFindings, Comparison, Proportion
from kiyas.report.records import HistoryRow, ProblemPage
from kiyas.report.table_texts import write_csv


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
    return write_csv(heads, rows)


def _comparisons(findings: CodeFindings) -> str:
    heads = [field.name for field in fields(Comparison)]
    return write_csv(heads, (vars(comparison).values() for comparison in findings.comparisons))


def _outcomes(findings: CodeFindings) -> str:
    rows = (
        (score.checkpoint.label, outcome, count)
        for score in findings.checkpoints
        for outcome, count in score.outcomes.items()
    )
    return write_csv(["checkpoint", "outcome", "count"], rows)


def _problems(pages: Sequence[ProblemPage]) -> str:
    of_score = ["sample", "outcome", "rule", "num_tokens", "finish_reason", "seconds"]
    values = attrgetter("checkpoint", *(f"score.{name}" for name in of_score))
    rows = ((page.task_id, *values(answer)) for page in pages for answer in page.answers)
    return write_csv(["task_id", "checkpoint", *of_score], rows)


def _history(histories: Mapping[str, Sequence[HistoryRow]]) -> str:
    heads = ["trial", *(field.name for field in fields(HistoryRow))]
    rows = (
        (trial, *vars(row).values()) for trial, of_trial in histories.items() for row in of_trial
    )
    return write_csv(heads, rows)


def _share_heads(name: str) -> list[str]:
    return [f"{name}_k", f"{name}_n", name, f"{name}_ci_low", f"{name}_ci_high"]


def _share(share: Proportion) -> list[float | None]:
    return [share.k, share.n, share.estimate, share.ci_low, share.ci_high]
