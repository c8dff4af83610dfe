"""The study file: every fault at once, with its place and a cure."""

import json
from pathlib import Path

import pytest

from kiyas.config import dump_study, load_study, study_schema
from kiyas.errors import StudyError

STUDIES = Path(__file__).parents[2] / "studies"

SOUND = """\
name: small
task: code
base: some/model
train: {max_steps: 10, checkpoints: [5, 10]}
arms:
  - name: deep
    data: {source: "embedded:deep"}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "study.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def faults(folder: Path, text: str, *overrides: str) -> str:
    with pytest.raises(StudyError) as caught:
        load_study(write(folder, text), overrides)
    return str(caught.value)


def test_reference_study_1_is_what_its_table_says() -> None:
    # shared/reference/codegen_cot.md, "Set-up".
    study = load_study(STUDIES / "codegen-cot.yaml")
    assert study.base == "Qwen/Qwen2.5-Coder-1.5B-Instruct"
    assert (study.lora.rank, study.lora.alpha, study.lora.dropout) == (32, 64, 0.1)
    assert study.lora.target_modules == ["q_proj", "v_proj", "gate_proj", "up_proj"]
    assert study.train.learning_rate == 5e-5
    assert (study.train.batch_size, study.train.gradient_accumulation_steps) == (1, 16)
    assert study.train.checkpoints == [100, 200, 300, 400, 800]
    assert study.benchmark.name == "humaneval"
    assert study.benchmark.limit is None
    sources = [arm.data.source for arm in study.arms if arm.data]
    assert sources == ["Naholav/CodeGen-Deep-5K", "Naholav/CodeGen-Diverse-5K"]


def test_every_shipped_code_study_loads() -> None:
    names = sorted(path.name for path in STUDIES.glob("*.yaml") if "task: code" in path.read_text())
    assert names == ["codegen-cot-small.yaml", "codegen-cot.yaml", "demo.yaml"]
    for name in names:
        load_study(STUDIES / name)


def test_the_shipped_schema_is_the_schema_of_today() -> None:
    shipped = json.loads((STUDIES / "study.schema.json").read_text(encoding="utf-8"))
    assert shipped == study_schema(), "write it again: kiyas schema > studies/study.schema.json"


def test_every_fault_is_told_at_once_with_line_key_and_cure(tmp_path: Path) -> None:
    text = SOUND.replace("base: some/model", "base: 3\nlora: {rnk: 8}").replace(
        "[5, 10]", "[5, 20]"
    )
    told = faults(tmp_path, text)
    assert "3 faults" in told
    assert "study.yaml:3: base: input should be a valid string" in told
    assert "study.yaml:4: lora.rnk: unknown key (did you mean `rank`?)" in told
    assert "study.yaml:5: train.checkpoints: arm deep: training ends at step 10" in told


def test_text_is_not_silently_a_number(tmp_path: Path) -> None:
    told = faults(tmp_path, SOUND + 'lora: {alpha: "64"}\n')
    assert "lora.alpha: input should be a valid number" in told
    assert "received: '64'" in told


def test_a_misspelt_choice_names_the_nearest(tmp_path: Path) -> None:
    told = faults(tmp_path, SOUND + "protocol: chta\n")
    assert "did you mean `chat`?" in told


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    assert "the key `base` is missing" in faults(tmp_path, SOUND.replace("base: some/model\n", ""))


@pytest.mark.parametrize(
    ("addition", "key"),
    [
        ("predict: {num_samples: 4}", "predict.num_samples"),
        ("predict: {top_p: 0.9}", "predict.top_p"),
        ("seeds: [1, 1]", "seeds"),
    ],
)
def test_keys_that_contradict_each_other_are_refused(
    tmp_path: Path, addition: str, key: str
) -> None:
    assert f"study.yaml:8: {key}: " in faults(tmp_path, SOUND + addition + "\n")


def test_two_arms_whose_names_differ_in_capitals_only_are_refused(tmp_path: Path) -> None:
    told = faults(tmp_path, SOUND + '  - name: DEEP\n    data: {source: "embedded:deep"}\n')
    assert "arms.1.name" in told
    assert "taken" in told


def test_a_misspelt_embedded_base_names_the_nearest(tmp_path: Path) -> None:
    told = faults(tmp_path, SOUND.replace("some/model", "embedded:smollm2-135m"))
    assert "base: no such embedded model for this task" in told
    assert "did you mean `embedded:smollm2-135m-instruct`?" in told


def test_an_encoder_is_no_base_of_a_code_study(tmp_path: Path) -> None:
    told = faults(tmp_path, SOUND.replace("some/model", "embedded:minilm-l6"))
    assert "base: no such embedded model for this task" in told


def test_neither_steps_nor_epochs_is_refused(tmp_path: Path) -> None:
    told = faults(tmp_path, SOUND.replace("max_steps: 10, checkpoints: [5, 10]", "warmup_steps: 0"))
    assert "nothing says how long to train" in told


@pytest.mark.parametrize(
    ("beside", "told"),
    [
        ("", "a base is spread over processes, and there is one"),
        (", num_processes: 2, quantization: 4bit", "a base in four bits cannot be spread"),
    ],
)
def test_a_base_that_cannot_be_sharded_is_refused(tmp_path: Path, beside: str, told: str) -> None:
    sharded = SOUND.replace("max_steps: 10,", f"shard_base: true{beside}, max_steps: 10,")
    assert told in faults(tmp_path, sharded)


def test_an_arm_inherits_the_study_and_its_own_keys_win(tmp_path: Path) -> None:
    text = SOUND + "    train: {learning_rate: 0.01}\n    lora: {rank: 4}\n"
    study = load_study(write(tmp_path, text))
    (arm,) = study.arms
    assert study.train_of(arm).learning_rate == 0.01
    assert study.train_of(arm).max_steps == 10
    assert (study.lora_of(arm).rank, study.lora_of(arm).alpha) == (4, 64)


def test_an_override_replaces_a_key_and_an_arm_goes_by_its_name(tmp_path: Path) -> None:
    path = write(tmp_path, SOUND)
    study = load_study(path, ["train.learning_rate=1e-4", "arms.deep.lora.rank=8"])
    assert study.train.learning_rate == 1e-4
    assert study.lora_of(study.arms[0]).rank == 8


def test_a_faulty_override_is_named_as_such(tmp_path: Path) -> None:
    assert "--set lora.rank=0: lora.rank" in faults(tmp_path, SOUND, "lora.rank=0")
    assert "not of the form key=value" in faults(tmp_path, SOUND, "lora.rank")
    assert "one of: deep" in faults(tmp_path, SOUND, "arms.shallow.lora.rank=1")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: [1,\n", "not valid YAML"),
        ("just text\n", "not a study"),
        ("", "not a study"),
        ("name: a\nname: b\n", "duplicate key"),
    ],
)
def test_a_file_that_is_no_study_is_one_clear_error(tmp_path: Path, text: str, told: str) -> None:
    assert told in faults(tmp_path, text)


def test_a_missing_file_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="cannot be read"):
        load_study(tmp_path / "none.yaml")


def test_the_resolved_study_reads_back_as_itself(tmp_path: Path) -> None:
    study = load_study(write(tmp_path, SOUND))
    assert load_study(write(tmp_path, dump_study(study))) == study


def test_the_language_of_a_study_is_one_that_kiyas_speaks(tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    text = (STUDIES / "demo.yaml").read_text(encoding="utf-8")
    file.write_text(f"{text}\nlanguage: tr-TR\n", encoding="utf-8")
    assert load_study(file).language == "tr"
    file.write_text(f"{text}\nlanguage: xx\n", encoding="utf-8")
    with pytest.raises(StudyError, match="it speaks en or tr"):
        load_study(file)
