"""The embedded code sets: every solution is right, and none is HumanEval's."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import kiyas.data.examples
from kiyas.data import load_benchmark

FOLDER = kiyas.data.examples.EMBEDDED_FOLDER / "code"
FENCE = re.compile(r"```python\n(.*?)```", re.DOTALL)

RUN_ALL = """
import json, signal, sys
def stop(number, frame):
    raise TimeoutError("over 5 seconds")
signal.signal(signal.SIGALRM, stop)
failures = []
for name, code, tests in json.load(open(sys.argv[1], encoding="utf-8")):
    signal.alarm(5)
    try:
        namespace = {"__name__": name}
        exec(compile(code, name, "exec"), namespace)
        exec(compile(tests, name + " tests", "exec"), namespace)
    except BaseException as error:
        failures.append(f"{name}: {type(error).__name__}: {error}")
    signal.alarm(0)
print(json.dumps(failures))
"""


def read(name: str) -> list[dict[str, str]]:
    text = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def runs_of_words(text: str, length: int = 13) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


@pytest.mark.parametrize(("name", "num_fences"), [("deep", 1), ("diverse", 2)])
def test_every_solution_passes_the_tests_of_its_task(name, num_fences, tmp_path: Path):
    tests = {task["task_id"]: task["tests"] for task in read("tasks")}
    cases = [
        (f"{row['task_id']} fence {number}", code, tests[row["task_id"]])
        for row in read(name)
        for number, code in enumerate(FENCE.findall(row["output"]), start=1)
    ]
    assert len(cases) == 168 * num_fences
    (tmp_path / "cases.json").write_text(json.dumps(cases), encoding="utf-8")
    (tmp_path / "run_all.py").write_text(RUN_ALL, encoding="utf-8")
    found = subprocess.run(
        [sys.executable, "-I", "run_all.py", "cases.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert json.loads(found.stdout) == []


def test_both_sets_put_the_same_tasks_in_the_same_order():
    tasks, deep, diverse = read("tasks"), read("deep"), read("diverse")
    expected = [(task["task_id"], task["prompt"]) for task in tasks]
    assert len(set(expected)) == 168
    assert [(row["task_id"], row["input"]) for row in deep] == expected
    assert [(row["task_id"], row["input"]) for row in diverse] == expected


def test_tasks_are_of_graded_difficulty():
    levels = [int(task["level"]) for task in read("tasks")]
    assert set(levels) == {1, 2, 3, 4, 5}


def test_every_task_is_tested_by_at_least_three_assertions():
    assert all(task["tests"].count("assert ") >= 3 for task in read("tasks"))


def test_no_run_of_thirteen_words_is_shared_with_humaneval():
    # 13 words: the overlap rule of Brown et al. 2020, arXiv:2005.14165, appendix C.
    benchmark: set[tuple[str, ...]] = set()
    for problem in load_benchmark("humaneval").problems:
        benchmark |= runs_of_words(problem.prompt + problem.canonical_solution)
    assert len(benchmark) > 10_000
    shared = {
        row["task_id"]: runs
        for name in ("deep", "diverse")
        for row in read(name)
        if (runs := (runs_of_words(row["input"]) | runs_of_words(row["output"])) & benchmark)
    }
    assert shared == {}
