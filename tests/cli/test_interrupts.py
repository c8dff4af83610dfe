"""Ctrl-C in the middle of a run: what is said, and that the same command goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_runs import CODE, write_small_code
from tiny_classifiers import save_tiny_encoder, write_topic_tables

SENTENCE = "stopped; the same command goes on from here\n"
TURKISH = "durduruldu; aynı komut buradan sürer\n"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no process groups as a terminal has them")


def start(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "kiyas", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        start_new_session=True,  # as a terminal does, the signal goes to all of its processes
    )


def interrupt(history: Path, *arguments: object) -> tuple[int, str, str]:
    """Start a command, press Ctrl-C once it has trained a step more, and return how it ended."""
    before = history.stat().st_mtime_ns if history.exists() else 0
    process = start(*arguments)
    while process.poll() is None:
        if history.exists() and history.stat().st_mtime_ns > before:
            os.killpg(process.pid, signal.SIGINT)
            break
        time.sleep(0.01)
    out, said = process.communicate(timeout=120)
    return process.returncode, out, said


@pytest.fixture(autouse=True)
def listening_to_ctrl_c() -> Iterator[None]:
    """Let children hear Ctrl-C where the tests run behind a shell's ``&``, which has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    longer = CODE.replace("max_steps: 2", "max_steps: 300").replace("[1, 2]", "[300]")
    write_small_code(tmp_path, longer + "score: {num_workers: 2}\n")
    return tmp_path / "study.yaml"


def test_a_run_that_is_interrupted_says_that_the_same_command_goes_on(study: Path) -> None:
    folder = study.parent / "run"
    history = folder / "trials" / "short" / "seed-0" / "history.csv"
    line = ("run", study, "--run-folder", folder, "--quiet")
    assert interrupt(history, *line) == (130, "", "\n" + SENTENCE)
    assert interrupt(history, *line, "--language", "tr") == (130, "", "\n" + TURKISH)
    code, out, said = interrupt(history, *line, "--json")
    assert (code, said) == (130, "")
    assert json.loads(out)["what"] == "stopped before the end"
    assert "same command" in json.loads(out)["next_step"]
    done = start(*line, "--json")
    out, said = done.communicate(timeout=300)
    assert done.returncode == 0, said
    assert "training short/seed-0" in json.loads(out)["work"]
    steps = [int(row.split(",")[0]) for row in history.read_text().splitlines()[1:]]
    assert steps == list(range(1, 301))


def test_a_trial_of_two_processes_that_is_interrupted_says_it_once(study: Path) -> None:
    folder = study.parent / "run"
    history = folder / "trials" / "short" / "seed-0" / "history.csv"
    line = ("run", study, "--run-folder", folder, "--quiet", "--set", "train.num_processes=2")
    assert interrupt(history, *line) == (130, "", "\n" + SENTENCE)


def test_training_that_is_interrupted_says_that_the_same_command_goes_on(tmp_path: Path) -> None:
    base = save_tiny_encoder(tmp_path / "encoder")
    write_topic_tables(tmp_path)
    out = tmp_path / "out"
    tables = ("--train_path", tmp_path / "train.csv", "--val_path", tmp_path / "val.csv")
    line = ("train", "--model", base, *tables, "--output_dir", out, "--num_epochs", 200, "--quiet")
    assert interrupt(out / "history.csv", *line) == (130, "", "\n" + SENTENCE)
