"""The run folder: nothing torn, nothing lost, nothing mixed up."""

import errno
import json
import os
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from kiyas.errors import RunFolderError
from kiyas.records import Checkpoint, Trial
from kiyas.records.soft_outcomes import SolutionLikelihood
from kiyas.run_folder import (
    RunFolder,
    Step,
    appending_lines,
    hash_values,
    read_json,
    read_lines,
    read_records,
    write_json,
    write_text,
)

TRIAL = Trial("deep/seed-0", "deep", 0)
INPUTS = {"seed": 0, "train.learning_rate": 5e-5}


def test_a_step_is_absent_then_partial_then_complete(tmp_path: Path) -> None:
    step = RunFolder(tmp_path).trial(TRIAL)
    assert step.state(INPUTS).status == "absent"
    step.begin(INPUTS)
    assert step.state(INPUTS).status == "partial"
    step.finish(INPUTS, {"sha256": "x"})
    assert step.state(INPUTS).status == "complete"
    assert step.outputs() == {"sha256": "x"}


def test_the_seconds_of_work_add_up_over_a_resume_and_outlive_the_end(tmp_path: Path) -> None:
    step = RunFolder(tmp_path).trial(TRIAL)
    assert step.seconds is None
    step.begin(INPUTS)
    with pytest.raises(KeyboardInterrupt):
        _work_until_interrupted(step)
    step.begin(INPUTS)
    with step.timed():
        time.sleep(0.03)
    step.finish(INPUTS, {"sha256": "x"})
    assert step.seconds is not None
    assert step.seconds >= 0.05
    assert step.outputs() == {"sha256": "x"}


def _work_until_interrupted(step: Step) -> None:
    with step.timed():
        time.sleep(0.02)
        raise KeyboardInterrupt


def test_work_that_is_done_again_is_timed_anew(tmp_path: Path) -> None:
    step = RunFolder(tmp_path).trial(TRIAL)
    step.begin(INPUTS)
    with step.timed():
        step.finish(INPUTS)
    step.begin({**INPUTS, "seed": 1})
    assert step.seconds is None


def test_a_changed_input_is_named_with_both_values(tmp_path: Path) -> None:
    step = RunFolder(tmp_path).trial(TRIAL)
    step.begin(INPUTS)
    step.finish(INPUTS)
    state = step.state({**INPUTS, "train.learning_rate": 1e-4})
    assert state.status == "changed"
    assert [str(change) for change in state.changes] == ["train.learning_rate: 5e-05 -> 0.0001"]


def test_work_with_other_inputs_is_moved_aside_and_never_deleted(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    step = folder.trial(TRIAL)
    step.begin(INPUTS)
    write_text(step.history, "old\n")
    step.begin({**INPUTS, "seed": 1})
    assert not step.history.exists()
    (kept,) = (tmp_path / "superseded").rglob("history.csv")
    assert kept.read_text() == "old\n"


def test_partial_work_with_the_same_inputs_stays_where_it_is(tmp_path: Path) -> None:
    step = RunFolder(tmp_path).trial(TRIAL)
    step.begin(INPUTS)
    write_text(step.history, "half\n")
    assert step.begin(INPUTS).status == "partial"
    assert step.history.read_text() == "half\n"


def test_a_second_run_on_one_folder_is_refused(tmp_path: Path) -> None:
    with (
        RunFolder(tmp_path).lock(),
        pytest.raises(RunFolderError, match="another kiyas run"),
        RunFolder(tmp_path).lock(),
    ):
        pass


def test_a_folder_that_may_not_be_locked_is_refused_as_one_that_cannot_be_written(
    tmp_path: Path,
) -> None:
    (tmp_path / ".lock").mkdir()  # refused as another user's file is, also to root
    with pytest.raises(RunFolderError, match="cannot be written"), RunFolder(tmp_path).lock():
        pass


def test_a_folder_of_another_study_is_refused(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    write_json(folder.provenance, {"study": "first"})
    folder.claim("first")
    with pytest.raises(RunFolderError, match="another study"):
        folder.claim("second")


def test_a_folder_with_other_things_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(RunFolderError, match="not empty"):
        RunFolder(tmp_path).claim("study")


def test_a_folder_that_a_failed_first_run_began_is_let_in_again_and_stays_its_own(
    tmp_path: Path,
) -> None:
    folder = RunFolder(tmp_path)
    (tmp_path / "..held-by.json.0a1b2c.xyz").write_text("{")  # as a kill leaves it
    folder.claim("first")
    write_text(folder.study, "name: first\n")
    folder.claim("first")
    with pytest.raises(RunFolderError, match="another study"):
        folder.claim("second")


def test_a_folder_in_which_nothing_was_done_yet_may_become_another_study_s(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.claim("first")
    folder.claim("second")
    write_text(folder.study, "name: second\n")
    folder.claim("second")


def test_a_line_torn_by_a_kill_is_dropped_and_the_file_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    path.write_text('{"n": 1}\n{"n": 2}\n{"n"', encoding="utf-8")
    assert read_lines(path) == [{"n": 1}, {"n": 2}]
    with appending_lines(path) as lines:
        lines.append([{"n": 3}])
    assert read_lines(path) == [{"n": 1}, {"n": 2}, {"n": 3}]


def test_a_broken_line_in_the_middle_is_named(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    path.write_text('{"n": 1}\n{"n"\n{"n": 3}\n', encoding="utf-8")
    with pytest.raises(RunFolderError, match="line 2"):
        read_lines(path)


def test_line_separators_inside_a_text_do_not_tear_the_line(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    text = "a\u2028b\x85c\nd"
    with appending_lines(path) as lines:
        lines.append([{"completion": text}])
    assert read_lines(path) == [{"completion": text}]


def test_records_are_read_with_lone_surrogates_and_refused_with_other_types(tmp_path: Path) -> None:
    path = tmp_path / "likelihoods.jsonl"
    record = SolutionLikelihood("half \ud83d", -0.5, 3)
    with appending_lines(path) as lines:
        lines.append([asdict(record)])
    assert read_records(path, SolutionLikelihood) == [record]
    path.write_text('{"task_id": "t", "log_likelihood": "low", "num_tokens": 3}\n')
    with pytest.raises(
        RunFolderError, match=r"not what belongs here \(log_likelihood: Input"
    ) as refused:
        read_records(path, SolutionLikelihood)
    assert refused.value.where == f"{path}, line 1"


def test_lone_surrogates_survive_a_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    with appending_lines(path) as lines:
        lines.append([{"completion": "\ud800"}])
    assert read_lines(path) == [{"completion": "\ud800"}]


def test_a_full_disk_leaves_the_old_file_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "findings.json"
    write_json(path, {"old": True})

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunFolderError, match="disk is full") as caught:
        write_json(path, {"new": True})
    assert "goes on from here" in str(caught.value)
    assert read_json(path) == {"old": True}
    assert [item.name for item in tmp_path.iterdir()] == ["findings.json"]


def test_a_line_that_does_not_fit_gives_a_clear_error_also_when_its_file_is_closed(
    tmp_path: Path,
) -> None:
    resource = pytest.importorskip("resource")  # a real limit: what fails is the system's write
    path = tmp_path / "samples.jsonl"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4, hard))
    try:
        with (
            pytest.raises(RunFolderError, match="cannot be written"),
            appending_lines(path) as lines,
        ):
            lines.append([{"completion": "longer than the limit"}])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert read_lines(path) == []


def test_texts_with_lone_surrogates_have_hashes_of_their_own() -> None:
    assert hash_values("half \ud83d") != hash_values("half \ud83e")


def test_a_figure_that_is_not_finite_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        write_json(tmp_path / "findings.json", {"p": float("nan")})


def test_hashes_depend_on_values_and_not_on_the_order_of_keys() -> None:
    assert hash_values({"a": 1, "b": 2}) == hash_values({"b": 2, "a": 1})
    assert hash_values({"a": 1}) != hash_values({"a": 2})


def test_paths_are_those_of_the_documented_layout(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    checkpoint = Checkpoint("deep/seed-0", 100, "deep", 0)
    assert folder.trial(TRIAL).checkpoint(100) == (
        tmp_path / "trials/deep/seed-0/checkpoints/step-100"
    )
    assert folder.samples(checkpoint, "chat") == (
        tmp_path / "predictions/deep/seed-0/step-100/chat/samples.jsonl"
    )
    assert folder.scores(checkpoint, "chat") == (
        tmp_path / "scores/deep/seed-0/step-100/chat/scores.jsonl"
    )


def test_json_that_cannot_be_read_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "findings.json"
    path.write_text(json.dumps([1]))
    with pytest.raises(RunFolderError, match="not a JSON object"):
        read_json(path)
    path.write_text("[" * 100_000)
    with pytest.raises(RunFolderError, match="cannot be read"):
        read_json(path)
