"""The frozen records of the artefact audit of a code study: matrix, budgets, split of the gain.

Checkpoints stand here under their labels, so that ``records`` can hold the audit among a study's
findings. Nothing here reads a file or computes a figure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from kiyas.records.measures import Difference, Proportion, Protocol


@dataclass(frozen=True)
class MatrixCell:
    """The score of one checkpoint under one protocol and one extraction rule."""

    checkpoint: str
    """Label of the checkpoint."""
    protocol: Protocol
    """How the problems were put to the model."""
    rule: str
    """How the code was taken out of the same texts."""
    score: Proportion
    """Passing completions of judged completions."""
    against_own: Difference | None
    """This rule minus the study's rule on the same texts; None for the study's rule itself."""
    is_own: bool = False
    """Whether this is the protocol and the rule of the study."""


@dataclass(frozen=True)
class ProtocolChange:
    """One checkpoint under another protocol than the study's, on the same problems."""

    checkpoint: str
    """Label of the checkpoint."""
    protocol: Protocol
    """The other protocol."""
    own: Proportion
    """Score under the study's protocol, on the problems asked under both."""
    other: Proportion
    """Score under the other protocol, on the same problems."""
    difference: Difference
    """Other minus own; corrected for all protocols and checkpoints of the audit."""
    reason: str
    """What the answers that fail under the weaker protocol are, such as ``empty``."""
    reason_share: Proportion
    """How many of its answers are so."""


@dataclass(frozen=True)
class TokenBudget:
    """How many tokens one checkpoint had and used under one protocol."""

    checkpoint: str
    """Label of the checkpoint."""
    protocol: Protocol
    """How the problems were put to the model."""
    limit_tokens: int | None
    """Tokens at which completions were cut; None if none was cut."""
    median_tokens: float | None
    """Median tokens of a completion."""
    truncated: Proportion
    """Completions cut at the limit."""


@dataclass(frozen=True)
class TrainingBudget:
    """What one trial was trained on."""

    trial: str
    """Name of the trial."""
    arm: str
    """Its arm."""
    num_steps: int
    """Optimiser steps."""
    examples_a_step: int
    """Examples an optimiser step, accumulation included."""
    max_seq_len: int
    """Tokens a row may have."""
    cut_rows: Proportion
    """Rows cut at that limit: their end was never learnt."""
    num_tokens: int | None
    """Tokens of all rows; None if unknown."""
    opens_with_code: bool | None
    """Whether its answers begin with code rather than words; None if unknown."""


@dataclass(frozen=True)
class GainSplit:
    """What a checkpoint gained over its base, split into format and ability.

    A problem counts as *format* if the base itself solves it under some protocol or rule. Every
    cell is another attempt of the base, so that the format part is rather too large than too small.
    """

    checkpoint: str
    """Label of the trained checkpoint."""
    base: str
    """Label of its untrained base."""
    num_cells: int
    """Protocols times rules under which the base was tried."""
    gained: Proportion
    """Problems that the checkpoint passes and the base does not, of all problems."""
    lost: Proportion
    """Problems that the base passes and the checkpoint does not."""
    format: Proportion
    """Gained problems that the base solves in some cell, of all problems."""
    ability: Proportion
    """Gained problems that the base solves in no cell, of all problems."""
    format_share: Proportion
    """Format of gained."""
    net: Difference
    """Checkpoint minus base in the study's own cell."""
    best_protocol: Protocol
    """Protocol of the base's best single cell."""
    best_rule: str
    """Its rule."""
    best_score: Proportion
    """The base's score there, flattered a little by the choice."""
    beyond_format: Difference
    """Checkpoint minus the base's best single cell: what no change of format explains."""

    @property
    def counts_problems(self) -> bool:
        """Return whether the parts are whole problems, as they are with one completion of each.

        With several, a part is a mean share, and its k the problems that have any of it.
        """
        parts = self.gained, self.lost, self.format, self.ability
        return all(
            part.estimate is None or math.isclose(part.k, part.n * part.estimate) for part in parts
        )


@dataclass(frozen=True)
class StudyAudit:
    """Whether a code study's scores are about the models or about the form of their answers."""

    own_protocol: Protocol
    """Protocol of the study."""
    own_rule: str
    """Extraction rule of the study."""
    protocols: tuple[Protocol, ...]
    """Every protocol tried, the study's first."""
    rules: tuple[str, ...]
    """Every rule tried, the study's first."""
    matrix: tuple[MatrixCell, ...]
    """Every checkpoint under every protocol and rule at hand."""
    changes: tuple[ProtocolChange, ...]
    """Every checkpoint under other protocols, against the study's."""
    budgets: tuple[TokenBudget, ...]
    """Tokens of every checkpoint under every protocol."""
    training: tuple[TrainingBudget, ...]
    """Tokens of every trial's training."""
    splits: tuple[GainSplit, ...]
    """The gain of every trained checkpoint over its base."""
    skipped: tuple[str, ...] = ()
    """Protocols that were not tried, since the base has no chat template, each with the base."""
