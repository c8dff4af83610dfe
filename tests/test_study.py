"""A whole study, from one file to one report, on a model of two layers."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from small_problems import adding_problems
from tiny_base import save_tiny_base

KILL_AT = Path(__file__).parent / "support" / "kill_at.py"

STUDY = """\
name: tiny
task: code
base: {base}
protocol: chat
benchmark: {{name: own, path: problems.jsonl}}
lora: {{rank: 4, alpha: 8, dropout: 0.1}}
train:
  learning_rate: 0.01
  gradient_accumulation_steps: 4
  max_steps: 6
  checkpoints: [3, 6]
  max_seq_len: 256
  dtype: float32
predict: {{max_new_tokens: 24, batch_size: 2, dtype: float32, cache: false}}
arms:
  - name: short
    data: {{source: short.jsonl}}
  - name: long
    data: {{source: long.jsonl}}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a study, its base, its data and its benchmark."""
    folder = tmp_path_factory.mktemp("study")
    base = save_tiny_base(folder / "base")
    problems = adding_problems(range(6))
    write_lines(folder / "problems.jsonl", problems)
    for name, text in (("short", "x"), ("long", "<think>\nplan\n</think>\n\n")):
        rows = [{"prompt": f"add {n}", "response": f"{text}return x + {n}"} for n in range(12)]
        write_lines(folder / f"{name}.jsonl", rows)
    (folder / "study.yaml").write_text(STUDY.format(base=base), encoding="utf-8")
    return folder


def write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def command(home: Path, run_folder: Path, *more: str) -> list[str]:
    return [str(home / "study.yaml"), "--run-folder", str(run_folder), "--quiet", *more]


def run(*arguments: str, prefix: tuple[str, ...] = ("-m", "kiyas", "run")) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, *prefix, *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def finished(home: Path) -> Path:
    """The run folder of an uninterrupted run."""
    folder = home / "uninterrupted"
    code, _, told = run(*command(home, folder))
    assert code == 0, told
    return folder


def test_a_study_ends_with_findings_and_a_report(finished: Path) -> None:
    findings = json.loads((finished / "findings.json").read_text(encoding="utf-8"))
    labels = [
        f"{item['checkpoint']['trial']}/step-{item['checkpoint']['step']}"
        for item in findings["checkpoints"]
    ]
    assert labels == [
        "base/base/step-0",
        "short/seed-0/step-3",
        "short/seed-0/step-6",
        "long/seed-0/step-3",
        "long/seed-0/step-6",
    ]
    assert all(item["pass_at_1"]["n"] == 6 for item in findings["checkpoints"])
    report = (finished / "report" / "index.html").read_text(encoding="utf-8")
    assert "own/5" in report or len(report) > 10_000


def figures(folder: Path) -> dict[str, object]:
    """Return the findings without what a clock says."""
    findings: dict[str, object] = json.loads((folder / "findings.json").read_text(encoding="utf-8"))
    del findings["costs"]
    return findings


@pytest.mark.slow
@pytest.mark.parametrize(
    ("moment", "count"),
    [("training", 4), ("training", 8), ("prediction", 2), ("prediction", 7), ("scoring", 3)],
)
def test_a_run_killed_at_any_moment_ends_with_the_findings_of_an_uninterrupted_run(
    home: Path, finished: Path, tmp_path: Path, moment: str, count: int
) -> None:
    folder = tmp_path / "killed"
    code, _, _ = run(*command(home, folder), prefix=(str(KILL_AT), moment, str(count)))
    assert code == -signal.SIGKILL
    assert not (folder / "findings.json").exists()
    code, _, told = run(*command(home, folder))
    assert code == 0, told
    assert figures(folder) == figures(finished)


def test_the_same_command_again_does_nothing_and_says_so(home: Path, finished: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.rglob("*") if path.is_file()}
    code, told, _ = run(*command(home, finished))
    assert code == 0
    assert "nothing to do" in told
    after = {path: path.stat().st_mtime_ns for path in finished.rglob("*") if path.is_file()}
    assert after == before


@pytest.mark.slow
def test_an_edit_redoes_only_what_depends_on_it_and_names_the_key(
    home: Path, finished: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "edited"
    shutil.copytree(finished, folder)
    arguments = [str(home / "study.yaml"), "--run-folder", str(folder), "--json"]
    code, told, said = run(*arguments, "--set", "score.timeout_s=2.5")
    assert code == 0
    work = json.loads(told)["work"]
    assert work
    assert all(item == "report" or item.startswith("scoring ") for item in work)
    assert "score.timeout_s: 3.0 -> 2.5" in said
    code, told, said = run(*arguments, "--set", "arms.long.train.learning_rate=0.02")
    assert code == 0
    trained = [item for item in json.loads(told)["work"] if item.startswith("training ")]
    assert trained == ["training long/seed-0"]
    assert "train.learning_rate: 0.01 -> 0.02" in said


def test_another_language_redoes_the_report_and_nothing_else(
    home: Path, finished: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "spoken"
    shutil.copytree(finished, folder)
    arguments = [str(home / "study.yaml"), "--run-folder", str(folder), "--json"]
    code, told, _ = run(*arguments, "--set", "language=tr")
    assert code == 0
    assert json.loads(told)["work"] == ["report"]
    assert page_language(folder) == "tr"


def test_a_finished_report_is_written_again_in_the_language_of_the_line(
    home: Path, finished: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "spoken"
    shutil.copytree(finished, folder)
    before = steps_of(folder)
    assert len(before) > 10
    for more, language in (
        (["--language", "tr"], "tr"),
        (["--set", "language=tr"], "tr"),
        (["--set", "language=tr", "--language", "en"], "en"),
        ([], "en"),
    ):
        arguments = (str(home / "study.yaml"), "--run-folder", str(folder), *more)
        code, _, told = run(*arguments, prefix=("-m", "kiyas", "report"))
        assert code == 0, told
        assert page_language(folder) == language
    assert steps_of(folder) == before


def page_language(folder: Path) -> str:
    page = (folder / "report" / "index.html").read_text(encoding="utf-8")
    found = re.search('<html lang="(..)"', page)
    assert found is not None
    return found[1]


def steps_of(folder: Path) -> dict[Path, int]:
    """Return when each file of training, prediction and scoring was written."""
    made = [folder / name for name in ("trials", "predictions", "scores")]
    return {path: path.stat().st_mtime_ns for top in made for path in top.rglob("*")}


def test_a_full_run_prints_one_json_object_on_standard_output(home: Path, finished: Path) -> None:
    code, told, _ = run(*command(home, finished, "--json"))
    assert code == 0
    assert json.loads(told)["findings"]["study"] == "tiny"


def test_a_run_folder_of_another_study_is_refused(home: Path, finished: Path) -> None:
    code, _, said = run(*command(home, finished, "--set", "name=other"))
    assert code == 1
    assert "belongs to another study" in said


def test_target_modules_that_match_nothing_are_refused(home: Path, tmp_path: Path) -> None:
    more = ("--set", "lora.target_modules=[query]")
    code, _, said = run(*command(home, tmp_path / "run", *more))
    assert code == 1
    assert "q_proj" in said, "the modules that there are should be named"


def test_a_base_without_a_chat_template_is_refused_under_a_chat_protocol(
    home: Path, tmp_path: Path
) -> None:
    base = save_tiny_base(tmp_path / "plain", chat_template=None)
    code, _, said = run(*command(home, tmp_path / "run", "--set", f"base={base}"))
    assert code == 1
    assert "chat template" in said


def test_an_unknown_model_name_without_a_network_is_one_clear_error(
    home: Path, tmp_path: Path
) -> None:
    more = ("--set", "base=nobody/no-such-model")
    code, told, _ = run(*command(home, tmp_path / "run", "--json", *more))
    assert code == 1
    assert json.loads(told)["error"] == "ModelError"
