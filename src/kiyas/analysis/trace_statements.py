"""What was found in traces -> statements in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kiyas.records import Finding
from kiyas.records.traces import TraceFindings

_CLAIMS = {
    "passing-plans-first": "passing answers plan in their thinking before the code",
    "failing-over-reasons": "failing answers over-reason",
    "passing-uses-comprehensions": "passing answers use comprehensions",
    "failing-mixes-methods": "failing answers mix recursion and loops in one function",
    "first-arm-learns-faster": "the arm named first learns faster at first",
}


def state_traces(
    found: TraceFindings, alpha: float = 0.05, *, num_seeds: int = 1
) -> Iterator[Finding]:
    """Yield one statement on the claims and one on the measures, if there was anything to test.

    Args:
        found: What was found in the traces.
        alpha: Level at which a measure is told apart.
        num_seeds: Training seeds an arm.
    """
    if found.claims:
        verdicts = Counter(claim.verdict for claim in found.claims)
        told = "".join(
            f" {claim.verdict.capitalize()}: {_CLAIMS[claim.name]} ({claim.arm})."
            for claim in found.claims
            if claim.verdict != "not distinguishable"
        )
        of_one_seed = (
            ", and with one training seed it is said of these weights alone"
            if num_seeds == 1
            else ""
        )
        yield Finding(
            "trace-claims",
            "note",
            f"Of {len(found.claims)} claims on reasoning and learning, {verdicts['supported']} are "
            f"supported, {verdicts['contradicted']} contradicted and "
            f"{verdicts['not distinguishable']} not distinguishable.{told} What goes with passing "
            f"need not cause it{of_one_seed}.",
            {
                "num_supported": verdicts["supported"],
                "num_contradicted": verdicts["contradicted"],
                "num_claims": len(found.claims),
            },
        )
    if found.num_tests:
        apart = [t for t in found.tests if t.p_adjusted is not None and t.p_adjusted <= alpha]
        often = Counter(test.measure for test in apart).most_common(1)
        most = "".join(f" Most often: {name}, at {count} checkpoints." for name, count in often)
        yield Finding(
            "trace-measures",
            "note",
            f"{len(apart)} of {found.num_tests} measures of traces, counted over checkpoints, go "
            f"with passing or failing after Holm.{most}",
            {"num_apart": len(apart), "num_tests": found.num_tests},
        )
