"""Completions -> scores, with a small made-up cage and with the real one."""

from types import SimpleNamespace

import pytest

from kiyas.data import load_benchmark
from kiyas.errors import ScoringError
from kiyas.records import Benchmark, Completion, Problem
from kiyas.sandbox import Cage, Limits, SandboxError, Verdict
from kiyas.scoring.code import check_canonical, score_completions

PROMPT = 'def double(x):\n    """ Twice x. """\n'
GOOD = "    return 2 * x\n"
TEST = "def check(candidate):\n    assert candidate(2) == 4\n"


def benchmark(num_problems=3):
    problems = [Problem(f"Made/{i}", PROMPT, "double", TEST, GOOD) for i in range(num_problems)]
    return Benchmark("made", tuple(problems), "0" * 64)


def completion(index, text=GOOD, protocol="completion", sample=0):
    return Completion(f"Made/{index}", sample, protocol, "", text, 7, "stop", 0.5)


class FakeCage:
    """Answers from a list of outcomes for each task id; passes when the list is used up."""

    isolation = SimpleNamespace(name="made-up")

    def __init__(self, **outcomes):
        self.outcomes = outcomes
        self.programs = []

    def judge(self, jobs):
        for key, problem, program in jobs:
            self.programs.append((problem.task_id, program))
            planned = self.outcomes.get(problem.task_id.replace("/", "_"), [])
            outcome = planned.pop(0) if planned else "passed"
            if outcome != "silence":
                yield key, Verdict(problem.task_id, outcome, "why", wall_s=0.25, num_calls=1)


def test_every_completion_gets_one_score_with_what_it_carries():
    [score] = score_completions(benchmark(), [completion(1, sample=4)], FakeCage())
    assert (score.task_id, score.sample, score.outcome) == ("Made/1", 4, "passed")
    assert (score.rule, score.program) == ("continuation", PROMPT + GOOD)
    assert (score.seconds, score.isolation, score.num_tokens) == (0.25, "made-up", 7)


def test_samples_of_one_problem_are_scored_apart():
    completions = [completion(0, sample=k) for k in range(3)]
    scores = list(score_completions(benchmark(), completions, FakeCage(Made_0=["failed"])))
    assert sorted((score.sample, score.passed) for score in scores) == [
        (0, False),
        (1, True),
        (2, True),
    ]


def test_a_completion_without_a_program_never_enters_the_cage():
    cage = FakeCage()
    [score] = score_completions(benchmark(), [completion(0, "No.", "chat")], cage)
    assert (score.outcome, score.rule, score.program) == ("no_code_found", "none", "")
    assert cage.programs == []


def test_completions_are_taken_only_as_fast_as_they_are_judged():
    taken = []

    def decode():
        for index in range(3):
            taken.append(index)
            yield completion(index)

    scores = score_completions(benchmark(), decode(), FakeCage())
    next(scores)
    assert taken == [0]


def test_a_fault_of_the_cage_is_tried_again():
    scores = score_completions(benchmark(), [completion(0)], FakeCage(Made_0=["harness_error"]))
    assert [score.outcome for score in scores] == ["passed"]


@pytest.mark.parametrize("fault", ["harness_error", "silence"])
def test_a_fault_of_the_cage_that_lasts_is_no_failure_of_the_model(fault):
    cage = FakeCage(Made_0=[fault, fault])
    scores = list(score_completions(benchmark(), [completion(0), completion(1)], cage))
    assert {score.task_id: score.outcome for score in scores} == {
        "Made/0": "sandbox_error",
        "Made/1": "passed",
    }


def test_a_completion_of_another_benchmark_is_refused():
    with pytest.raises(ScoringError, match="Made/9"):
        list(score_completions(benchmark(), [completion(9)], FakeCage()))


def test_an_unknown_rule_is_refused():
    with pytest.raises(ScoringError, match="first-fence"):
        list(score_completions(benchmark(), [completion(0)], FakeCage(), rule="second-fence"))


def test_a_single_rule_can_take_the_place_of_validation():
    cage = FakeCage()
    [score] = score_completions(benchmark(), [completion(0)], cage, rule="stripped")
    assert (score.rule, score.program) == ("stripped", PROMPT + GOOD.lstrip())


def test_a_cage_that_cannot_start_is_an_error_of_scoring():
    class BrokenCage(FakeCage):
        def judge(self, jobs):
            raise SandboxError("no isolation", next_step="allow the weak level")
            yield

    with pytest.raises(ScoringError, match="allow the weak level"):
        list(score_completions(benchmark(), [completion(0)], BrokenCage()))


def test_canonical_solutions_that_pass_let_scoring_begin():
    cage = FakeCage(Made_1=["harness_error"])
    check_canonical(benchmark(), cage)
    assert ("Made/2", PROMPT + GOOD) in cage.programs


@pytest.mark.parametrize(
    "outcomes", [["failed"], ["timeout"], ["harness_error", "harness_error"], ["silence"] * 2]
)
def test_a_canonical_solution_that_does_not_pass_is_named(outcomes):
    with pytest.raises(ScoringError, match=r"2/3 pass; not: Made/1"):
        check_canonical(benchmark(), FakeCage(Made_1=outcomes))


@pytest.fixture(scope="module")
def cage():
    with Cage(Limits(wall_s=3.0), num_workers=2, allow_weak=True) as cage:
        yield cage


def test_the_real_cage_passes_every_canonical_solution_of_humaneval(cage):
    humaneval = load_benchmark("humaneval")
    assert len(humaneval.problems) == 164
    check_canonical(humaneval, cage)


REAL = {
    "passed": GOOD,
    "wrong_answer": "    return 3 * x\n",
    "returned_none": "    print(x)\n",
    "zero_division": "    return x / 0\n",
    "lookup_error": "    return [][x]\n",
    "name_error": "    return y\n",
    "recursion_error": "    return double(x)\n",
    "import_error": "    import no_such_module\n    return x\n",
    "top_level_error": "    return 2 * x\n\n\nassert double(1) == 3\n",
    "stdin_read": "    return int(input())\n",
    "crashed": "    import os\n    os._exit(0)\n",
    "memory": "    return 'x' * 10**10\n",
}


def test_the_real_cage_gives_each_program_its_outcome(cage):
    completions = [completion(index, text) for index, text in enumerate(REAL.values())]
    scores = score_completions(benchmark(len(REAL)), completions, cage)
    outcomes = {score.task_id: score.outcome for score in scores}
    assert outcomes == {f"Made/{index}": label for index, label in enumerate(REAL)}


def test_stripping_turns_passes_of_humaneval_into_failures(cage):
    # Canonical solutions begin with an indented line: none survives without its indentation.
    humaneval = load_benchmark("humaneval", limit=8)
    completions = [
        Completion(p.task_id, 0, "completion", "", p.canonical_solution, 1, "stop", 0.1)
        for p in humaneval.problems
    ]
    passed = {
        rule: sum(s.passed for s in score_completions(humaneval, completions, cage, rule=rule))
        for rule in ("as-is", "stripped", "validated")
    }
    assert passed == {"as-is": 8, "stripped": 0, "validated": 8}
