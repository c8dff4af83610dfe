"""Files of samples -> verdicts under every rule, with a made-up cage."""

from types import SimpleNamespace

import pytest

from kiyas.errors import ScoringError
from kiyas.records import Benchmark, Problem, Score
from kiyas.records.files import Sample, SampleFile
from kiyas.sandbox import Verdict
from kiyas.scoring.files import rules_for, score_file

PROMPT = 'def double(x):\n    """ Twice x. """\n'
GOOD = "    return 2 * x\n"
TEST = "def check(candidate):\n    assert candidate(2) == 4\n"
BENCHMARK = Benchmark("made", (Problem("Made/0", PROMPT, "double", TEST, GOOD),), "0" * 64)


class RunningCage:
    """Runs the programs of these tests right here; counts them."""

    isolation = SimpleNamespace(name="made-up")

    def __init__(self, first_outcome=None):
        self.programs = []
        self.first_outcome = first_outcome

    def judge(self, jobs):
        for key, problem, program in jobs:
            self.programs.append(program)
            if self.first_outcome and len(self.programs) == 1:
                yield key, Verdict(problem.task_id, self.first_outcome)
                continue
            names = {}
            try:
                exec(program, names)
                outcome = "passed" if names["double"](2) == 4 else "failed"
                yield key, Verdict(problem.task_id, outcome, exception="AssertionError")
            except (SyntaxError, AssertionError, NameError, TypeError) as error:
                yield key, Verdict(problem.task_id, "failed", "", type(error).__name__)


def file_of(*texts, kind="completion"):
    samples = [Sample("Made/0", i, text, kind, i + 1) for i, text in enumerate(texts)]
    return SampleFile("made.jsonl", "human-eval", tuple(samples))


def test_a_completion_continues_the_prompt_as_it_is():
    cage = RunningCage()
    [score] = score_file(file_of(GOOD), BENCHMARK, cage)
    assert cage.programs == [PROMPT + GOOD]
    assert (score.outcome, score.rule, score.benchmark) == ("passed", "as-is", "made")


def test_a_solution_is_the_whole_program():
    cage = RunningCage()
    program = "def double(x):\n    return x + x\n"
    [score] = score_file(file_of(program, kind="solution"), BENCHMARK, cage)
    assert cage.programs == [program]
    assert score.passed


def test_rules_that_give_the_same_program_are_judged_once():
    cage = RunningCage()
    file = file_of(GOOD)
    scores = list(score_file(file, BENCHMARK, cage, rules=rules_for(file)))
    assert len(scores) == len(rules_for(file)) == 7
    assert len(cage.programs) == 2  # as it is, and with its white space stripped


def test_a_rule_that_gives_a_program_judged_already_takes_its_verdict_over():
    cage = RunningCage()
    done = Score("Made/0", 0, "timeout", "", "continuation", PROMPT + GOOD, 3.0, "strong")
    rules = ("as-is", "stripped")
    scores = score_file(file_of(GOOD), BENCHMARK, cage, rules=rules, known={("Made/0", 0): done})
    assert {score.rule: score.outcome for score in scores} == {
        "as-is": "timeout",
        "stripped": "syntax_error",  # return outside the function
    }
    assert cage.programs == [PROMPT + GOOD.lstrip()]


def test_a_stripped_completion_fails_as_it_is_and_passes_with_its_indentation():
    scores = score_file(
        file_of(GOOD.strip()), BENCHMARK, RunningCage(), rules=("as-is", "indent-restored")
    )
    outcomes = {score.rule: score.outcome for score in scores}
    assert outcomes == {"as-is": "syntax_error", "indent-restored": "passed"}


def test_a_fenced_solution_is_found_by_validation_alone():
    text = f"Here:\n```python\n{PROMPT}{GOOD}```\n"
    file = file_of(text, kind="solution")
    scores = score_file(file, BENCHMARK, RunningCage(), rules=rules_for(file))
    assert {score.rule: score.passed for score in scores} == {"as-is": False, "validated": True}


def test_a_fault_of_the_cage_is_judged_again():
    cage = RunningCage(first_outcome="harness_error")
    [score] = score_file(file_of(GOOD), BENCHMARK, cage)
    assert score.passed
    assert len(cage.programs) == 2


def test_a_cage_that_keeps_failing_is_never_charged_to_the_model():
    class Broken(RunningCage):
        def judge(self, jobs):
            for key, problem, _ in jobs:
                yield key, Verdict(problem.task_id, "harness_error", "why")

    [score] = score_file(file_of(GOOD), BENCHMARK, Broken())
    assert score.outcome == "sandbox_error"


def test_an_unknown_rule_is_refused():
    with pytest.raises(ScoringError, match="no extraction rule"):
        list(score_file(file_of(GOOD), BENCHMARK, RunningCage(), rules=("best",)))


@pytest.mark.parametrize(
    ("outcome", "exception", "num_calls", "base_passed"),
    [
        ("passed", None, 5, True),
        ("failed", "AssertionError", 2, False),  # the second of two base inputs is wrong
        ("failed", "AssertionError", 3, True),  # the first added input is wrong
        ("timeout", None, 1, False),
        ("timeout", None, 2, True),
    ],
)
def test_base_inputs_passed_if_the_verdict_came_after_them(
    outcome, exception, num_calls, base_passed
):
    class Planned(RunningCage):
        def judge(self, jobs):
            for key, problem, _ in jobs:
                yield key, Verdict(problem.task_id, outcome, "", exception, num_calls=num_calls)

    [score] = score_file(file_of(GOOD), BENCHMARK, Planned(), num_base_inputs={"Made/0": 2})
    assert score.base_passed is base_passed
