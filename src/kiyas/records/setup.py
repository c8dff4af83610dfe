"""The frozen records of what a study was made of, for a reader who has not seen its file.

Nothing here reads a file. What cannot be known without fetching a base is None.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelSetup:
    """Sizes of one base model."""

    name: str
    """Name in the study file."""
    num_parameters: int | None
    """All weights."""
    num_layers: int | None
    """Blocks."""
    hidden_size: int | None
    """Width of the residual stream."""
    vocab_size: int | None
    """Tokens in the vocabulary."""


@dataclass(frozen=True)
class ArmSetup:
    """One row of the comparison."""

    name: str
    """Name of the arm."""
    base: str
    """Its base model; empty for an arm without one."""
    data: str
    """Where its training rows come from; empty for an arm that is not trained."""
    num_trainable: int | None
    """Weights of its adapter, a head not counted; None if unknown or not trained."""


@dataclass(frozen=True)
class StudySetup:
    """What was asked, of what, and with which settings."""

    question: str
    """The study's own description; empty if it gives none."""
    models: tuple[ModelSetup, ...]
    """Every base once."""
    arms: tuple[ArmSetup, ...]
    """Every arm, in the order of the study."""
    settings: tuple[tuple[str, str], ...]
    """Dotted keys of the study file with their values, defaults filled in."""
