"""The records of a code study, from examples and problems to findings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from kiyas.records.code_audit import StudyAudit
from kiyas.records.contamination import ContaminationFindings
from kiyas.records.costs import CostFindings
from kiyas.records.decoding_noise import DecodingNoise
from kiyas.records.measures import FinishReason, Proportion, Protocol
from kiyas.records.soft_outcomes import SoftFindings
from kiyas.records.traces import TraceFindings
from kiyas.records.trajectory import Trajectory

BASE_STEP = 0
"""The step of the untrained base."""


@dataclass(frozen=True)
class Example:
    """One training item of a code study."""

    prompt: str
    """What the user asks."""
    response: str
    """What the model should answer: reasoning trace and code."""
    row: int
    """1-based row (or line) in the source, for messages."""


@dataclass(frozen=True)
class Problem:
    """One benchmark item of a code task."""

    task_id: str
    """Name in the benchmark, such as ``HumanEval/0``."""
    prompt: str
    """Python source up to and including the signature and docstring of the entry point."""
    entry_point: str
    """Name of the function that the test calls."""
    test: str
    """Python source that defines ``check(candidate)``."""
    canonical_solution: str = ""
    """Continuation of the prompt that must pass; empty if the benchmark has none."""


@dataclass(frozen=True)
class Benchmark:
    """A set of problems whose bytes are known."""

    name: str
    """Name in the study file, such as ``humaneval``."""
    problems: tuple[Problem, ...]
    """All N problems, in the order of the source."""
    sha256: str
    """Hash of the problems as used, in hex."""


@dataclass(frozen=True)
class Trial:
    """One arm with one seed."""

    name: str
    """Folder name, such as ``deep/seed-42``; unique in the study."""
    arm: str
    """Name of the arm."""
    seed: int
    """Seed of data order, adapter initialisation and dropout."""


@dataclass(frozen=True, order=True)
class Checkpoint:
    """A trial's adapter at one step; step 0 is the untrained base, which belongs to no trial."""

    trial: str
    """Name of the trial, or ``base/NAME`` for an untrained base."""
    step: int
    """Optimiser steps done; 0 is the base."""
    arm: str = ""
    """Name of the arm; empty for a base."""
    seed: int | None = None
    """Seed of the trial; None for a base."""

    @property
    def label(self) -> str:
        """Return the name that tables and files use, such as ``deep/seed-42/step-100``."""
        return f"{self.trial}/step-{self.step}"

    @property
    def is_base(self) -> bool:
        """Return whether this is an untrained base."""
        return self.step == BASE_STEP


@dataclass(frozen=True)
class Completion:
    """One sampled text: one line of ``samples.jsonl``."""

    task_id: str
    """Problem that was asked."""
    sample: int
    """0-based index among the K completions of the problem."""
    protocol: Protocol
    """How the problem was put to the model."""
    prompt_hash: str
    """SHA-256 of the prompt's token ids, in hex."""
    completion: str
    """The text as decoded, special tokens left out; never stripped."""
    num_tokens: int
    """Tokens decoded, the end token included."""
    finish_reason: FinishReason
    """Why decoding ended."""
    seconds: float
    """Wall seconds of the row in its batch."""
    elapsed_s: float | None = None
    """Wall seconds of decoding since the completion before, of any checkpoint: they add up to the
    time of decoding. None in what an older kiyas wrote."""
    is_reused: bool = False
    """Whether it comes from the machine's cache of completions."""


@dataclass(frozen=True)
class Extraction:
    """How code was taken out of one completion."""

    program: str
    """The whole program to judge; empty if no code was found."""
    rule: str
    """Name of the rule that gave it, such as ``last-fence``; ``none`` if no code was found."""


@dataclass(frozen=True)
class Score:
    """The verdict on one completion: one line of ``scores.jsonl``."""

    task_id: str
    """Problem that was judged."""
    sample: int
    """0-based index among the K completions of the problem."""
    outcome: str
    """One label of the failure taxonomy; ``passed`` is the only success."""
    detail: str
    """Last line of the traceback, the failing assertion, or empty."""
    rule: str
    """Extraction rule that gave the program."""
    program: str
    """The program that was judged."""
    seconds: float
    """Wall seconds in the cage."""
    isolation: str
    """Name of the cage's level."""
    finish_reason: FinishReason = "stop"
    """Why decoding ended, carried along for truncation rates."""
    num_tokens: int = 0
    """Tokens decoded, carried along for cost."""
    num_calls: int | None = None
    """Calls of the test that the solution answered; None where the cage could not count them."""

    @property
    def passed(self) -> bool:
        """Return whether the program passed every test."""
        return self.outcome == "passed"


@dataclass(frozen=True)
class CheckpointScore:
    """What one checkpoint reached on the benchmark."""

    checkpoint: Checkpoint
    """Which adapter."""
    pass_at_1: Proportion
    """Passing completions of all completions; over problems if K > 1."""
    truncated: Proportion
    """Completions that ended at the token limit."""
    outcomes: dict[str, int]
    """Completions by outcome."""
    rules: dict[str, int]
    """Completions by extraction rule."""
    num_tokens: int
    """Tokens decoded."""
    num_unscored: int = 0
    """Completions that the cage could not judge; in no other count. Above 0: incomplete."""
    epoch: float | None = None
    """Epochs of training data seen; None for the base."""
    train_loss: float | None = None
    """Training loss at the step; None for the base or where history has no such step."""


@dataclass(frozen=True)
class Comparison:
    """Two checkpoints on the same problems, paired."""

    first: str
    """Label of the first checkpoint."""
    second: str
    """Label of the second checkpoint."""
    kind: Literal["against-base", "between-arms"]
    """Which question it answers."""
    test: Literal["exact McNemar", "sign flip"]
    """How the two were tested: McNemar for one completion a problem, sign flips for more."""
    num_problems: int
    """Problems scored for both."""
    num_first_only: int | None
    """Problems that only the first passed (b); None with several completions a problem."""
    num_second_only: int | None
    """Problems that only the second passed (c); None with several completions a problem."""
    difference: float | None
    """First minus second, as a share of the problems; None without problems."""
    ci_low: float | None
    """Lower end of the interval of the difference."""
    ci_high: float | None
    """Upper end of the interval of the difference."""
    p_value: float
    """Two-sided p of this pair alone."""
    p_adjusted: float
    """The same after Holm over the declared family of all comparisons of the study."""
    verdict: str
    """``better``, ``worse``, ``no difference detected`` or ``underpowered``."""
    smallest_detectable: float | None
    """Smallest true difference seen with 80 % power at the observed discordance; None if none."""


@dataclass(frozen=True)
class Finding:
    """A statement with its numbers, in plain words."""

    kind: str
    """What it is about, such as ``best-checkpoint`` or ``floor``."""
    severity: Literal["note", "warning", "alarm"]
    """How loudly to say it."""
    text: str
    """The sentence."""
    numbers: dict[str, float | int | str | None] = field(default_factory=dict)
    """The figures behind the sentence."""


@dataclass(frozen=True)
class CodeFindings:
    """Every number of a code study's report."""

    study: str
    """Name of the study."""
    benchmark: str
    """Name of the benchmark."""
    num_problems: int
    """N."""
    num_samples: int
    """K."""
    protocol: Protocol
    """How problems were put to the model."""
    isolation: str
    """Level of the cage that judged."""
    confidence: float
    """Level of every interval."""
    checkpoints: tuple[CheckpointScore, ...]
    """Base first, then each trial's checkpoints in order of step."""
    comparisons: tuple[Comparison, ...]
    """The declared family."""
    best: str | None
    """Label of the best checkpoint, selected on the test set; None if nothing passed."""
    findings: tuple[Finding, ...]
    """Statements, loudest first."""
    trajectory: Trajectory | None = None
    """Selection, plateau, learning speed, seeds and the problems' way over the checkpoints."""
    audit: StudyAudit | None = None
    """The artefact audit; None where it was switched off."""
    soft_outcomes: SoftFindings | None = None
    """How far answers came, and whether pass@1 can separate the checkpoints at all."""
    traces: TraceFindings | None = None
    """Reasoning traces against passing, and the claims about them."""
    contamination: ContaminationFindings | None = None
    """What the training sets share with the benchmark; None if no arm trains."""
    decoding_noise: DecodingNoise | None = None
    """How much of a score is the batch; None if it was not probed."""
    costs: CostFindings | None = None
    """What the study took; None if nothing was recorded."""
