"""The frozen records of timed predictions: how long each arm takes, and whether two differ."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LatencyFigures:
    """How long one arm takes at one batch size."""

    arm: str
    """Name of the arm."""
    batch_size: int
    """Texts a call."""
    num_calls: int
    """Timed calls, after the warm-up."""
    median_ms: float
    """Median of a call."""
    p95_ms: float
    """95th percentile of a call."""
    texts_per_s: float
    """Texts a second at the median."""
    merged: bool | None
    """Whether the adapter was merged into the base; None without an adapter."""
    dtype: str
    """Precision of prediction."""


@dataclass(frozen=True)
class LatencyRatio:
    """Two arms on the same inputs."""

    first: str
    """Name of the first arm."""
    second: str
    """Name of the second arm."""
    batch_size: int
    """Texts a call."""
    ratio: float
    """Time of the first over time of the second: pseudo-median over the inputs."""
    ci_low: float | None
    """Lower end of its bootstrap interval over inputs."""
    ci_high: float | None
    """Upper end."""
    verdict: str
    """``faster``, ``slower`` or ``no difference detected``."""


@dataclass(frozen=True)
class LatencyReport:
    """Latency of all arms on one machine."""

    figures: tuple[LatencyFigures, ...]
    """By batch size and arm."""
    ratios: tuple[LatencyRatio, ...]
    """Each pair of arms at each batch size."""
    num_warmup: int
    """Calls an arm and batch size before timing began."""
    num_inputs: int
    """Different texts (batch 1) that every arm was timed on."""
    device: str
    """Where it was measured."""
    num_threads: int | None
    """Threads of torch; None if no arm uses it."""
