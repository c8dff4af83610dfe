"""The command line: fast where it must be, one JSON object where it is asked for."""

import json
import subprocess
import sys
from pathlib import Path

import front_door
import pytest

ROOT = Path(__file__).parents[2]
DEMO = str(ROOT / "studies" / "demo.yaml")
REFERENCE = str(ROOT / "studies" / "codegen-cot.yaml")
CLASSIFIERS = str(ROOT / "studies" / "math-topics.yaml")


def kiyas(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kiyas", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("check", DEMO),
        ("plan", REFERENCE),
        ("plan", CLASSIFIERS),
        ("report", "--help"),
        ("schema",),
    ],
    ids=lambda arguments: " ".join(Path(item).name for item in arguments),
)
def test_a_verb_that_trains_nothing_does_not_import_torch(arguments: tuple[str, ...]) -> None:
    # A module called torch that fails on import stands in front of the real one.
    code = (
        "import sys; sys.modules['torch'] = None; sys.modules['transformers'] = None\n"
        f"sys.argv = ['kiyas', *{arguments!r}]\n"
        "from kiyas.cli import main\nmain()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "arguments", [("check", DEMO), ("plan", DEMO), ("schema",), ("version",)], ids=lambda a: a[0]
)
def test_json_is_one_object_and_nothing_else(arguments: tuple[str, ...]) -> None:
    done = kiyas(*arguments, "--json")
    assert done.returncode == 0
    assert isinstance(json.loads(done.stdout), dict)


def test_a_fault_in_json_is_one_object_and_exit_code_1(tmp_path: Path) -> None:
    study = tmp_path / "study.yaml"
    study.write_text("name: x\nbse: y\n", encoding="utf-8")
    done = kiyas("check", str(study), "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["error"] == "StudyError"
    assert any("did you mean `base`" in fault["what"] for fault in told["faults"])


@pytest.mark.parametrize(
    ("arguments", "verb"),
    [(("plan",), "plan"), (("plan", DEMO, "--nope"), "plan"), (("data", "split"), "data split")],
    ids=["missing", "unknown", "nested"],
)
def test_a_wrong_line_in_json_is_one_object_and_exit_code_2(
    arguments: tuple[str, ...], verb: str
) -> None:
    done = front_door.kiyas(*arguments, "--json")
    assert (done.code, done.said) == (2, "")
    assert json.loads(done.out)["next_step"].endswith(f"{verb} --help")


def test_a_split_of_a_local_file_is_refused_by_the_plan(tmp_path: Path) -> None:
    done = front_door.kiyas("plan", DEMO, "--set", "arms.0.data.split=train", "--json")
    assert json.loads(done.out)["what"] == "only data sets of the Hub have splits"


def test_a_benchmark_in_the_home_folder_is_found_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    given = ("--set", "benchmark={name: own, path: ~/none.jsonl}")
    told = json.loads(front_door.kiyas("plan", DEMO, *given, "--json").out)
    assert told["where"] == str(tmp_path / "none.jsonl")


def test_a_fault_is_told_on_standard_error_without_a_traceback(tmp_path: Path) -> None:
    done = kiyas("check", str(tmp_path / "none.yaml"))
    assert done.returncode == 1
    assert done.stdout == ""
    assert "cannot be read" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_plan_of_the_reference_study_counts_what_its_table_says() -> None:
    plan = json.loads(kiyas("plan", REFERENCE, "--json").stdout)
    deep = plan["trials"][0]
    # 28 layers x rank 32 x (in + out) of q, v, gate, up with hidden 1536, 256 keys, inner 8960:
    # 28 x 32 x (3072 + 1792 + 10496 + 10496).
    assert deep["trainable_parameters"] == 28 * 32 * (3072 + 1792 + 10496 + 10496)
    assert deep["checkpoints"] == [100, 200, 300, 400, 800]
    # shared/reference/codegen_cot.md: step 400 is epoch 1.42.
    assert round(deep["num_epochs"] / 2, 2) == 1.42
    assert len(plan["checkpoints"]) == 11
    assert plan["num_completions"] == 11 * 164
    # research/evaluation.md, 4.3: n = 164, 10 % disagree: 6.9 points.
    assert round(100 * plan["detectable"][0]["alone"], 1) == 6.9


def test_a_checkpoint_beyond_the_last_step_is_refused_before_any_compute() -> None:
    done = kiyas("check", DEMO, "--set", "train.checkpoints=[8, 99]")
    assert done.returncode == 1
    assert "99" in done.stderr


def test_a_report_of_an_unfinished_run_is_refused(tmp_path: Path) -> None:
    done = kiyas("report", DEMO, "--run-folder", str(tmp_path / "run"))
    assert done.returncode == 1
    assert "not finished" in done.stderr
