"""HumanEval+ and MBPP+ files: what JSON cannot hold comes back."""

import json

import pytest

from kiyas.data.plus_benchmarks import load_plus_benchmark
from kiyas.errors import DataError


def row(task_id="HumanEval/0", base=((1,),), plus=((2,),), atol=0):
    return {
        "task_id": task_id,
        "prompt": "def f(x):\n",
        "entry_point": "f",
        "canonical_solution": "    return x\n",
        "base_input": base,
        "plus_input": plus,
        "atol": atol,
    }


def load(tmp_path, name, *rows):
    path = tmp_path / "plus.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return load_plus_benchmark(name, path)


def inputs_of(tmp_path, number, arguments):
    made = row(f"Mbpp/{number}", base=[arguments], plus={})
    [problem] = load(tmp_path, "mbpp+", made).problems
    assert problem.plus_inputs == ()
    return problem.base_inputs[0]


# Expected forms: EvalPlus data/mbpp.py, mbpp_deserialize_inputs (26d6d00b).
@pytest.mark.parametrize(
    ("number", "arguments", "restored"),
    [
        (2, [[1, 2], [3]], [(1, 2), (3,)]),
        (63, [[[1, 2], [3, 4]]], [[(1, 2), (3, 4)]]),
        (75, [[[1, 2]], 5], [[(1, 2)], 5]),
        (106, [[1], [2, 3]], [[1], (2, 3)]),
        (115, [[[1, 2], []]], [[{1, 2}, {}]]),
        (124, ["1.5", "2j"], [1.5, 2j]),
        (250, [[1, 2], 1], [(1, 2), 1]),
        (252, ["1+2j"], [1 + 2j]),
        (259, [[[1, 2]], [[3, 4]]], [((1, 2),), ((3, 4),)]),
        (278, [[[1], 2]], [[(1,), 2]]),
        (307, [[1], 2, 3], [(1,), 2, 3]),
        (580, [[1, [2, [3]]]], [(1, (2, (3,)))]),
        (722, [{"a": [1, 2]}, 3], [{"a": (1, 2)}, 3]),
        (3, [[1, 2]], [[1, 2]]),
    ],
)
def test_inputs_of_mbpp_get_back_what_json_has_no_form_for(tmp_path, number, arguments, restored):
    found = inputs_of(tmp_path, number, arguments)
    assert found == restored
    assert [type(item) for item in found] == [type(item) for item in restored]


def test_inputs_of_humaneval_stay_as_they_are(tmp_path):
    [problem] = load(tmp_path, "humaneval+", row("HumanEval/2", base=[[[1, 2]]])).problems
    assert problem.base_inputs == ([[1, 2]],)


def test_a_tolerance_written_as_text_is_a_number(tmp_path):
    [problem] = load(tmp_path, "humaneval+", row(atol="1e-06")).problems
    assert problem.atol == 1e-6


def test_a_file_of_the_other_benchmark_is_refused_with_its_line(tmp_path):
    with pytest.raises(DataError, match="another benchmark") as caught:
        load(tmp_path, "mbpp+", row())
    assert "line 1" in str(caught.value)


def test_a_doubled_task_id_is_refused(tmp_path):
    with pytest.raises(DataError, match="same task id"):
        load(tmp_path, "humaneval+", row(), row())


def test_without_a_file_it_says_which_one_is_meant():
    with pytest.raises(DataError, match="read from a file") as caught:
        load_plus_benchmark("mbpp+", None)
    assert "MbppPlus.jsonl.gz" in str(caught.value)
