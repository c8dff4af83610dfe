"""``kiyas score``, ``compare`` and ``audit``: from file to file."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kiyas.cli.app import app

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


@pytest.mark.parametrize("name", ["reference-1.csv", "reference-2.csv"])
def test_the_reference_tables_are_audited_without_model_or_gpu(name: str) -> None:
    code, told = invoke("audit", str(EXAMPLES / name))
    assert code == 0
    assert len(told["tables"]) == 1
