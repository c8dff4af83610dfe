"""Any files that ``kiyas audit`` or ``compare`` is given -> what they support.

Finds out what each file is, judges samples under every extraction rule, and hands verdicts,
predictions and tables to the analysis. Needs no model, no GPU and no run folder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from kiyas.analysis.audit_predictions import audit_predictions
from kiyas.analysis.audit_samples import audit_samples
from kiyas.analysis.audit_table import audit_table
from kiyas.analysis.comparison import compare_files
from kiyas.analysis.file_scores import as_scores
from kiyas.data.decoding import UTF8_BOM
from kiyas.data.prediction_files import read_predictions
from kiyas.data.reported_tables import read_reported
from kiyas.data.row_files import parse_jsonl, read_bytes, read_rows
from kiyas.data.sample_files import task_ids_of
from kiyas.data.score_files import holds_scores, read_scores
from kiyas.errors import DataError, KiyasError
from kiyas.execution import Progress
from kiyas.records.file_audit import FilesAudit
from kiyas.records.files import FileComparison, ScoreFile
from kiyas.steps.file_scoring import ALL_RULES, FileSetting, score_files

FileKind = Literal["samples", "scores", "predictions", "table"]


def audit_files(
    paths: Sequence[Path],
    setting: FileSetting | None = None,
    *,
    allow_weak_isolation: bool = False,
    models: Mapping[str, str] | None = None,
    alpha: float = 0.05,
    progress: Progress | None = None,
) -> FilesAudit:
    """Say what files support.

    Args:
        paths: Samples, scores, predictions of classifiers, tables of reported results, mixed.
        setting: What to judge samples with; found from their task ids if None.
        allow_weak_isolation: Whether level 1 of the cage will do for a setting that is found.
        models: Name of the model by name of the file, to look up published scores.
        alpha: Level of every verdict.
        progress: What to tell.

    Raises:
        DataError: A file cannot be read, or its benchmark cannot be found.
        ScoringError: The cage cannot work.
    """
    kinds = {path: kind_of(path) for path in paths}
    groups: dict[str, list[dict[str, ScoreFile]]] = {}
    waiting: dict[FileSetting, list[Path]] = {}
    for path in (path for path in paths if kinds[path] == "samples"):
        chosen = setting or _find_setting(path, allow_weak_isolation)
        waiting.setdefault(chosen, []).append(path)
    for chosen, members in waiting.items():
        scored = score_files(members, chosen, rule=ALL_RULES, progress=progress)
        groups.setdefault(chosen.benchmark, []).extend(scored)
    for path in (path for path in paths if kinds[path] == "scores"):
        file = read_scores(path)
        groups.setdefault(file.scores[0].benchmark, []).append({file.scores[0].rule: file})
    predictions = [read_predictions(path) for path in paths if kinds[path] == "predictions"]
    names = [file.name for file in predictions]
    folders = [path.parent.name for path in paths if kinds[path] == "predictions"]
    predictions = [
        replace(file, name=f"{folder}/{file.name}") if names.count(file.name) > 1 else file
        for file, folder in zip(predictions, folders, strict=True)
    ]
    return FilesAudit(
        samples=tuple(audit_samples(g, models=models, alpha=alpha) for g in groups.values()),
        predictions=audit_predictions(predictions, alpha=alpha) if predictions else None,
        tables=tuple(
            audit_table(read_reported(path), alpha=alpha)
            for path in paths
            if kinds[path] == "table"
        ),
    )


def compare_paths(first: Path, second: Path, *, alpha: float = 0.05) -> FileComparison:
    """Compare two files of scores, or the predictions of two classifiers.

    Raises:
        KiyasError: The level is none.
        DataError: A file is neither, or the two are not of one kind.
        ScoringError: They share no problem.
    """
    if not 0 < alpha < 1:
        raise KiyasError(
            "the level of a verdict lies between 0 and 1",
            where="--alpha",
            received=alpha,
            expected="a number such as 0.05",
        )
    kinds = kind_of(first), kind_of(second)
    if kinds == ("predictions", "predictions"):
        files = as_scores(read_predictions(first)), as_scores(read_predictions(second))
    elif kinds == ("scores", "scores"):
        files = read_scores(first), read_scores(second)
    else:
        raise DataError(
            "these two files cannot be compared",
            where=f"{first}, {second}",
            received=f"{kinds[0]} and {kinds[1]}",
            expected="two files of scores, or two preds*.csv",
            next_step="judge samples first: kiyas score SAMPLES.jsonl --out SCORES.jsonl",
        )
    if files[0].name == files[1].name:
        files = replace(files[0], name=str(first)), replace(files[1], name=str(second))
    unit: Literal["problems", "items"] = "items" if kinds[0] == "predictions" else "problems"
    return compare_files(*files, alpha=alpha, unit=unit)


def kind_of(path: Path) -> FileKind:
    """Return what a file is, from its ending and its first row.

    Raises:
        DataError: The file cannot be read.
    """
    if path.is_dir():
        return "samples"
    name = path.name.lower().removesuffix(".gz")
    if name.endswith((".csv", ".tsv")):
        columns = read_rows(path)[0].cells.keys()
        return "predictions" if {"y_true", "y_pred"} & columns else "table"
    content = read_bytes(path)
    if name.endswith(".json"):
        return "scores" if content.removeprefix(UTF8_BOM).lstrip()[:1] == b"{" else "samples"
    first = next(parse_jsonl(content, path), None)
    return "scores" if first is not None and holds_scores(first) else "samples"


def _find_setting(path: Path, allow_weak_isolation: bool) -> FileSetting:
    """Return what to judge a file with, from the task ids it names."""
    ids = task_ids_of(path)
    if ids and all(task_id.startswith("HumanEval/") for task_id in ids):
        return FileSetting("humaneval", allow_weak_isolation=allow_weak_isolation)
    is_mbpp = bool(ids) and all(task_id.startswith("Mbpp/") for task_id in ids)
    raise DataError(
        "the benchmark of this file is not known",
        where=str(path),
        received=f"ids like {ids[0]}" if ids else "no ids",
        expected="samples of HumanEval, or the benchmark by name",
        next_step="give --benchmark mbpp+ --benchmark-file MbppPlus.jsonl.gz"
        if is_mbpp
        else "give --benchmark NAME --benchmark-file PROBLEMS.jsonl",
    )
