"""``kiyas score``, ``compare`` and ``audit``: from file to file."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kiyas.cli.app import app
from kiyas.errors import KiyasError
from kiyas.steps.file_scoring import FileSetting

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def invoke(*arguments: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(app, [*arguments, "--json"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, json.loads(done.stdout)


def write_lines(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


@pytest.fixture
def problems(tmp_path: Path) -> str:
    return write_lines(
        tmp_path / "problems.jsonl",
        [
            {
                "task_id": f"own/{number}",
                "prompt": f"def plus_{number}(x):\n",
                "entry_point": f"plus_{number}",
                "test": f"def check(candidate):\n    assert candidate(1) == {1 + number}\n",
            }
            for number in range(12)
        ],
    )


def scored(tmp_path: Path, problems: str, name: str, num_right: int) -> str:
    samples = [
        {
            "task_id": f"own/{number}",
            "completion": f"    return x + {number if number < num_right else 99}\n",
        }
        for number in range(12)
    ]
    out = str(tmp_path / f"{name}-scores.jsonl")
    path = write_lines(tmp_path / f"{name}.jsonl", samples)
    arguments = ("--benchmark", "own", "--benchmark-file", problems, "--out", out, "--quiet")
    code, told = invoke("score", path, *arguments)
    assert code == 0
    assert (told["pass_at_1"]["k"], told["pass_at_1"]["n"]) == (num_right, 12)
    return out


def test_score_writes_one_line_a_sample_with_outcome_and_isolation(
    tmp_path: Path, problems: str
) -> None:
    out = Path(scored(tmp_path, problems, "half", 6))
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == 12
    assert {"task_id", "outcome", "detail", "seconds", "isolation"} <= lines[0].keys()
    assert [line["outcome"] for line in lines].count("passed") == 6


def test_compare_fails_for_a_real_loss_only(tmp_path: Path, problems: str) -> None:
    good, same, bad = (
        scored(tmp_path, problems, name, num_right)
        for name, num_right in (("good", 12), ("same", 11), ("bad", 2))
    )
    assert invoke("compare", good, bad, "--fail-if-worse")[0] == 1
    assert invoke("compare", bad, good, "--fail-if-worse")[0] == 0
    assert invoke("compare", good, same, "--fail-if-worse")[0] == 0


def test_a_gate_that_cannot_judge_does_not_look_like_a_loss(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.jsonl")
    assert invoke("compare", missing, missing, "--fail-if-worse")[0] == 2


@pytest.mark.parametrize("alpha", ["7", "0", "-1", "nan"])
def test_a_gate_at_no_level_cannot_judge(tmp_path: Path, alpha: str) -> None:
    scores = write_lines(tmp_path / "s.jsonl", [{"task_id": "A/0", "outcome": "passed"}])
    code, told = invoke("compare", scores, scores, "--fail-if-worse", f"--alpha={alpha}")
    assert (code, told["where"]) == (2, "--alpha")


def test_a_gate_on_base_inputs_of_evalplus_fails_for_a_real_loss(tmp_path: Path) -> None:
    files = []
    for num_right in (36, 4):
        samples = {
            f"HumanEval/{number}": [
                {"base_status": "pass" if number < num_right else "fail", "plus_status": None}
            ]
            for number in range(40)
        }
        files.append(tmp_path / f"{num_right}.json")
        files[-1].write_text(json.dumps({"eval": samples}), encoding="utf-8")
    assert invoke("compare", *map(str, files), "--fail-if-worse")[0] == 1


def test_a_file_of_problems_without_a_name_is_refused(tmp_path: Path, problems: str) -> None:
    samples = write_lines(tmp_path / "s.jsonl", [{"task_id": "own/0", "completion": "    pass"}])
    done = CliRunner().invoke(app, ["audit", samples, "--benchmark-file", problems])
    assert "a file of problems needs a name for its benchmark" in str(done.exception)


def test_weak_isolation_is_passed_on_where_the_benchmark_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take(_: object, setting: FileSetting, **__: object) -> None:
        raise KiyasError("asked", received=setting.allow_weak_isolation)

    monkeypatch.setattr("kiyas.steps.file_audit.score_files", take)
    row = {"task_id": "HumanEval/0", "completion": "    pass"}
    samples = write_lines(tmp_path / "s.jsonl", [row])
    for options, expected in (([], False), (["--allow-weak-isolation"], True)):
        done = CliRunner().invoke(app, ["audit", samples, *options])
        assert isinstance(done.exception, KiyasError)
        assert done.exception.received is expected


@pytest.mark.parametrize("name", ["reference-1.csv", "reference-2.csv"])
def test_the_reference_tables_are_audited_without_model_or_gpu(name: str) -> None:
    code, told = invoke("audit", str(EXAMPLES / name))
    assert code == 0
    assert len(told["tables"]) == 1
