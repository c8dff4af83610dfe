"""The frozen records that the report takes besides the findings, and gives back; values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kiyas.records import Protocol, Score
from kiyas.records.setup import StudySetup


@dataclass(frozen=True)
class ProblemAnswer:
    """One completion of one checkpoint, with its verdict. Every text in it is hostile."""

    checkpoint: str
    """Label of the checkpoint, such as ``deep/seed-42/step-100``."""
    completion: str
    """The text as decoded; empty for a checkpoint whose texts the page does not carry."""
    score: Score
    """The verdict, with the program that was judged."""


@dataclass(frozen=True)
class ProblemPage:
    """One problem and what every checkpoint made of it."""

    task_id: str
    """Name in the benchmark, such as ``HumanEval/0``."""
    entry_point: str
    """Name of the function that the test calls."""
    test: str
    """Python source of the test."""
    prompts: Mapping[Protocol, str]
    """The prompt as sent under each protocol in use, special tokens written out."""
    answers: tuple[ProblemAnswer, ...]
    """One for each checkpoint and sample."""


@dataclass(frozen=True)
class HistoryRow:
    """One line of a trial's ``history.csv``."""

    step: int
    """Optimiser steps done."""
    epoch: float | None
    """Epochs of training data seen."""
    loss: float | None
    """Mean training loss since the line before."""
    learning_rate: float | None
    """Learning rate of the step."""
    tokens: int | None
    """Tokens trained on so far."""
    seconds: float | None
    """Wall seconds of training so far."""


@dataclass(frozen=True)
class Origin:
    """What a report is about, besides its numbers."""

    provenance: Mapping[str, object]
    """Versions, hashes, machine; ``commands`` or ``command`` repeat the study."""
    setup: StudySetup | None = None
    """What the study was made of; without it there is no technical report."""


@dataclass(frozen=True)
class ReportFiles:
    """Where the report was written."""

    index: Path
    """The self-contained HTML file."""
    markdown: Path
    """Its Markdown twin."""
    tables: tuple[Path, ...]
    """CSV files and the LaTeX table."""
    figures: tuple[Path, ...]
    """SVG files; a PNG of each stands beside it."""
    technical: tuple[Path, ...] = ()
    """The technical report, as Markdown and as Word; empty where the setup was not given."""
