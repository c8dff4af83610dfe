"""The frozen records that pass between the stages of a classification study; no behaviour.

Nothing here reads files or computes a figure. Shapes in comments: N rows, C classes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from kiyas.records import Finding
from kiyas.records.costs import CostFindings
from kiyas.records.latency import LatencyFigures as LatencyFigures  # noqa: PLC0414 - read from here too
from kiyas.records.latency import LatencyRatio as LatencyRatio  # noqa: PLC0414 - read from here too
from kiyas.records.latency import LatencyReport as LatencyReport  # noqa: PLC0414 - read from here too

Figure = float | None
"""A number, or None where it is undefined."""


@dataclass(frozen=True)
class LabelledTexts:
    """The rows of one split, as training, prediction and scoring see them."""

    name: str
    """Name of the split: ``train``, ``validation`` or ``test``."""
    texts: tuple[str, ...]
    """(N,) texts."""
    labels: tuple[int, ...]
    """(N,) classes, 0..C-1."""


@dataclass(frozen=True)
class EpochRecord:
    """One row of a trial's ``history.csv``; losses are plain cross entropy in nats.

    Training figures are those of the epoch's own updates (dropout on, weights moving).
    """

    epoch: int
    """1-based."""
    step: int
    """Optimiser steps done at its end."""
    train_loss: float
    """Mean cross entropy of the training rows, neither weighted nor smoothed."""
    val_loss: float
    """The same on the validation split, with dropout off."""
    train_accuracy: float
    """Share of training rows that were right when their turn came."""
    val_accuracy: float
    """Share of validation rows that are right."""
    train_f1_micro: float
    """Equals accuracy for one label a row; the reference's notebook reads it."""
    val_f1_micro: float
    """Equals ``val_accuracy``."""
    val_f1_macro: float
    """Mean F1 over the classes of the validation split."""
    learning_rate: float
    """At the epoch's last step."""
    seconds: float
    """Wall seconds of the epoch, validation included."""


@dataclass(frozen=True)
class TrainedClassifier:
    """What the training of one trial gave; ``training.json`` in its folder."""

    kind: Literal["lora", "tfidf"]
    """What was trained."""
    best_epoch: int | None
    """Epoch whose weights are kept, chosen on the validation split; None for a baseline."""
    best_step: int | None
    """Optimiser steps of the weights that are kept; None for a baseline."""
    num_epochs: int
    """Epochs that were run; 0 for a baseline."""
    stopped_early: bool
    """Whether early stopping or pruning ended it."""
    reload_difference: Figure
    """Largest difference of a logit between memory and reloaded weights; None for a baseline."""
    num_trainable: int
    """Trained weights."""
    num_tokens: int
    """Training tokens of one epoch, padding not counted; 0 for a baseline."""
    num_cut: int
    """Training rows longer than ``max_seq_len``, cut there."""
    fresh_modules: tuple[str, ...]
    """Modules that the base's files did not hold: trained and saved whole."""
    precision: str
    """How numbers were multiplied in training, such as ``bfloat16``."""
    seconds: float
    """Wall seconds of training and validation, of this process."""
    chosen: dict[str, float | int | str] = field(default_factory=dict)
    """Settings that training itself tuned on the validation split."""
    warnings: tuple[str, ...] = ()
    """What had to be assumed, such as a missing pad token."""
    peak_bytes: int | None = None
    """Peak of memory in training; None if it was not measured."""


@dataclass(frozen=True)
class Metric:
    """One figure of one classifier with its interval."""

    estimate: Figure
    """The figure; None where it is undefined."""
    ci_low: Figure
    """Lower end; None where the data allow no interval."""
    ci_high: Figure
    """Upper end; None where the data allow no interval."""
    method: str
    """How the interval was made: ``wilson``, ``bca``, ``delong-logit``, ..."""
    k: int | None = None
    """Successes, where the figure is a share."""
    n: int | None = None
    """Trials, where the figure is a share."""


@dataclass(frozen=True)
class ClassMetrics:
    """How one class fares."""

    label: int
    """Class, 0..C-1."""
    name: str
    """Its name."""
    support: int
    """Rows of the class in the truth."""
    num_predicted: int
    """Rows predicted as the class."""
    precision: Metric
    """Share of the predicted rows that are right."""
    recall: Metric
    """Share of the class's rows that are found."""
    f1: Metric
    """Harmonic mean of the two."""
    auc: Metric
    """Area under its one-vs-rest ROC curve."""
    roc: tuple[tuple[float, float], ...]
    """(false-positive rate, true-positive rate) corners of the curve; empty if undefined."""


@dataclass(frozen=True)
class ClassifierScores:
    """Everything measured on one classifier's predictions of one split."""

    split: str
    """Split that was predicted."""
    num_rows: int
    """N."""
    metrics: dict[str, Metric]
    """By name: accuracy, f1_macro, matthews, log_loss, auc_macro, ..."""
    classes: tuple[ClassMetrics, ...]
    """All C classes."""
    confusion: tuple[tuple[int, ...], ...]
    """(C, C) counts, rows true and columns predicted."""
    calibration: tuple[tuple[float, float, int], ...]
    """(mean confidence, accuracy, rows) of each filled bin of equal width."""
    confidence: float
    """Level of every interval."""


@dataclass(frozen=True)
class ClassifierResult:
    """One trial with what it predicted and how that was scored."""

    arm: str
    """Name of the arm."""
    seed: int | None
    """Seed of the trial; None where nothing is random."""
    trial: str
    """Name of the trial's folder."""
    is_baseline: bool
    """Whether it is the cheap arm that the others have to beat."""
    labels: tuple[int, ...]
    """(N,) true classes of the test split."""
    predictions: tuple[int, ...]
    """(N,) predicted classes."""
    probabilities: tuple[tuple[float, ...], ...]
    """(N, C) class probabilities."""
    scores: ClassifierScores
    """Its figures on the test split."""
    trained: TrainedClassifier
    """How it was trained."""
    history: tuple[EpochRecord, ...] = ()
    """Its epochs; empty for a baseline."""
    settings: dict[str, float | int | str] = field(default_factory=dict)
    """Searched keys with the values that were chosen for it."""


@dataclass(frozen=True)
class ClassifierComparison:
    """Two trials on the same test rows, compared by one metric."""

    first: str
    """Name of the first trial."""
    second: str
    """Name of the second trial."""
    first_arm: str
    """Arm of the first."""
    second_arm: str
    """Arm of the second."""
    kind: Literal["against-baseline", "between-arms"]
    """Which question it answers."""
    metric: Literal["accuracy", "f1_macro", "auc_macro"]
    """What is compared."""
    test: str
    """``McNemar mid-p``, ``permutation`` or ``DeLong``."""
    num_rows: int
    """N."""
    num_first_only: int | None
    """Rows that only the first has right; None for metrics that are no share."""
    num_second_only: int | None
    """Rows that only the second has right; None for metrics that are no share."""
    difference: Figure
    """First minus second."""
    ci_low: Figure
    """Lower end of its interval."""
    ci_high: Figure
    """Upper end of its interval."""
    p_value: Figure
    """Two-sided p of this comparison alone; None where undefined."""
    p_adjusted: Figure
    """The same after Holm over every comparison of the study."""
    verdict: str
    """``better``, ``worse``, ``no difference detected`` or ``underpowered``."""
    smallest_detectable: Figure
    """Smallest true difference of accuracy seen with 80 % power; None for other metrics."""


@dataclass(frozen=True)
class SearchPoint:
    """One point of a search, judged on the validation split."""

    arm: str
    """Name of the arm."""
    trial: str
    """Name of the trial's folder."""
    values: dict[str, float | int | str]
    """Searched keys with their values here."""
    metric: Metric
    """The metric that the search chooses by, on the validation split."""
    accuracy: Metric
    """Accuracy on the validation split."""
    is_chosen: bool
    """Whether the arm goes on with it."""
    stopped_early: bool
    """Whether it was pruned or stopped before its last epoch."""
    alike: bool
    """Whether a paired test on the validation rows cannot tell it from the chosen point."""


@dataclass(frozen=True)
class ClassificationFindings:
    """Every number of a classification study's report."""

    study: str
    """Name of the study."""
    class_names: tuple[str, ...]
    """Names of the C classes."""
    class_names_tr: tuple[str, ...]
    """Turkish names; empty if the study gives none."""
    num_train: int
    """Training rows."""
    num_validation: int
    """Validation rows, on which everything was chosen."""
    num_test: int
    """Test rows."""
    confidence: float
    """Level of every interval."""
    metric_order: tuple[str, ...]
    """Names of the metrics in the order of tables."""
    results: tuple[ClassifierResult, ...]
    """Baseline first, then by arm and seed."""
    comparisons: tuple[ClassifierComparison, ...]
    """The declared family."""
    search: tuple[SearchPoint, ...]
    """Points of the search, by arm; empty without one."""
    latency: LatencyReport | None
    """None if it was not measured."""
    findings: tuple[Finding, ...]
    """Statements, loudest first."""
    costs: CostFindings | None = None
    """What the study took; None if nothing was recorded."""
