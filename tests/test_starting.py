"""``write_study``: what it writes is a study, whatever the answers."""

import json
import re

import pytest

from kiyas.config import ArmSettings, ClassifierArm, load_study
from kiyas.errors import KiyasError, RunFolderError, StudyError
from kiyas.starting import DEFAULT_BASES, DEFAULT_DATA, StudyChoices, study_name, write_study


def written(path, task="code", base="owner/model", data=("embedded:deep",), name="mine"):
    write_study(StudyChoices(name, task, base, data), path)
    return load_study(path)


@pytest.mark.parametrize("task", ["code", "classification"])
def test_the_defaults_are_a_study_without_faults(tmp_path, task):
    study = written(tmp_path / "study.yaml", task, DEFAULT_BASES[task], DEFAULT_DATA[task])
    assert study.task == task
    assert "#" in (tmp_path / "study.yaml").read_text(encoding="utf-8")


def test_every_source_is_an_arm_with_a_name_of_its_own(tmp_path):
    rows = json.dumps({"prompt": "p", "response": "r"}) + "\n"
    (tmp_path / "a").mkdir()
    for name in ("traces.jsonl", "a/traces.jsonl", "base.jsonl"):
        (tmp_path / name).write_text(rows, encoding="utf-8")
    data = ("traces.jsonl", "a/traces.jsonl", "base.jsonl", "owner/My Set".replace(" ", "-"))
    study = written(tmp_path / "study.yaml", data=data)
    assert [arm.name for arm in study.arms] == ["traces", "traces-2", "base-2", "My-Set"]


def test_columns_of_a_local_file_are_found(tmp_path):
    row = {"instruction": "p", "output": "r", "more": "x"}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    study = written(tmp_path / "study.yaml", data=("rows.jsonl",))
    assert (study.arms[0].data.columns.prompt, study.arms[0].data.columns.response) == (
        "instruction",
        "output",
    )


def test_a_file_without_known_columns_is_refused_with_its_columns(tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"frage": "p", "antwort": "r"}\n', encoding="utf-8")
    with pytest.raises(KiyasError) as caught:
        written(tmp_path / "study.yaml", data=("rows.jsonl",))
    assert "frage" in str(caught.value.received)


@pytest.mark.parametrize("base", ["C:\\models\\x", "it's", "yes", "hub:x", "./a b", "123"])
def test_a_base_with_signs_of_yaml_comes_back_as_it_was(tmp_path, base):
    assert written(tmp_path / "study.yaml", base=base).base == base


def test_splits_of_a_folder_are_found_by_name(tmp_path):
    for name in ("train.csv", "val.csv", "test.tsv"):
        (tmp_path / name).write_text("Question,label\n", encoding="utf-8")
    study = written(tmp_path / "study.yaml", "classification", data=(".",))
    assert (study.data.train, study.data.validation, study.data.test) == (
        "train.csv",
        "val.csv",
        "test.tsv",
    )


def test_a_folder_that_lacks_a_split_is_refused(tmp_path):
    (tmp_path / "train.csv").write_text("Question,label\n", encoding="utf-8")
    with pytest.raises(KiyasError, match="validation"):
        written(tmp_path / "study.yaml", "classification", data=(".",))


def test_a_file_is_replaced_only_when_asked(tmp_path):
    path = tmp_path / "study.yaml"
    written(path)
    with pytest.raises(KiyasError, match="there already"):
        written(path)
    choices = StudyChoices("other", "code", "owner/model", ("embedded:deep",))
    write_study(choices, path, replace=True)
    assert load_study(path).name == "other"


def test_the_name_of_a_study_is_a_possible_name(tmp_path):
    assert study_name(tmp_path / "çalışma 1.yaml") == "al-ma-1"
    assert study_name(tmp_path / "___.yaml") == "study"


def test_a_study_with_faults_is_not_written(tmp_path):
    with pytest.raises(StudyError, match="no such embedded model"):
        written(tmp_path / "study.yaml", base="embedded:nope")
    assert not (tmp_path / "study.yaml").exists()


def test_a_place_that_cannot_be_written_is_one_clear_error(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(RunFolderError, match="cannot be written"):
        written(tmp_path / "file" / "study.yaml")
    choices = StudyChoices("mine", "code", "owner/model", ("embedded:deep",))
    with pytest.raises(RunFolderError, match="cannot be written"):
        write_study(choices, tmp_path, replace=True)


@pytest.mark.parametrize("task", ["code", "classification"])
def test_the_keys_that_the_comment_allows_an_arm_are_those_that_an_arm_has(tmp_path, task):
    written(tmp_path / "study.yaml", task, DEFAULT_BASES[task], DEFAULT_DATA[task])
    text = (tmp_path / "study.yaml").read_text(encoding="utf-8")
    (comment,) = re.findall(r"^arms:.*; (.*) may be an arm's own$", text, re.M)
    arm = ArmSettings if task == "code" else ClassifierArm
    assert set(comment.split(", ")) <= arm.model_fields.keys()
