"""The frozen records of what checkpoints, seeds and problems say together over the training.

Checkpoints stand here under their labels, so that ``records`` can hold them among a study's
findings. Nothing here reads a file or computes a figure. Shapes in comments: S seeds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kiyas.records.measures import Difference, Proportion

Course = Literal["kept", "never", "gained", "lost", "forgotten", "flickering"]
"""How a problem fares from the base to the last checkpoint.

``kept`` and ``never`` do not change; ``gained`` and ``lost`` change once and stay so; ``forgotten``
was failed by the base, then passed, and is failed again to the end; ``flickering`` is every other.
"""


WHOLE_STUDY = "study"
"""Scope of all trained checkpoints; other scopes are trials."""


@dataclass(frozen=True)
class SelectedBest:
    """The best checkpoint of a set, as observed and with the luck of the choice taken out."""

    scope: str
    """What it was chosen among: ``study``, or the name of a trial."""
    best: str
    """Label of the best; the earliest of equals."""
    num_checkpoints: int
    """How many it was chosen among."""
    observed: Proportion
    """Its score on the problems that chose it."""
    corrected: float | None
    """Score of choosing on one half of the problems and scoring on the other."""
    ci_low: float | None
    """Lower end of the corrected score's interval."""
    ci_high: float | None
    """Upper end."""
    expected_inflation: float
    """How much the best of as many equal checkpoints would look better than it is."""
    last: str
    """Label of the last checkpoint of the same trial."""
    last_score: Proportion
    """Score of the last checkpoint, which nobody chose."""


@dataclass(frozen=True)
class PlateauPoint:
    """One checkpoint against the best of its trial."""

    checkpoint: str
    """Label."""
    step: int
    """Optimiser steps."""
    deficit: float
    """Score of the best minus this one's."""
    is_within_one_error: bool
    """Whether the deficit is at most one standard error of the best."""
    p_value: float
    """Paired p of the deficit, not corrected."""


@dataclass(frozen=True)
class TrialPlateau:
    """Where the training of one trial could have stopped."""

    trial: str
    """Name of the trial."""
    best: str
    """Label of its best checkpoint."""
    earliest: str
    """Label of the earliest checkpoint that cannot be told from it."""
    standard_error: float
    """Standard error of the best's score."""
    points: tuple[PlateauPoint, ...]
    """Every checkpoint up to the best: the reason."""


@dataclass(frozen=True)
class LeadPoint:
    """Two trials at one step."""

    step: int
    """Optimiser steps."""
    difference: float
    """First minus second."""
    band_low: float | None
    """Lower end of a band that covers all steps of the pair at once."""
    band_high: float | None
    """Upper end."""
    p_adjusted: float
    """Paired p, corrected for all steps of the pair (step-down max-T)."""


@dataclass(frozen=True)
class LearningSpeed:
    """Which of two trials of one seed learns faster, and whether an early lead is real."""

    first: str
    """Name of the first trial."""
    second: str
    """Name of the second."""
    points: tuple[LeadPoint, ...]
    """Every step that both were tested at, earliest first."""
    early_steps: tuple[int, ...]
    """The first half of the steps, the middle one left out."""
    early: Difference
    """Mean of first minus second over the early steps, corrected for all pairs."""
    verdict: str
    """``better``, ``worse``, ``no difference detected`` or ``underpowered``: first while early."""


@dataclass(frozen=True)
class ArmDifference:
    """Two arms at one step over all their training seeds: the unit is the seed."""

    first: str
    """Name of the first arm."""
    second: str
    """Name of the second arm."""
    step: int
    """Optimiser steps."""
    num_seeds: int
    """S, seeds that both have."""
    difference: Difference
    """First minus second, over seeds and problems; interval and p None with one seed."""
    seed_deviation: float | None
    """Standard deviation of the difference over seeds; None with one seed."""
    verdict: str
    """``better`` and ``worse`` speak of the strategies; ``one seed`` where nothing can be said."""


@dataclass(frozen=True)
class ProblemCourse:
    """One problem over the checkpoints of a trial."""

    task_id: str
    """Name of the problem."""
    passes: tuple[float | None, ...]
    """Share of passing completions at each step, base first; None where not judged."""
    course: Course | None
    """How it fares; None where a step was not judged."""


@dataclass(frozen=True)
class TrialCourse:
    """All problems over the checkpoints of a trial."""

    trial: str
    """Name of the trial."""
    labels: tuple[str, ...]
    """Labels of the checkpoints, base first."""
    steps: tuple[int, ...]
    """Their steps."""
    problems: tuple[ProblemCourse, ...]
    """Every problem, in the order of the benchmark."""
    counts: dict[str, int]
    """Problems by course."""
    flicker_rate: float | None
    """Mean share of problems that change from one checkpoint to the next; the noise of a trial."""


@dataclass(frozen=True)
class FailureCount:
    """Failures of one kind at one checkpoint."""

    checkpoint: str
    """Label."""
    group: str
    """Stage that went wrong, such as ``run``."""
    outcome: str
    """Label of the taxonomy."""
    exception: str
    """Name of the exception's type; empty where none was raised."""
    count: int
    """Completions."""
    task_id: str
    """A problem with such a failure."""
    detail: str
    """Its failing assertion, or its error with the last line of the solution."""


@dataclass(frozen=True)
class Trajectory:
    """What checkpoints, seeds and problems say together."""

    selected: tuple[SelectedBest, ...]
    """The best of the study, then of each trial."""
    plateaus: tuple[TrialPlateau, ...]
    """Of each trial with several checkpoints."""
    speeds: tuple[LearningSpeed, ...]
    """Of each pair of arms at one seed that shares two steps or more."""
    without_speed: tuple[tuple[str, str], ...]
    """Pairs of trials that share fewer steps: nothing can be said of which learns faster."""
    arms: tuple[ArmDifference, ...]
    """Of each pair of arms at each step."""
    courses: tuple[TrialCourse, ...]
    """Of each trial."""
    failures: tuple[FailureCount, ...]
    """Of every checkpoint, most frequent first."""
    num_uncompared: int = 0
    """Pairs of trials whose learning speed was not compared, being too many to read."""
