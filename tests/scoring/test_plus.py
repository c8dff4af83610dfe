"""Plus benchmarks in the real cage: expected outputs come from the reference solutions."""

from pathlib import Path

import pytest

from kiyas.data.plus_benchmarks import PlusBenchmark, PlusProblem, load_plus_benchmark
from kiyas.errors import ScoringError
from kiyas.records.files import Sample, SampleFile
from kiyas.sandbox import Cage
from kiyas.scoring.files import score_file
from kiyas.scoring.plus import PLUS_LIMITS, prepare_plus

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "evalplus"


def problem(entry_point, reference, base, plus=(), atol=0.0, number=0):
    prompt = f"def {entry_point}(*arguments):\n"
    return PlusProblem(
        f"Mbpp/{number}", prompt, entry_point, reference, tuple(base), tuple(plus), atol
    )


def benchmark(*problems, family="mbpp"):
    return PlusBenchmark(f"{family}+", family, problems, str(abs(hash(repr(problems)))))


@pytest.fixture(scope="module")
def cage():
    with Cage(PLUS_LIMITS, num_workers=1) as entered:
        yield entered


def outcome(cage, tmp_path, made, body, family="mbpp"):
    """Return the score of one body for one problem."""
    tests = prepare_plus(benchmark(made, family=family), cage, tmp_path)
    text = f"def {made.entry_point}(*arguments):\n    {body}\n"
    file = SampleFile("made", "evalplus", (Sample(made.task_id, 0, text, "solution", 1),))
    [score] = score_file(file, tests.benchmark, cage, num_base_inputs=tests.num_base_inputs)
    return score


DOUBLE = problem("double", "    return 2 * arguments[0]\n", [[1], [2]], [[3], [-4]])
HALF = problem("half", "    return arguments[0] / 2\n", [[1], [3]])
PAIR = problem("pair", "    return (arguments[0], 1)\n", [[1]])


@pytest.mark.parametrize(
    ("made", "body", "passes"),
    [
        (DOUBLE, "return arguments[0] + arguments[0]", True),
        (DOUBLE, "return 2.0 * arguments[0]", True),  # 2.0 == 2, as in Python
        (HALF, "return arguments[0] / 2 + 1e-7", True),  # floats within 1e-6
        (HALF, "return arguments[0] / 2 + 1e-5", False),
        (HALF, "return str(arguments[0] / 2)", False),
        (PAIR, "return [arguments[0], 1]", False),  # a list is no tuple
        (PAIR, "return (arguments[0], 1)", True),
    ],
)
def test_outputs_are_compared_as_evalplus_does(cage, tmp_path, made, body, passes):
    assert outcome(cage, tmp_path, made, body).passed is passes


def test_a_wrong_added_input_leaves_the_base_passed_and_is_shown(cage, tmp_path):
    score = outcome(cage, tmp_path, DOUBLE, "return 2 * abs(arguments[0])")
    assert (score.outcome, score.base_passed) == ("wrong_answer", True)
    assert score.detail == "AssertionError: plus input 2: (-4) gave 8, expected -8"


def test_lists_that_are_compared_as_sets_may_be_in_any_order(cage, tmp_path):
    made = problem("larg_nnum", "    return [1, 2, 3]\n", [[0]])
    assert outcome(cage, tmp_path, made, "return [3, 2, 1]").passed
    assert not outcome(cage, tmp_path, made, "return [3, 2]").passed


def test_match_objects_are_compared_by_being_there(cage, tmp_path):
    reference = "    import re\n    return re.match('a', arguments[0])\n"
    made = problem("check_str", reference, [["abc"], ["xyz"]])
    body = "import re; return re.search('^a', arguments[0])"
    assert outcome(cage, tmp_path, made, body).passed
    assert not outcome(cage, tmp_path, made, "return 1").passed


def test_a_zero_is_judged_by_the_polynomial_itself(cage, tmp_path):
    # HumanEval/032: x^2 - 1 has two zeros; the reference finds one of them.
    made = problem("find_zero", "    return 1.0\n", [[[-1, 0, 1]]], atol=1e-4)
    assert outcome(cage, tmp_path, made, "return -1.0", family="humaneval").passed
    assert not outcome(cage, tmp_path, made, "return 0.5", family="humaneval").passed


def test_a_long_output_is_compared_by_its_digest(cage, tmp_path):
    made = problem("many", "    return list(range(arguments[0]))\n", [[20_000]])
    assert outcome(cage, tmp_path, made, "return [float(i) for i in range(20_000)]").passed
    assert not outcome(cage, tmp_path, made, "return list(range(19_999)) + [7]").passed
    [kept] = tmp_path.iterdir()
    assert kept.stat().st_size < 2_000


def test_a_value_that_only_claims_to_be_equal_fails(cage, tmp_path):
    body = "return type('Any', (), {'__eq__': lambda *_: True})()"
    assert not outcome(cage, tmp_path, DOUBLE, body).passed


def test_outputs_are_kept_and_not_computed_again(cage, tmp_path):
    first = prepare_plus(benchmark(DOUBLE), cage, tmp_path)

    class NoCage:
        isolation = cage.isolation

        def judge(self, jobs):
            raise AssertionError("nothing has to be judged")

    assert prepare_plus(benchmark(DOUBLE), NoCage(), tmp_path) == first


def test_outputs_that_another_version_of_the_cage_recorded_are_computed_anew(
    cage, tmp_path, monkeypatch
):
    prepare_plus(benchmark(DOUBLE), cage, tmp_path)
    monkeypatch.setattr("kiyas.sandbox.CAGE_VERSION", "another")
    prepare_plus(benchmark(DOUBLE), cage, tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_an_input_whose_output_is_too_large_is_left_out_and_counted(cage, tmp_path):
    reference = "    return [0] * arguments[0]\n"
    made = problem("zeros", reference, [[1]], [[3_000_000], [2]])
    tests = prepare_plus(benchmark(made), cage, tmp_path)
    assert tests.omitted == {"Mbpp/0": 1}
    assert outcome(cage, tmp_path, made, "return [0] * arguments[0]").passed


def test_a_reference_that_raises_is_an_error_of_the_benchmark(cage, tmp_path):
    made = problem("broken", "    raise ValueError\n", [[1]])
    with pytest.raises(ScoringError, match="reference solutions do not run"):
        prepare_plus(benchmark(made), cage, tmp_path)


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the EvalPlus files beside the repository")
def test_references_of_mbpp_pass_their_own_tests(cage, tmp_path):
    whole = load_plus_benchmark("mbpp+", SHARED / "MbppPlus.jsonl.gz")
    some = PlusBenchmark(whole.name, whole.family, whole.problems[::9], "some")
    tests = prepare_plus(some, cage, tmp_path)
    samples = tuple(
        Sample(p.task_id, 0, p.prompt + p.canonical_solution, "solution", 1) for p in some.problems
    )
    scores = list(score_file(SampleFile("m", "evalplus", samples), tests.benchmark, cage))
    assert [score.task_id for score in scores if not score.passed] == []
    assert len(scores) == 42
