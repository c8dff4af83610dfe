"""Softer outcomes at the edges of a benchmark: what they measure, and what is said of them."""

from collections.abc import Sequence

import pytest

from kiyas.analysis import analyse_code
from kiyas.analysis.scored import ScoredCheckpoint, Setting
from kiyas.analysis.soft_outcomes import Likelihoods, analyse_soft_outcomes
from kiyas.analysis.soft_statements import state_soft_outcomes
from kiyas.records import Checkpoint, Problem, Score
from kiyas.records.soft_outcomes import SoftFindings, SoftScore

N = 164
BASE = Checkpoint("base/tiny", 0)
ARM = Checkpoint("deep/seed-0", 100, "deep", 0)
SETTING = Setting("s", "humaneval", N, 1, "chat", "strong", 0.95, 1, 0)


def score(number: int, outcome: str, num_calls: int | None = None) -> Score:
    program = "" if outcome in ("empty", "no_code_found", "syntax_error") else "code"
    return Score(
        f"t/{number}", 0, outcome, "", "last-fence", program, 0.1, "strong", num_calls=num_calls
    )


def scored(checkpoint: Checkpoint, outcomes: Sequence[str], **calls: int) -> ScoredCheckpoint:
    scores = tuple(score(n, outcome, calls.get(outcome)) for n, outcome in enumerate(outcomes))
    return ScoredCheckpoint(checkpoint, BASE.label, scores)


def analyse(*items: ScoredCheckpoint, num_assertions: int = 4, **more: object) -> SoftFindings:
    code = analyse_code(SETTING, items)
    test = "def check(candidate):\n" + "    assert candidate(1) == 1\n" * num_assertions
    problems = [Problem(f"t/{n}", "", "f", test) for n in range(N)]
    return analyse_soft_outcomes(items, code.checkpoints, code.comparisons, problems, **more)  # type: ignore[arg-type]


def soft(found: SoftFindings, outcome: str, label: str = BASE.label) -> SoftScore:
    (one,) = (s for s in found.scores if (s.checkpoint, s.outcome) == (label, outcome))
    return one


def test_each_outcome_counts_how_far_an_answer_came() -> None:
    outcomes = ["passed", "wrong_answer", "name_error", "syntax_error", "no_code_found"]
    found = analyse(scored(BASE, outcomes + ["empty"] * 5))
    means = {s.outcome: s.mean for s in found.scores}
    assert means["runs"] == 0.2
    assert means["compiles"] == 0.3
    assert means["code-found"] == 0.4
    assert [soft(found, name).num_true for name in ("runs", "compiles", "code-found")] == [2, 3, 4]


def test_assertions_are_those_passed_before_the_first_that_fails() -> None:
    # Four assertions. The third call was answered, and wrongly: two passed. A timeout in the
    # third call: two were answered, and both passed.
    outcomes = ["passed", "wrong_answer", "timeout", "no_code_found"]
    found = analyse(scored(BASE, outcomes, passed=4, wrong_answer=3, timeout=2))
    assert soft(found, "assertions").mean == pytest.approx((1 + 0.5 + 0.5 + 0) / 4)
    assert soft(found, "assertions").num_true is None


def test_a_loop_in_a_test_counts_as_often_as_a_right_solution_was_called() -> None:
    first = scored(BASE, ["passed"], passed=100)
    second = scored(ARM, ["wrong_answer"], wrong_answer=51)
    found = analyse(first, second, num_assertions=1)
    assert soft(found, "assertions", ARM.label).mean == 0.5


def test_calls_that_were_not_counted_are_unknown_and_not_none() -> None:
    found = analyse(scored(BASE, ["wrong_answer"] * 10))
    assert [s for s in found.scores if s.outcome == "assertions"] == []


def test_at_the_floor_softer_outcomes_are_compared_and_pass_at_1_is_said_to_separate_nothing() -> (
    None
):
    weak = scored(BASE, ["passed"] * 4 + ["no_code_found"] * 160)
    better = scored(ARM, ["passed"] * 5 + ["wrong_answer"] * 80 + ["no_code_found"] * 79)
    code = analyse_code(SETTING, [weak, better])
    found = analyse_soft_outcomes([weak, better], code.checkpoints, code.comparisons)
    assert (found.edge, found.num_separated, found.num_comparisons) == ("floor", 0, 1)
    by_outcome = {item.outcome: item for item in found.comparisons}
    assert by_outcome["runs"].verdict == "better"
    assert by_outcome["runs"].difference.estimate == pytest.approx(81 / 164)
    (statement,) = state_soft_outcomes(found, code.checkpoints)
    assert "pass@1 cannot separate the checkpoints here" in statement.text
    assert "never that more problems are solved" in statement.text


def test_at_the_ceiling_it_is_said_as_well() -> None:
    items = [scored(point, ["passed"] * 160 + ["wrong_answer"] * 4) for point in (BASE, ARM)]
    code = analyse_code(SETTING, items)
    found = analyse_soft_outcomes(items, code.checkpoints, code.comparisons)
    (statement,) = state_soft_outcomes(found, code.checkpoints)
    assert statement.kind == "ceiling"


def test_where_pass_at_1_has_room_nothing_softer_is_compared() -> None:
    items = [scored(point, ["passed"] * 60 + ["wrong_answer"] * 104) for point in (BASE, ARM)]
    found = analyse(*items)
    assert (found.edge, found.comparisons) == (None, ())
    assert found.scores


def test_likelihoods_of_reference_solutions_are_compared_where_they_were_predicted() -> None:
    items = [scored(point, ["no_code_found"] * N) for point in (BASE, ARM)]
    likelihoods = {
        item.checkpoint.label: {f"t/{n}": -1.0 - 0.01 * n + shift for n in range(N)}
        for item, shift in zip(items, (0.0, 0.5), strict=True)
    }
    found = analyse(*items, likelihoods=Likelihoods(likelihoods))
    (one,) = (item for item in found.comparisons if item.outcome == "reference-likelihood")
    assert (one.verdict, one.difference.estimate) == ("better", pytest.approx(0.5))
    (statement,) = state_soft_outcomes(found, analyse_code(SETTING, items).checkpoints)
    assert "likelihood of the reference solution 1" in statement.text


def test_equal_checkpoints_are_not_told_apart_by_five_outcomes_either() -> None:
    items = [scored(point, ["passed"] * 3 + ["wrong_answer"] * 161) for point in (BASE, ARM)]
    found = analyse(*items)
    assert {item.verdict for item in found.comparisons} == {"no difference detected"}


def test_unsupported_completions_count_as_not_passed_and_what_they_could_add_is_said() -> None:
    item = scored(BASE, ["passed"] * 50 + ["unsupported"] * 14 + ["wrong_answer"] * 100)
    code = analyse_code(SETTING, [item])
    share = code.checkpoints[0].pass_at_1
    assert (share.k, share.n) == (50, 164)
    found = analyse_soft_outcomes([item], code.checkpoints, code.comparisons)
    (statement,) = state_soft_outcomes(found, code.checkpoints)
    assert statement.kind == "unsupported"
    assert "64/164 instead of 50/164" in statement.text
