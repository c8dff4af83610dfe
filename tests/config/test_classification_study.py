"""The keys of a classification study, and combinations of them that cannot work."""

from pathlib import Path

import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from kiyas.config import dump_study, load_study, read_classifier_settings
from kiyas.config.classification import ClassificationStudy
from kiyas.config.classification_conflicts import (
    apply_search_values,
    find_classification_conflicts,
    grid_points,
)
from kiyas.errors import StudyError

STUDIES = Path(__file__).parents[2] / "studies"


def study(**keys):
    given = {
        "task": "classification",
        "name": "t",
        "base": "some/base",
        "data": {"train": "a.csv", "validation": "b.csv", "test": "c.csv"},
        "arms": [{"name": "one"}],
    }
    return ClassificationStudy.model_validate({**given, **keys})


def faults(**keys):
    return [
        (".".join(map(str, conflict.key)), conflict.what)
        for conflict in find_classification_conflicts(study(**keys))
    ]


def test_the_baseline_is_there_unless_it_is_switched_off_by_name():
    assert study().baseline
    assert not study(baseline=False).baseline


@pytest.mark.parametrize("name", ["math-topics", "math-topics-small"])
def test_a_shipped_study_has_no_conflict(name):
    raw = YAML(typ="safe").load((STUDIES / f"{name}.yaml").read_text(encoding="utf-8"))
    assert find_classification_conflicts(ClassificationStudy.model_validate(raw)) == []


def test_the_reference_study_searches_the_three_learning_rates_of_the_reference():
    raw = YAML(typ="safe").load((STUDIES / "math-topics.yaml").read_text(encoding="utf-8"))
    search = ClassificationStudy.model_validate(raw).search
    rates = [point["train.learning_rate"] for point in grid_points(search)]
    assert rates == [1e-5, 1e-4, 2e-4]


def test_an_unknown_key_is_refused():
    with pytest.raises(ValidationError, match="learning_rat"):
        study(train={"learning_rat": 1e-4})


def test_the_test_table_cannot_be_the_training_table():
    data = {"train": "a.csv", "validation": "b.csv", "test": "a.csv"}
    assert faults(data=data) == [("data.test", "train and test are the same table")]
    assert faults(data={**data, "allow_leak": ["train/test"]}) == []


def test_an_arm_cannot_take_the_name_of_the_baseline():
    [(key, _)] = faults(arms=[{"name": "TFIDF"}])
    assert key == "arms.0.name"


def test_an_arm_without_a_base_is_a_conflict():
    assert faults(base=None) == [("arms.0", "arm one has no base model")]


@pytest.mark.parametrize("names", [["C", "C++", "C#"], ["<=50K", ">50K"], ["kar", "kâr"]])
def test_class_names_that_differ_in_signs_or_accents_are_two(names):
    assert faults(labels={"names": names}) == []


@pytest.mark.parametrize("names", [["İkili", "ikili"], ["number theory", "Number-Theory"]])
def test_a_class_name_cannot_be_given_in_two_spellings(names):
    assert faults(labels={"names": names}) == [("labels.names", "a class name is given twice")]


def test_a_seed_that_no_generator_takes_is_refused():
    assert study(seeds=[2**32 - 1]).seeds == [2**32 - 1]
    with pytest.raises(ValidationError, match="less than 4294967296"):
        study(seeds=[2**32])


def test_turkish_names_must_match_the_names():
    [(key, _)] = faults(labels={"names": ["a", "b"], "turkish": ["a", "b", "c"]})
    assert key == "labels.turkish"


def test_class_weights_must_match_the_classes():
    [(key, _)] = faults(labels={"names": ["a", "b"]}, train={"class_weights": [1.0, 2.0, 3.0]})
    assert key == "train.class_weights"


@pytest.mark.parametrize("key", ["lora.use_dora", "lora.use_rslora"])
def test_what_is_on_or_off_is_not_offered_for_a_search(key):
    [(_, what)] = faults(search={"keys": {key: [0, 1]}})
    assert what.startswith("no such key can be searched")


def test_a_misspelt_searched_key_is_told_with_the_right_one():
    [(_, what)] = faults(search={"keys": {"train.learning_rat": [1e-4]}})
    assert "did you mean `train.learning_rate`?" in what


@pytest.mark.parametrize(
    ("search", "part"),
    [
        ({"keys": {"train.learning_rate": [1e-4, 7.0]}}, "does not fit"),
        ({"keys": {"train.learning_rate": [1e-4, 1e-4]}}, "twice"),
        ({"keys": {"lora.rank": {"low": 4, "high": 8}}}, "listed values"),
        ({"method": "random", "keys": {"lora.rank": [4, 8]}}, "how many points"),
        ({"keys": {"lora.rank": [4, 8]}, "num_points": 2}, "combinations"),
    ],
)
def test_a_search_that_cannot_work_is_a_conflict(search, part):
    [(_, what)] = faults(search=search)
    assert part in what


def test_search_values_lie_on_top_of_the_settings_of_the_arm():
    given = study(train={"num_epochs": 7})
    arm = given.arms[0]
    values = {"lora.rank": 4, "train.learning_rate": 0.01}
    lora, train = apply_search_values((given.lora_of(arm), given.train_of(arm)), values)
    assert (lora.rank, train.learning_rate, train.num_epochs) == (4, 0.01, 7)


SOUND = """\
name: small
task: classification
base: some/model
data: {train: a.csv, validation: b.csv, test: c.csv}
train: {num_epochs: 2}
arms:
  - name: one
    lora: {rank: 4}
"""


def told(tmp_path, text, *overrides):
    path = tmp_path / "study.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        load_study(path, overrides)
    return str(caught.value)


def loaded(tmp_path, text, *overrides):
    path = tmp_path / "study.yaml"
    path.write_text(text, encoding="utf-8")
    return load_study(path, overrides)


def test_the_task_decides_which_keys_there_are(tmp_path):
    assert isinstance(loaded(tmp_path, SOUND), ClassificationStudy)
    assert "benchmark: unknown key" in told(tmp_path, SOUND + "benchmark: {limit: 3}\n")


def test_a_misspelt_task_is_told_once_and_the_other_keys_are_judged_by_the_nearest(tmp_path):
    message = told(tmp_path, SOUND.replace("classification", "clasification"))
    assert "1 fault" in message
    assert "study.yaml:2: task:" in message
    assert "did you mean `classification`?" in message


def test_every_fault_of_a_classification_study_is_told_with_line_and_cure(tmp_path):
    text = SOUND.replace("num_epochs: 2", "num_epoch: 2, class_weights: blanced")
    text = text.replace("rank: 4", "rank: high") + "search: {keys: {train.lr: [0.1]}}\n"
    message = told(tmp_path, text)
    assert "4 faults" in message
    assert "study.yaml:5: train.num_epoch: unknown key (did you mean `num_epochs`?)" in message
    assert "study.yaml:5: train.class_weights: " in message
    assert "did you mean `balanced`?" in message
    assert "study.yaml:8: arms.0.lora.rank: input should be a valid integer" in message
    assert "study.yaml:9: search.keys.train.lr: no such key can be searched" in message


def test_a_wrong_searched_value_is_told_at_its_key(tmp_path):
    text = SOUND + "search: {keys: {train.learning_rate: {low: 1e-5, hgh: 1e-3}}}\n"
    message = told(tmp_path, text)
    assert "study.yaml:9: search.keys.train.learning_rate" in message
    assert "hgh" in message


def test_missing_tables_are_named(tmp_path):
    text = SOUND.replace(", test: c.csv", "")
    assert "data.test: the key `test` is missing" in told(tmp_path, text)


def test_the_resolved_study_reads_back_as_itself_whatever_arms_override(tmp_path):
    study = loaded(tmp_path, SOUND, "lora.alpha=64", "labels.names=[a, b]")
    again = loaded(tmp_path, dump_study(study))
    assert again == study
    assert again.lora_of(again.arms[0]) == study.lora_of(study.arms[0])
    assert again.lora_of(again.arms[0]).alpha == 64


def test_settings_of_one_classifier_are_checked_as_those_of_a_study():
    lora, train = read_classifier_settings(["lora.rank=4", "train.num_epochs=5"])
    assert (lora.rank, train.num_epochs) == (4, 5)
    with pytest.raises(StudyError, match="did you mean `learning_rate`"):
        read_classifier_settings(["train.learning_rte=1e-4"])
    with pytest.raises(StudyError, match="not a key of train or lora"):
        read_classifier_settings(["data.train=x.csv"])
