"""The frozen records of softer outcomes: how far answers came where passing is too rare a thing.

Nothing here computes a figure. A softer outcome says how far an answer came, never that more
problems are solved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kiyas.records.measures import Difference

SoftOutcome = Literal["assertions", "runs", "compiles", "code-found", "reference-likelihood"]
"""Share of the test's assertions passed before the first that fails; whether the program ran to an
answer; whether it compiles; whether there is code at all; mean log-likelihood of a token of the
reference solution."""

Edge = Literal["floor", "ceiling"]
"""Almost nothing passes, or almost all."""


LikelihoodGap = Literal["server", "no-solutions"]
"""Why the reference solutions were not scored although they were wanted: a server tells no
likelihood of a text that it is given; the benchmark has no solutions."""


@dataclass(frozen=True)
class SolutionLikelihood:
    """How likely a checkpoint finds one reference solution: one line of ``likelihoods.jsonl``."""

    task_id: str
    """Problem that is solved."""
    log_likelihood: float
    """Mean over the solution's tokens, in nats."""
    num_tokens: int
    """Tokens of the solution."""


@dataclass(frozen=True)
class SoftScore:
    """What one checkpoint reached by one softer outcome."""

    checkpoint: str
    """Label of the checkpoint."""
    outcome: SoftOutcome
    """Which outcome."""
    num_problems: int
    """Problems for which it is known."""
    mean: float | None
    """Mean over these problems: a share, or for ``reference-likelihood`` nats a token."""
    ci_low: float | None
    """Lower end of its interval."""
    ci_high: float | None
    """Upper end of its interval."""
    num_true: int | None = None
    """Problems for which it holds, where it is yes or no; None for an outcome of amounts."""


@dataclass(frozen=True)
class SoftComparison:
    """Two checkpoints on the same problems by a softer outcome."""

    first: str
    """Label of the first checkpoint."""
    second: str
    """Label of the second checkpoint."""
    outcome: SoftOutcome
    """Which outcome."""
    num_problems: int
    """Problems for which it is known of both."""
    difference: Difference
    """First minus second; corrected by Holm over all softer comparisons of the study."""
    verdict: Literal["better", "worse", "no difference detected"]
    """Of the first, by this outcome alone."""


@dataclass(frozen=True)
class SoftFindings:
    """Softer outcomes of all checkpoints, and whether pass@1 can separate them at all."""

    edge: Edge | None
    """Where the benchmark is for these checkpoints; None if pass@1 has room both ways."""
    num_comparisons: int
    """Pairs in the study's declared family."""
    num_separated: int
    """Pairs that pass@1 tells apart."""
    scores: tuple[SoftScore, ...]
    """By checkpoint, then by outcome; outcomes that are unknown everywhere are left out."""
    comparisons: tuple[SoftComparison, ...]
    """The declared family by every softer outcome; empty unless the benchmark is at an edge."""
    num_unsupported: dict[str, int]
    """Completions that needed what the cage does not offer, by checkpoint; none left out at 0."""
    likelihood_gap: LikelihoodGap | None = None
    """Why there is no likelihood of the reference solutions, where one was wanted."""
