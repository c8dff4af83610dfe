"""What every score is made of: the protocol, how decoding ended, a share with its interval.

The lowest of the record modules; ``records`` passes all of it on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Protocol = Literal["completion", "chat", "chat-prefill"]
"""How a problem is put to the model."""

FinishReason = Literal["stop", "length", "complete", "error"]
"""Why decoding ended: end token or stop rule, the token limit, or numbers that are not finite."""


@dataclass(frozen=True)
class Proportion:
    """A share with its counts and interval; undefined figures are None, never 0."""

    k: int
    """Successes."""
    n: int
    """Trials."""
    estimate: float | None
    """k / n; None when n is 0."""
    ci_low: float | None
    """Lower end of the interval."""
    ci_high: float | None
    """Upper end of the interval."""
    method: str = "wilson"
    """How the interval was made."""


@dataclass(frozen=True)
class Difference:
    """A paired difference of two shares, in fractions; what is undefined is None."""

    estimate: float | None
    """First minus second."""
    ci_low: float | None
    """Lower end of the interval."""
    ci_high: float | None
    """Upper end of the interval."""
    p_value: float | None
    """Two-sided p of this pair alone."""
    p_adjusted: float | None
    """The same, corrected for its declared family."""
