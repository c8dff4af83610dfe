"""Traces -> tests against passing, and claims: right figures, one family, nothing invented."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from kiyas.analysis.trace_statements import state_traces
from kiyas.analysis.traces import TracedCheckpoint, analyse_traces
from kiyas.records import Checkpoint, Comparison
from kiyas.records.measures import Difference
from kiyas.records.traces import Claim, MeasureTest, Trace, TraceFindings
from kiyas.records.trajectory import ArmDifference

N = 164
BLANK = Trace(
    task_id="",
    sample=0,
    passed=False,
    num_thinking_tokens=0.0,
    plans_first=False,
    is_thinking_unclosed=False,
    is_truncated=False,
    over_reasons=False,
    repetition=0.0,
    num_solutions=1,
    is_recursive=False,
    is_iterative=True,
    mixes_methods=False,
    idioms=(),
    num_unused_helpers=0,
)


def traced(
    make: Callable[[int], dict[str, object]], *, step: int = 100, arm: str = "deep", n: int = N
) -> TracedCheckpoint:
    traces = []
    for number in range(n):
        values = {**vars(BLANK), "task_id": f"t/{number}", **make(number)}
        traces.append(Trace(**values))  # type: ignore[arg-type]
    return TracedCheckpoint(Checkpoint(f"{arm}/seed-0", step, arm, 0), tuple(traces))


def test_of(findings: TraceFindings, measure: str) -> MeasureTest:
    (found,) = (test for test in findings.tests if test.measure == measure)
    return found


test_of.__test__ = False  # type: ignore[attr-defined]


def claim_of(findings: TraceFindings, name: str, arm: str = "deep") -> Claim:
    (found,) = (claim for claim in findings.claims if (claim.name, claim.arm) == (name, arm))
    return found


def in_cells(
    counts: tuple[int, int, int, int], **present: object
) -> Callable[[int], dict[str, object]]:
    """Problems in four cells: with it and passed, with it and failed, without, without."""
    edges = np.cumsum(counts)

    def make(number: int) -> dict[str, object]:
        cell = int(np.searchsorted(edges, number, side="right"))
        return {"passed": cell in (0, 2), **(present if cell < 2 else {})}

    return make


def test_a_share_is_tested_by_fisher_and_its_effect_is_the_difference_in_pass_rate() -> None:
    # Fisher's tea tasting, scaled to 24 traces, against SciPy.
    cells = (9, 3, 2, 10)
    found = test_of(
        analyse_traces([traced(in_cells(cells, idioms=("comprehension",)), n=24)]), "comprehension"
    )
    assert found.p_value == pytest.approx(stats.fisher_exact([[9, 3], [2, 10]]).pvalue)
    assert found.effect == pytest.approx(9 / 12 - 2 / 12)
    assert found.passing is not None
    assert found.failing is not None
    assert (found.passing.k, found.passing.n) == (9, 11)
    assert (found.failing.k, found.failing.n) == (3, 13)


def test_an_amount_is_tested_by_ranks_and_its_effect_is_the_auc_less_one_half() -> None:
    generator = np.random.default_rng(0)
    values = generator.normal(size=60) + np.repeat([0.0, 0.6], 30)
    item = traced(lambda i: {"passed": i >= 30, "num_thinking_tokens": float(values[i])}, n=60)
    found = test_of(analyse_traces([item]), "thinking-tokens")
    exact = stats.mannwhitneyu(values[30:], values[:30], method="exact")
    assert found.effect == pytest.approx(exact.statistic / 900 - 0.5)
    assert found.p_value == pytest.approx(exact.pvalue, abs=0.006)  # 10,000 permutations
    assert found.median_passing == pytest.approx(float(np.median(values[30:])))


def test_what_does_not_vary_is_no_test_and_costs_the_others_nothing() -> None:
    findings = analyse_traces([traced(in_cells((9, 3, 2, 10), plans_first=True), n=24)])
    assert findings.num_tests == 1
    found = test_of(findings, "plans-first")
    assert found.p_adjusted == found.p_value
    assert test_of(findings, "recursive").p_value is None
    assert test_of(findings, "recursive").effect is None


def test_every_test_of_every_checkpoint_is_one_family() -> None:
    one = traced(in_cells((9, 3, 2, 10), plans_first=True), n=24)
    other = traced(in_cells((9, 3, 2, 10), plans_first=True), n=24, step=200)
    findings = analyse_traces([one, other])
    assert findings.num_tests == 2
    first = next(test for test in findings.tests if test.measure == "plans-first")
    assert first.p_value is not None
    assert first.p_adjusted == pytest.approx(2 * first.p_value)


def test_traces_without_a_program_are_left_out_where_the_code_is_looked_at() -> None:
    nothing = dict.fromkeys(
        ("is_recursive", "is_iterative", "mixes_methods", "idioms", "num_unused_helpers")
    )
    make = in_cells((9, 3, 2, 10), is_recursive=True)
    item = traced(lambda i: nothing if i >= 24 else make(i), n=40)
    found = test_of(analyse_traces([item]), "recursive")
    assert found.failing is not None
    assert found.failing.n == 13


def test_of_several_completions_a_problem_only_the_first_is_tested() -> None:
    one = traced(in_cells((9, 3, 2, 10), plans_first=True), n=24)
    again = tuple(Trace(**{**vars(trace), "sample": 1}) for trace in one.traces)
    findings = analyse_traces([TracedCheckpoint(one.checkpoint, one.traces + again)])
    assert findings.sampled
    alone = test_of(analyse_traces([one]), "plans-first")
    assert test_of(findings, "plans-first").p_value == alone.p_value


PLANTED = {
    "passing-plans-first": ({"plans_first": True}, "supported"),
    "failing-over-reasons": ({"over_reasons": True}, "contradicted"),
    "passing-uses-comprehensions": ({"idioms": ("comprehension",)}, "supported"),
    "failing-mixes-methods": ({"mixes_methods": True}, "contradicted"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_claim_is_judged_by_the_sign_of_a_planted_effect(name: str) -> None:
    present, verdict = PLANTED[name]
    with_more_passes = [traced(in_cells((40, 20, 30, 74), **present), step=s) for s in (100, 200)]
    claim = claim_of(analyse_traces(with_more_passes), name)
    assert claim.verdict == verdict
    # 40 of 60 with it, 30 of 104 without.
    assert claim.effect == pytest.approx(40 / 60 - 30 / 104)
    assert claim.ci_low is not None
    assert claim.ci_low > 0
    assert claim.passing is not None
    assert (claim.passing.k, claim.passing.n) == (80, 140)

    with_fewer = [traced(in_cells((5, 55, 50, 54), **present), step=100)]
    other = {"supported": "contradicted", "contradicted": "supported"}[verdict]
    assert claim_of(analyse_traces(with_fewer), name).verdict == other


def test_what_every_answer_does_can_be_told_of_no_answer() -> None:
    item = traced(lambda i: {"passed": i < 40, "plans_first": True})
    claim = claim_of(analyse_traces([item]), "passing-plans-first")
    assert (claim.verdict, claim.p_value, claim.effect) == ("not distinguishable", None, None)


def test_the_same_problems_at_many_checkpoints_are_not_counted_as_more_evidence() -> None:
    make = in_cells((8, 4, 4, 8), plans_first=True)
    p_values = [
        claim_of(
            analyse_traces([traced(make, step=s, n=24) for s in range(1, steps + 1)]),
            "passing-plans-first",
        ).p_value
        for steps in (1, 8)
    ]
    assert p_values[0] == p_values[1]


def test_claims_that_are_not_true_are_seldom_supported() -> None:
    generator = np.random.default_rng(5)
    false = 0
    for _ in range(60):
        draws = generator.random((4, 60)) < 0.3
        ease = generator.random(60)

        def make(i: int, draws: object = draws, ease: object = ease) -> dict[str, object]:
            return {
                "passed": bool(ease[i] < 0.3),
                "plans_first": bool(draws[0, i]),
                "over_reasons": bool(draws[1, i]),
                "idioms": ("comprehension",) if draws[2, i] else (),
                "mixes_methods": bool(draws[3, i]),
            }

        claims = analyse_traces([traced(make, step=s, n=60) for s in (1, 2)]).claims
        false += any(claim.verdict != "not distinguishable" for claim in claims)
    # At 5 %, 3 of 60 are expected; P(more than 8) is 0.4 %.
    assert false <= 8


def comparison(step: int, difference: float, p: float) -> Comparison:
    return Comparison(
        f"deep/seed-0/step-{step}",
        f"wide/seed-0/step-{step}",
        "between-arms",
        "exact McNemar",
        N, 12, 2, difference, 0.0, 0.1, p / 4, p, "better", 0.08,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("difference", "p", "verdict"),
    [(0.07, 0.01, "supported"), (-0.07, 0.01, "contradicted"), (0.07, 0.3, "not distinguishable")],
)
def test_learning_faster_is_judged_at_the_earliest_step_with_the_studys_own_correction(
    difference: float, p: float, verdict: str
) -> None:
    pairs: Sequence[Comparison] = [comparison(200, 0.3, 0.001), comparison(100, difference, p)]
    claim = claim_of(analyse_traces([], pairs), "first-arm-learns-faster", "deep / wide")
    assert (claim.verdict, claim.effect, claim.p_adjusted) == (verdict, difference, p)
    assert claim.measure == "pass@1 at step 100"


def test_one_shared_step_is_no_learning_speed() -> None:
    found = analyse_traces([], [comparison(100, 0.07, 0.01)])
    assert [claim for claim in found.claims if claim.name == "first-arm-learns-faster"] == []


def test_with_several_seeds_learning_faster_is_judged_over_them_and_not_by_the_first() -> None:
    seeds = [
        replace(comparison(step, sign * 0.3, 1e-12), first=f"deep/seed-{seed}/step-{step}")
        for seed, sign in enumerate((1, -1, -1))
        for step in (100, 200)
    ]
    over_seeds = Difference(-0.1, -0.97, 0.77, 0.7, 1.0)
    arms = [ArmDifference("deep", "wide", 100, 3, over_seeds, 0.3, "no difference detected")]
    claim = claim_of(analyse_traces([], seeds, arms), "first-arm-learns-faster", "deep / wide")
    assert (claim.effect, claim.p_value) == (-0.1, 0.7)
    assert claim.verdict == "not distinguishable"


@pytest.mark.parametrize(("num_seeds", "is_said"), [(1, True), (5, False)])
def test_only_with_one_seed_are_claims_said_to_be_of_these_weights_alone(
    num_seeds: int, is_said: bool
) -> None:
    found = analyse_traces([], [comparison(200, 0.3, 0.001), comparison(100, 0.07, 0.01)])
    text = next(iter(state_traces(found, num_seeds=num_seeds))).text
    assert ("of these weights alone" in text) == is_said
