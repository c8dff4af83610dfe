"""``kiyas score``, ``compare`` and ``audit``: files that somebody made, without model or GPU."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from kiyas.cli.options import AsJson, Quiet
from kiyas.cli.output import emit, emit_error
from kiyas.errors import KiyasError

_CANNOT_COMPARE = 2
"""Exit code of a gate that could not judge; 1 is a real loss and nothing else."""

BenchmarkName = Annotated[
    str, typer.Option("--benchmark", help="humaneval, humaneval+, mbpp+, or a name for the file.")
]
BenchmarkFile = Annotated[
    Path | None,
    typer.Option(
        "--benchmark-file",
        help="Problems as JSONL with task_id, prompt, entry_point and test; may be gzipped.",
    ),
]
AllowWeak = Annotated[
    bool,
    typer.Option("--allow-weak-isolation", help="Run untrusted code even where the cage is weak."),
]
Timeout = Annotated[float | None, typer.Option("--timeout", help="Wall seconds a program.")]


def score(
    samples: Annotated[
        Path,
        typer.Argument(
            metavar="SAMPLES",
            help="JSONL with task_id and completion (goes on from the prompt) or solution (a "
            "whole program); EvalPlus folders, lm-eval and bigcode files too.",
        ),
    ],
    benchmark: BenchmarkName = "humaneval",
    benchmark_file: BenchmarkFile = None,
    out: Annotated[Path | None, typer.Option("--out", help="One line a verdict.")] = None,
    rule: Annotated[str, typer.Option(help="How code is taken out of a completion.")] = "as-is",
    timeout: Timeout = None,
    allow_weak: AllowWeak = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Judge a file of samples in the cage; one line a sample."""
    from kiyas.analysis.file_scores import summarise_file
    from kiyas.cli.score_text import score_text
    from kiyas.execution import Progress, TerminalProgress
    from kiyas.steps.file_scoring import FileSetting, score_files, write_scores

    setting = FileSetting(
        benchmark, benchmark_file, allow_weak_isolation=allow_weak, timeout_s=timeout
    )
    progress = Progress() if quiet else TerminalProgress()
    (by_rule,) = score_files([samples], setting, rule=rule, progress=progress)
    judged = by_rule[rule]
    if out is not None:
        write_scores(out, judged.scores)
    summary = summarise_file(judged)
    faults = [asdict(fault) for fault in judged.faults]
    result = {**asdict(summary), "faults": faults, "out": None if out is None else str(out)}
    emit(result, score_text(summary, judged.faults, str(out or "")), as_json=as_json)


def compare(
    before: Annotated[Path, typer.Argument(metavar="A", help="Scores or predictions to beat.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="Scores or predictions to judge.")],
    fail_if_worse: Annotated[
        bool,
        typer.Option(
            "--fail-if-worse",
            help="Exit with 1 if B is really worse than A, with 2 if they cannot be compared.",
        ),
    ] = False,
    alpha: Annotated[float, typer.Option(help="Level of the verdict.")] = 0.05,
    as_json: AsJson = False,
) -> None:
    """Compare B with A on the same problems or rows, paired."""
    from kiyas.cli.compare_text import compare_text
    from kiyas.steps.file_audit import compare_paths

    try:
        comparison = compare_paths(after, before, alpha=alpha)
    except KiyasError as error:
        if not fail_if_worse:
            raise
        emit_error(error, as_json=as_json)
        raise typer.Exit(_CANNOT_COMPARE) from error
    emit(asdict(comparison), compare_text(comparison), as_json=as_json)
    if fail_if_worse and comparison.is_loss:
        raise typer.Exit(1)


def audit(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="Samples, scores, preds.csv of classifiers, or a CSV of reported results.",
        ),
    ],
    benchmark: Annotated[
        str | None, typer.Option("--benchmark", help="Of the samples, if not HumanEval.")
    ] = None,
    benchmark_file: BenchmarkFile = None,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", metavar="FILE=NAME", help="Model of a file, for published scores."),
    ] = None,
    allow_weak: AllowWeak = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Say what somebody's results support and what they do not."""
    from kiyas.cli.audit_text import audit_text
    from kiyas.execution import Progress, TerminalProgress
    from kiyas.steps.file_audit import audit_files
    from kiyas.steps.file_scoring import FileSetting

    if benchmark is None and benchmark_file is not None:
        raise KiyasError(
            "a file of problems needs a name for its benchmark",
            where="--benchmark-file",
            received=str(benchmark_file),
            expected="--benchmark beside it",
            next_step=f"give --benchmark NAME --benchmark-file {benchmark_file}",
        )
    setting = None
    if benchmark is not None:
        setting = FileSetting(benchmark, benchmark_file, allow_weak_isolation=allow_weak)
    models = dict(item.partition("=")[::2] for item in model or [])
    progress = Progress() if quiet else TerminalProgress()
    audited = audit_files(
        files, setting, allow_weak_isolation=allow_weak, models=models, progress=progress
    )
    emit(asdict(audited), audit_text(audited), as_json=as_json)
