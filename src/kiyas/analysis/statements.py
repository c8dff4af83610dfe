"""Numbers of a code study -> statements in plain words, loudest first.

Says only what the numbers support. With one training seed it speaks of weights, never of the
strategy that made them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kiyas.records import CheckpointScore, Comparison, Finding

TRUNCATION_SHARE = 0.1
"""From this share of completions cut at the token limit a score tests the budget as well."""
_UNKNOWN_KIND = " Whether a gain is one of ability or of answer format this table cannot say."
_LOUDNESS = {"alarm": 0, "warning": 1, "note": 2}


def make_statements(
    checkpoints: Sequence[CheckpointScore],
    comparisons: Sequence[Comparison],
    num_seeds: int,
    *,
    is_audited: bool = False,
) -> Iterator[Finding]:
    """Yield every statement that scores and comparisons support.

    Args:
        checkpoints: What each checkpoint reached.
        comparisons: The declared family.
        num_seeds: Training seeds an arm.
        is_audited: Whether an artefact audit says what the gain is made of.
    """
    yield from _incomplete(checkpoints)
    yield from _of_gains(comparisons, is_audited=is_audited)
    yield from _between_arms(comparisons, num_seeds)
    yield from _truncation(checkpoints)


def sort_statements(statements: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return statements loudest first, otherwise in their order."""
    return tuple(sorted(statements, key=lambda finding: _LOUDNESS[finding.severity]))


def _incomplete(checkpoints: Sequence[CheckpointScore]) -> Iterator[Finding]:
    failed = sum(item.num_unscored for item in checkpoints)
    if failed:
        yield Finding(
            "incomplete",
            "alarm",
            f"{failed} completions could not be judged because the cage failed; they count for "
            "no checkpoint, and the scores are incomplete. Give the command again.",
            {"num_unscored": failed},
        )


def _of_gains(comparisons: Sequence[Comparison], *, is_audited: bool) -> Iterator[Finding]:
    against_base = [item for item in comparisons if item.kind == "against-base"]
    if not against_base:
        return
    better = [item for item in against_base if item.verdict == "better"]
    worse = [item for item in against_base if item.verdict == "worse"]
    total = len(against_base)
    yield Finding(
        "gain",
        "note",
        f"{len(better)} of {total} checkpoints are better than the untrained base and "
        f"{len(worse)} are worse, after correction for all {len(comparisons)} comparisons of "
        f"this study.{'' if is_audited else _UNKNOWN_KIND}",
        {
            "num_better": len(better),
            "num_worse": len(worse),
            "num_checkpoints": total,
            "num_comparisons": len(comparisons),
        },
    )


def _between_arms(comparisons: Sequence[Comparison], num_seeds: int) -> Iterator[Finding]:
    between = [item for item in comparisons if item.kind == "between-arms"]
    if not between:
        return
    told_apart = [item for item in between if item.verdict in ("better", "worse")]
    seen = [i.smallest_detectable for i in between if i.smallest_detectable is not None]
    share = f"{len(told_apart)} of {len(between)} comparisons at equal steps"
    text = f"The arms can be told apart in {share}"
    if not told_apart and len(seen) == len(between):  # each of them would have seen it
        text += f"; a difference of {100 * max(seen):.1f} points or more would have been seen"
    text += "."
    if num_seeds == 1:
        text += (
            " With one training seed an arm, a difference is one between these weights, "
            "never evidence that one data strategy is better."
        )
    yield Finding(
        "arms",
        "note" if num_seeds > 1 else "warning",
        text,
        {"num_told_apart": len(told_apart), "num_comparisons": len(between)},
    )


def _truncation(checkpoints: Sequence[CheckpointScore]) -> Iterator[Finding]:
    cut = [i for i in checkpoints if (i.truncated.estimate or 0) >= TRUNCATION_SHARE]
    if cut:
        worst = max(cut, key=lambda item: item.truncated.estimate or 0)
        yield Finding(
            "truncation",
            "warning",
            f"{len(cut)} of {len(checkpoints)} checkpoints have at least "
            f"{100 * TRUNCATION_SHARE:.0f} % of their completions cut at the token limit (most: "
            f"{worst.checkpoint.label}, {worst.truncated.k}/{worst.truncated.n}): a limit on "
            "tokens is tested along with ability.",
            {"num_checkpoints": len(cut), "k": worst.truncated.k, "n": worst.truncated.n},
        )
