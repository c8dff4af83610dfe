"""The frozen records of what a study took: time, tokens, memory, energy; None for what is unknown.

Seconds are wall seconds of the work itself, wherever it was done: work of several workers at the
same time adds up. Loading a base, and what a kill cut short and had to be done again, is in none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Stage = Literal["training", "search", "decoding", "prediction", "scoring", "audit"]
"""Where a study's time goes.

``search``: training of points that are not tested themselves. ``decoding`` and ``prediction``:
completions of a code study, probabilities of a classification study. ``audit``: answers under
other protocols, their verdicts, and every answer read by every extraction rule.
"""


@dataclass(frozen=True)
class Cost:
    """What some work took."""

    seconds: float | None
    """Wall seconds; None if part of them was not recorded."""
    num_tokens: int | None = None
    """Tokens trained or generated; None where tokens are not counted."""
    tokens_per_s: float | None = None
    """Tokens a second, those from a cache left out of both."""
    energy_wh: float | None = None
    """Watt hours at the study's ``execution.power_w``; None if it gives none."""


@dataclass(frozen=True)
class StageCosts:
    """What one trial, an arm or the whole study took, stage by stage."""

    arm: str
    """Name of the arm; empty for an untrained base and for the study."""
    trial: str
    """Name of the trial or base; empty for several trials together."""
    num_trials: int
    """Trials that are counted here."""
    stages: dict[Stage, Cost]
    """By stage, in the order of the work; a stage that was not gone through is not there."""
    total: Cost
    """All stages together; their tokens are of different kinds and not added."""
    peak_bytes: int | None = None
    """Largest peak of memory in training: allocated on a GPU, resident in the process on a CPU."""


@dataclass(frozen=True)
class CostFindings:
    """What a study took."""

    trials: tuple[StageCosts, ...]
    """Every base and trial; points of an arm's search that are not tested stand together."""
    arms: tuple[StageCosts, ...]
    """Every arm with all that was done for it."""
    study: StageCosts
    """Everything."""
    power_w: float | None
    """Watts that the study assumes while it works; None if it gives none."""
