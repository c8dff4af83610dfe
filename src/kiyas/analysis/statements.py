"""Numbers of a code study -> statements in plain words, loudest first.

Says only what the numbers support. With one training seed it speaks of weights, never of the
strategy that made them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from kiyas.records import CheckpointScore, Comparison, Finding
from kiyas.statistics import correct_best, find_plateau

FLOOR_SHARE = 0.05
"""Below this share of passes everywhere a benchmark hardly separates checkpoints."""
TRUNCATION_SHARE = 0.1
"""From this share of completions cut at the token limit a score tests the budget as well."""
_LOUDNESS = {"alarm": 0, "warning": 1, "note": 2}


def make_statements(
    checkpoints: Sequence[CheckpointScore],
    comparisons: Sequence[Comparison],
    tables: Mapping[str, Mapping[str, float]],
    best: str | None,
    seeds: tuple[int, int],
) -> tuple[Finding, ...]:
    """Return every statement that the numbers support.

    Args:
        checkpoints: What each checkpoint reached.
        comparisons: The declared family.
        tables: Share of passing completions by problem, by label.
        best: Label of the best trained checkpoint, if anything passed.
        seeds: Training seeds an arm, and the seed of every resampling.
    """
    num_seeds, seed = seeds
    statements = [
        *_incomplete(checkpoints),
        *_at_the_edge(checkpoints),
        *_of_gains(comparisons),
        *_between_arms(comparisons, num_seeds),
        *_of_best(checkpoints, tables, best, seed),
        *_truncation(checkpoints),
    ]
    return tuple(sorted(statements, key=lambda finding: _LOUDNESS[finding.severity]))


def _incomplete(checkpoints: Sequence[CheckpointScore]) -> Iterator[Finding]:
    unscored = sum(item.num_unscored for item in checkpoints)
    if unscored:
        yield Finding(
            "incomplete",
            "alarm",
            f"{unscored} completions could not be judged because the cage failed; they count for "
            "no checkpoint, and the scores are incomplete. Give the command again.",
            {"num_unscored": unscored},
        )


def _at_the_edge(checkpoints: Sequence[CheckpointScore]) -> Iterator[Finding]:
    shares = [i.pass_at_1.estimate for i in checkpoints if i.pass_at_1.estimate is not None]
    if not shares:
        return
    if max(shares) < FLOOR_SHARE:
        place, figure = "floor", max(shares)
        limit = f"no checkpoint passes {FLOOR_SHARE:.0%}"
    elif min(shares) > 1 - FLOOR_SHARE:
        place, figure = "ceiling", min(shares)
        limit = f"every checkpoint passes {1 - FLOOR_SHARE:.0%}"
    else:
        return
    yield Finding(
        place,
        "warning",
        f"The benchmark is at its {place} here: {limit}, so pass@1 can hardly tell the "
        "checkpoints apart.",
        {"pass_at_1": figure},
    )


def _of_gains(comparisons: Sequence[Comparison]) -> Iterator[Finding]:
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
        "this study. Whether a gain is one of ability or of answer format this table cannot say.",
        {"num_better": len(better), "num_worse": len(worse), "num_comparisons": total},
    )


def _between_arms(comparisons: Sequence[Comparison], num_seeds: int) -> Iterator[Finding]:
    between = [item for item in comparisons if item.kind == "between-arms"]
    if not between:
        return
    told_apart = [item for item in between if item.verdict in ("better", "worse")]
    seen = [i.smallest_detectable for i in between if i.smallest_detectable is not None]
    text = f"The arms can be told apart at {len(told_apart)} of {len(between)} equal steps"
    if not told_apart and seen:
        text += f"; a difference of {100 * min(seen):.1f} points or more would have been seen"
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


def _of_best(
    checkpoints: Sequence[CheckpointScore],
    tables: Mapping[str, Mapping[str, float]],
    best: str | None,
    seed: int,
) -> Iterator[Finding]:
    trained = [i.checkpoint for i in checkpoints if not i.checkpoint.is_base]
    if best is None or len(trained) < 2:
        return
    tasks = sorted(set.intersection(*(set(tables[item.label]) for item in trained)))
    if len(tasks) < 2:
        return
    scores = np.array([[tables[item.label][task] for task in tasks] for item in trained])
    chosen = correct_best(scores, seed)
    corrected = chosen.corrected
    yield Finding(
        "best-checkpoint",
        "warning",
        f"{best} is the best of {len(trained)} checkpoints, selected on the test set itself: "
        f"{_percent(chosen.observed)} as observed, {_percent(corrected.estimate)} "
        f"[{_percent(corrected.low)}, {_percent(corrected.high)}] after repeated split-half "
        "cross-fitting takes the luck of the choice out.",
        {
            "observed": chosen.observed,
            "corrected": corrected.estimate,
            "ci_low": corrected.low,
            "ci_high": corrected.high,
            "num_checkpoints": len(trained),
        },
    )
    arm = next(item for item in trained if item.label == best)
    rows = [n for n, item in enumerate(trained) if (item.arm, item.seed) == (arm.arm, arm.seed)]
    if len(rows) > 1:
        plateau = find_plateau(scores[rows], seed)
        earliest = trained[rows[plateau.earliest]]
        if earliest.step < arm.step:
            yield Finding(
                "plateau",
                "note",
                f"{earliest.label} cannot be told from the best checkpoint of its trial "
                "(within one standard error, and by a paired test): training could stop there.",
                {"step": earliest.step, "best_step": arm.step},
            )


def _truncation(checkpoints: Sequence[CheckpointScore]) -> Iterator[Finding]:
    cut = [i for i in checkpoints if (i.truncated.estimate or 0) >= TRUNCATION_SHARE]
    if cut:
        worst = max(cut, key=lambda item: item.truncated.estimate or 0)
        yield Finding(
            "truncation",
            "warning",
            f"{len(cut)} of {len(checkpoints)} checkpoints have at least "
            f"{TRUNCATION_SHARE:.0%} of their completions cut at the token limit (most: "
            f"{worst.checkpoint.label}, {worst.truncated.k}/{worst.truncated.n}): a limit on "
            "tokens is tested along with ability.",
            {"num_checkpoints": len(cut), "k": worst.truncated.k, "n": worst.truncated.n},
        )


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"
