"""Softer outcomes -> statements: what pass@1 cannot separate, what unsupported answers add."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from kiyas.analysis.soft_outcomes import EDGE_SHARE, UNSUPPORTED
from kiyas.analysis.wording import DASH
from kiyas.records import CheckpointScore, Finding
from kiyas.records.soft_outcomes import SoftFindings, SoftOutcome

_NAMES: Mapping[SoftOutcome, str] = MappingProxyType(
    {
        "assertions": "assertions passed",
        "runs": "runs to an answer",
        "compiles": "compiles",
        "code-found": "code found",
        "reference-likelihood": "likelihood of the reference solution",
    }
)


def state_soft_outcomes(
    found: SoftFindings, checkpoints: Sequence[CheckpointScore]
) -> Iterator[Finding]:
    """Yield that pass@1 cannot separate the arms, and what unsupported completions could add."""
    if found.edge is not None:
        yield _state_edge(found)
    if found.num_unsupported:
        worst = max(found.num_unsupported, key=lambda label: found.num_unsupported[label])
        score = next(item.pass_at_1 for item in checkpoints if item.checkpoint.label == worst)
        could = score.k + found.num_unsupported[worst]
        yield Finding(
            UNSUPPORTED,
            "warning",
            f"{sum(found.num_unsupported.values())} completions of {len(found.num_unsupported)} "
            "checkpoints import a package or return a value that the cage does not pass on. They "
            "count as not passed, so that no program can leave the count by what it imports; were "
            f"all of them right, {worst} would have {could}/{score.n} instead of "
            f"{score.k}/{score.n}. Packages can be allowed under score.packages.",
            {"num_unsupported": sum(found.num_unsupported.values()), "k_at_most": could},
        )


def _state_edge(found: SoftFindings) -> Finding:
    limit = (
        f"no checkpoint passes {100 * EDGE_SHARE:g} %"
        if found.edge == "floor"
        else f"every checkpoint passes {100 * (1 - EDGE_SHARE):g} %"
    )
    separated = found.num_separated
    means = (
        "pass@1 cannot separate the checkpoints here"
        if separated == 0
        else f"pass@1 separates {separated} of {found.num_comparisons} pairs only"
    )
    apart = [item for item in found.comparisons if item.verdict != "no difference detected"]
    pairs = {(item.first, item.second) for item in apart}
    by_outcome = Counter(item.outcome for item in apart)
    known = {item.outcome for item in found.comparisons}
    counts = ", ".join(
        f"{name} {by_outcome[outcome] if outcome in known else DASH}"
        for outcome, name in _NAMES.items()
    )
    softer = f"Softer outcomes tell {len(pairs)} of {found.num_comparisons} pairs apart"
    if pairs:
        softer += f" ({counts})"
    return Finding(
        found.edge or "",
        "warning",
        f"The benchmark is at its {found.edge} here: {limit}, so {means}. {softer}; they say "
        "how far answers came, never that more problems are solved. More completions a problem, or "
        "another benchmark, would show more.",
        {
            "num_separated": separated,
            "num_comparisons": found.num_comparisons,
            "num_separated_softly": len(pairs),
        },
    )
