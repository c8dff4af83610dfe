"""The frozen records of contamination: what training sets share with a benchmark, and its price.

Nothing here compares texts. That nothing was found is never that nothing is there: translations
and rewordings share no sequence of words, and what a base was pretrained on is not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from kiyas.records.measures import Proportion


@dataclass(frozen=True)
class Overlap:
    """One problem of which something stands in a training set."""

    task_id: str
    """The problem."""
    kinds: tuple[str, ...]
    """``prompt``, ``solution`` or ``test`` for shared word sequences, ``same code`` for a function
    that is the solution but for names, layout and comments."""
    num_rows: int
    """Training rows in which it was found."""
    first_row: int
    """1-based number of the first of them in the source."""
    excerpt: str
    """The first shared sequence of words; hostile text. Empty for ``same code`` alone."""


@dataclass(frozen=True)
class TrainingSetOverlap:
    """What one training set shares with the benchmark."""

    arm: str
    """Arm that is trained on it."""
    source: str
    """As the study names it."""
    status: Literal["found", "not found", "not checked"]
    """``not checked`` where the set cannot be read here; never a word that promises absence."""
    num_rows: int
    """Rows looked at."""
    overlaps: tuple[Overlap, ...] = ()
    """Flagged problems, in the order of the benchmark."""
    reason: str = ""
    """Why it was not checked."""


@dataclass(frozen=True)
class ScoreWithout:
    """One checkpoint's score with and without the flagged problems."""

    checkpoint: str
    """Label of the checkpoint."""
    all_problems: Proportion
    """Passing completions of all judged ones."""
    unflagged: Proportion
    """The same on the problems that were flagged in no training set."""
    flagged: Proportion
    """The same on those that were."""


@dataclass(frozen=True)
class ContaminationFindings:
    """What was found of the benchmark in all training sets of a study."""

    num_problems: int
    """N."""
    num_without_code: int
    """Problems without a reference solution that is long enough to be compared as code."""
    words_a_sequence: int
    """Words that a shared sequence has at least."""
    sets: tuple[TrainingSetOverlap, ...]
    """One for each arm that trains."""
    flagged: tuple[str, ...] = ()
    """Problems found in any of the sets, in the order of the benchmark."""
    scores: tuple[ScoreWithout, ...] = field(default=())
    """Every checkpoint; empty if no problem is flagged."""
