"""The frozen records of audits: predictions and reported tables as read, and what was found.

Samples, verdicts and their comparison are in ``file_records``. Nothing here reads a file or
computes a figure. Shapes in comments: N rows or problems, C classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kiyas.records import Finding, Proportion
from kiyas.records.files import FileComparison, FileFault, FileSummary

ReportedVerdict = Literal[
    "beyond noise", "within noise", "cannot be told", "n not stated", "impossible"
]
"""What a table alone allows to say of a difference, however passes overlap. ``within noise`` is not
``equal``: the table shows no difference, and cannot rule one out. ``impossible``: one of the two
figures is no k of its n."""


@dataclass(frozen=True)
class RuleCell:
    """One cell of the matrix of files and extraction rules."""

    file: str
    """Name of the file."""
    rule: str
    """Extraction rule."""
    score: Proportion
    """Passing samples of judged samples."""


@dataclass(frozen=True)
class PublishedScore:
    """A score that somebody published for a model."""

    model: str
    """Name of the model, without its owner."""
    benchmark: str
    """``humaneval``, ``humaneval+``, ..."""
    share: float
    """pass@1 as a fraction."""
    source: str
    """Where it was published, and how it was measured if that is known."""
    is_official: bool = True
    """Whether the model's makers reported it."""


@dataclass(frozen=True)
class SamplesAudit:
    """What files of samples or scores support."""

    benchmark: str
    """Name of the benchmark; empty if unknown."""
    num_problems: int | None
    """N of the benchmark."""
    isolation: str
    """Level of the cage."""
    confidence: float
    """Level of every interval."""
    summaries: tuple[FileSummary, ...]
    """Each file under the rule that it was made for."""
    matrix: tuple[RuleCell, ...]
    """k/n of every file under every rule; empty if nothing was judged here."""
    comparisons: tuple[FileComparison, ...]
    """The declared family: every pair of files."""
    findings: tuple[Finding, ...]
    """Statements, loudest first."""


@dataclass(frozen=True)
class PredictionFile:
    """The predictions of one classifier: one ``preds*.csv``."""

    name: str
    """Name to show."""
    labels: tuple[int, ...]
    """(N,) true classes."""
    predictions: tuple[int, ...]
    """(N,) predicted classes."""
    probabilities: tuple[tuple[float, ...], ...]
    """(N, C) class probabilities; empty if the file has none."""
    faults: tuple[FileFault, ...] = ()
    """What is wrong with the file."""


@dataclass(frozen=True)
class Figure:
    """One figure with its interval; what is undefined is None."""

    estimate: float | None
    """The figure."""
    ci_low: float | None
    """Lower end."""
    ci_high: float | None
    """Upper end."""
    method: str
    """How the interval was made."""


@dataclass(frozen=True)
class PredictionSummary:
    """What one classifier reached."""

    name: str
    """Name of the file."""
    accuracy: Proportion
    """Right rows of all rows."""
    macro_f1: Figure
    """Mean F1 over the classes of the truth, with a bootstrap interval."""
    macro_auc: Figure | None
    """Mean one-vs-rest AUC over every class; None without probabilities."""
    class_auc: dict[int, Figure]
    """One-vs-rest AUC of each class; empty without probabilities."""
    majority: Proportion
    """What always saying the most frequent class would reach."""


@dataclass(frozen=True)
class MetricDifference:
    """Two classifiers on the same rows, compared by one metric."""

    first: str
    """Name of the first file."""
    second: str
    """Name of the second file."""
    metric: Literal["accuracy", "macro F1", "macro AUC"]
    """What is compared."""
    test: str
    """How: ``McNemar mid-p``, ``permutation`` or ``DeLong``."""
    difference: Figure
    """First minus second."""
    p_value: float | None
    """Two-sided p of this pair alone."""
    p_adjusted: float | None
    """The same after Holm over the declared family."""
    verdict: str
    """``better``, ``worse``, ``no difference detected`` or ``underpowered``; of the first."""
    smallest_detectable: float | None
    """Smallest true difference of accuracy seen with 80 % power; None for other metrics."""


@dataclass(frozen=True)
class PredictionsAudit:
    """What the predictions of classifiers support."""

    confidence: float
    """Level of every interval."""
    num_rows: int
    """N of the first file."""
    summaries: tuple[PredictionSummary, ...]
    """Each file."""
    comparisons: tuple[MetricDifference, ...]
    """The declared family: every pair of files by every metric."""
    findings: tuple[Finding, ...]
    """Statements, loudest first."""


@dataclass(frozen=True)
class ReportedResult:
    """One row of a table of reported results."""

    name: str
    """Name of what was measured."""
    row: int
    """1-based line in the file."""
    metric: str = "score"
    """What was measured, such as ``pass@1``, ``accuracy``, ``mean AUC`` or ``latency ms``."""
    text: str = ""
    """The figure as printed."""
    value: float | None = None
    """The figure; a fraction where ``is_share``."""
    half_unit: float = 0.0
    """Half of the last printed digit, in the unit of ``value``."""
    is_share: bool = False
    """Whether the figure is a share of n."""
    k: int | None = None
    """Successes, if the table states them."""
    n: int | None = None
    """Problems or items, if the table states them."""
    test_set: str = ""
    """Rows with the same name here were tested on the same problems: they are paired."""
    is_paired: bool = True
    """Whether that holds for this row; else it was tested on other problems of the test set."""
    group: str = ""
    """Arm; rows of one group are its checkpoints or variants."""
    step: int | None = None
    """Step of a checkpoint."""
    role: Literal["", "base", "baseline"] = ""
    """``base`` for the untrained model, ``baseline`` for a cheap method."""
    model: str = ""
    """Name of the model, for published scores."""
    seeds: int | None = None
    """Training seeds behind the figure, if stated."""
    classes: tuple[int, int] | None = None
    """Classes averaged, and classes there are."""
    repeats: int | None = None
    """Timed repetitions behind a latency."""
    spread: float | None = None
    """Spread of a latency, as stated."""


@dataclass(frozen=True)
class ReportedTable:
    """A bare table of reported results."""

    name: str
    """Name to show."""
    results: tuple[ReportedResult, ...]
    """Every row."""


@dataclass(frozen=True)
class ReadResult:
    """One reported share, read with what n allows."""

    name: str
    """Name of the row."""
    metric: str
    """What was measured."""
    text: str
    """The figure as printed."""
    n: int | None
    """Problems or items, if stated."""
    counts: tuple[int, ...]
    """Every k whose share of n is printed so; empty if there is none, or no n."""
    interval: Proportion | None
    """Wilson's interval of the k in the middle; None without k."""
    status: Literal["possible", "impossible", "n not stated", "no share"]
    """Whether the figure is a k/n."""


@dataclass(frozen=True)
class ReportedComparison:
    """Two reported shares, with all that is known of how their problems overlap."""

    first: str
    """Name of the first row."""
    second: str
    """Name of the second row."""
    metric: str
    """What was measured."""
    design: Literal["paired, disagreement unknown", "unpaired", "n not stated"]
    """How the two may be compared."""
    difference: float
    """First minus second, as a fraction."""
    p_least: float | None
    """Smallest p that the figures allow, corrected: nested passes, counts far apart."""
    p_most: float | None
    """Largest p that they allow, corrected: as many disagreements as possible, counts close."""
    p_independent: float | None
    """Corrected p if passes fell independently of each other; between the two."""
    most_disagreements: int | None
    """Most disagreements at which the difference is still beyond noise; None if none is."""
    likely_disagreements: int | None
    """Disagreements if passes fell independently: real arms of one model disagree less."""
    num_needed: tuple[int, int] | None
    """Where n is not stated, problems from which such a difference is beyond noise: in the best
    and in the worst case."""
    verdict: ReportedVerdict
    """What the table alone allows to say."""


@dataclass(frozen=True)
class TableAudit:
    """What a bare table of reported results supports."""

    name: str
    """Name of the table."""
    confidence: float
    """Level of every interval."""
    results: tuple[ReadResult, ...]
    """Each row."""
    comparisons: tuple[ReportedComparison, ...]
    """The declared family."""
    family: str
    """Which comparisons share one error rate, in words."""
    can: tuple[Finding, ...] = ()
    """What can be concluded."""
    cannot: tuple[Finding, ...] = ()
    """What cannot be concluded."""
    doubts: tuple[Finding, ...] = ()
    """What is wrong or odd in the table itself, loudest first."""


@dataclass(frozen=True)
class FilesAudit:
    """Everything that ``kiyas audit`` found in the files it was given."""

    samples: tuple[SamplesAudit, ...]
    """One for each benchmark."""
    predictions: PredictionsAudit | None
    """The predictions of classifiers; None without any."""
    tables: tuple[TableAudit, ...]
    """One for each table."""
