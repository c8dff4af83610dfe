"""Training sets of a run are compared with its benchmark once, and what cannot be read is said."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kiyas.data import load_benchmark
from kiyas.errors import DataError
from kiyas.run_folder import RunFolder
from kiyas.steps import contamination
from kiyas.steps.contamination import (
    check_contamination,
    contamination_inputs,
    read_contamination,
)

SOLUTION = "".join(f"    total = total + {n} * (x - {n})\n" for n in range(4))


def make_run(folder: Path, rows: list[dict[str, str]], source: str = "rows.jsonl") -> Any:
    """A run as far as this step looks at it: one arm, a benchmark of one problem."""
    problem = {
        "task_id": "own/1",
        "prompt": "def weigh(x):\n    '''Return the weight that the third shelf of a "
        "library can carry without bending at all.'''\n    total = 0\n",
        "entry_point": "weigh",
        "test": "def check(candidate):\n    assert candidate(1)\n",
        "canonical_solution": SOLUTION + "    return total\n",
    }
    (folder / "problems.jsonl").write_text(json.dumps(problem), encoding="utf-8")
    (folder / "rows.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8"
    )
    columns = SimpleNamespace(model_dump=lambda: {"prompt": "prompt", "response": "response"})
    arm = SimpleNamespace(
        name="deep", data=SimpleNamespace(source=source, split=None, columns=columns)
    )
    job = SimpleNamespace(trial=SimpleNamespace(arm="deep"), arm=arm)
    said: list[str] = []
    return SimpleNamespace(
        study_dir=folder,
        folder=RunFolder(folder / "run"),
        benchmark=load_benchmark("own", path=folder / "problems.jsonl"),
        jobs=SimpleNamespace(trials=(job, job)),
        progress=SimpleNamespace(say=said.append, said=said),
    )


CLEAN = {"prompt": "Add two numbers.", "response": "def add(a, b):\n    return a + b\n"}
COPY = {
    "prompt": "Write it.",
    "response": f"```python\ndef wiege(y):\n    s = 0\n{SOLUTION}    return s\n```".replace(
        "total", "s"
    ).replace("x", "y"),
}


def test_a_renamed_reference_solution_in_a_set_is_found_and_read_back(tmp_path: Path) -> None:
    run = make_run(tmp_path, [CLEAN, COPY])
    assert check_contamination(run) == ["contamination of deep"]
    (found,) = read_contamination(run)
    (overlap,) = found.overlaps
    assert (found.status, found.num_rows) == ("found", 2)
    assert (overlap.task_id, overlap.kinds, overlap.first_row) == ("own/1", ("same code",), 2)


def test_what_was_done_is_not_done_again_until_the_rows_change(tmp_path: Path) -> None:
    run = make_run(tmp_path, [CLEAN])
    check_contamination(run)
    assert check_contamination(run) == []
    changed = make_run(tmp_path, [CLEAN, COPY])
    assert check_contamination(changed) == ["contamination of deep"]
    assert read_contamination(changed)[0].status == "found"


def test_a_set_that_cannot_be_fetched_is_unchecked_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path, [CLEAN], source="owner/name")

    def refuse(*_: object, **__: object) -> None:
        raise DataError("the data set cannot be loaded from the Hub")

    monkeypatch.setattr(contamination, "load_examples", refuse)
    assert check_contamination(run) == []
    assert "not checked" in run.progress.said[-1]
    assert read_contamination(run)[0].status == "not checked"
    assert contamination_inputs(run) == {"contamination of deep": "not checked"}
    assert check_contamination(run) == []


def test_the_report_fetches_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(tmp_path, [CLEAN], source="owner/name")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("fetched")

    monkeypatch.setattr(contamination, "load_examples", refuse)
    assert read_contamination(run)[0].reason == "the set was not read on this machine"
