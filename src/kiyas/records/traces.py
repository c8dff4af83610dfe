"""The frozen records of reasoning traces: what was measured in each, and what goes with passing.

Nothing here computes a figure. A trace is the whole text of one completion: the thinking, the
answer and the code in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kiyas.records.measures import Proportion

ClaimVerdict = Literal["supported", "contradicted", "not distinguishable"]
"""What the data say of a claim; the last one says nothing for or against it."""


@dataclass(frozen=True)
class Trace:
    """What was measured in one completion; measures of code are None where no program was found."""

    task_id: str
    """Problem that was asked."""
    sample: int
    """0-based index among the K completions of the problem."""
    passed: bool
    """Whether the program passed every test."""
    num_thinking_tokens: float
    """The thinking's share of the characters times the tokens decoded: an estimate; 0 without."""
    plans_first: bool
    """Whether thinking that is closed stands before the answer that the program is from."""
    is_thinking_unclosed: bool
    """Whether thinking was opened and not closed."""
    is_truncated: bool
    """Whether the completion ended at the token limit."""
    over_reasons: bool
    """Whether there is thinking, and the text was cut off in it, or no whole program follows it."""
    repetition: float
    """Share of the four-word sequences that occurred before in the same text, 0 to 1."""
    num_solutions: int
    """Different definitions of the entry point in thinking and answer together."""
    is_recursive: bool | None = None
    """Whether some function calls itself, or functions call each other in a ring."""
    is_iterative: bool | None = None
    """Whether there is a ``for`` or ``while`` statement; comprehensions are not counted."""
    mixes_methods: bool | None = None
    """Whether one function calls itself and holds a loop of its own."""
    idioms: tuple[str, ...] | None = None
    """Idioms in use, by name, sorted."""
    num_unused_helpers: int | None = None
    """Functions at module level that the entry point never reaches; the prompt's left out."""


@dataclass(frozen=True)
class MeasureTest:
    """One measure of the traces of one checkpoint, against passing."""

    checkpoint: str
    """Label of the checkpoint."""
    arm: str
    """Name of the arm; empty for a base."""
    measure: str
    """Name of the measure, such as ``comprehension``."""
    kind: Literal["share", "amount"]
    """Whether a trace has it or not, or has some amount of it."""
    passing: Proportion | None
    """Passing traces that have it, of all passing traces; None for an amount."""
    failing: Proportion | None
    """Failing traces that have it, of all failing traces; None for an amount."""
    median_passing: float | None
    """Median amount among passing traces; None for a share, or without passing traces."""
    median_failing: float | None
    """Median amount among failing traces; None for a share, or without failing traces."""
    effect: float | None
    """Share: pass rate of traces with it minus those without. Amount: probability that a passing
    trace has more than a failing one, ties half, minus one half. None where one side is empty."""
    ci_low: float | None
    """Lower end of the interval of the effect."""
    ci_high: float | None
    """Upper end of the interval of the effect."""
    test: Literal["Fisher's exact", "rank permutation"]
    """How it was tested."""
    p_value: float | None
    """Two-sided p of this measure alone; None where nothing varies and there is no test."""
    p_adjusted: float | None
    """The same after Holm over the declared family: every test of the study's traces."""


@dataclass(frozen=True)
class Claim:
    """A claim about the traces or the learning of an arm, and what the data say."""

    name: str
    """Key of the claim, such as ``passing-plans-first``."""
    arm: str
    """Arm that it is asked of; two arms joined by `` / `` where it compares them."""
    measure: str
    """What was measured for it."""
    effect: float | None
    """Pass rate with the measure minus without, pooled over the arm's checkpoints; or the
    difference of the two arms. None where undefined."""
    ci_low: float | None
    """Lower end of its interval."""
    ci_high: float | None
    """Upper end of its interval."""
    p_value: float | None
    """Two-sided p alone; None where nothing varies."""
    p_adjusted: float | None
    """The same after Holm over all claims of the study."""
    verdict: ClaimVerdict
    """Supported or contradicted only with a corrected p at or below alpha."""
    passing: Proportion | None = None
    """Passing traces that have the measure, over the arm's checkpoints; None if it compares."""
    failing: Proportion | None = None
    """Failing traces that have the measure."""


@dataclass(frozen=True)
class TraceFindings:
    """Everything that was found in the traces of a study."""

    tests: tuple[MeasureTest, ...]
    """By checkpoint, then by measure."""
    claims: tuple[Claim, ...]
    """By claim, then by arm."""
    num_tests: int
    """Size of the family of ``tests``: those in which something varies."""
    num_traces: int
    """Completions measured."""
    sampled: bool
    """Whether only the first of K completions of each problem was tested, for independence."""
