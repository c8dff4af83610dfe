"""The study file: every fault at once, with its place and a cure."""

import json
from pathlib import Path

import pytest

from kiyas.config import ExecutionSettings, dump_study, load_study, study_schema
from kiyas.errors import KiyasError, StudyError

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


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_that_no_generator_takes_is_refused(tmp_path: Path, seed: int) -> None:
    assert "seeds.0" in faults(tmp_path, SOUND + f"seeds: [{seed}]\n")


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


TWO_ARMS = """\
name: small
base: some/model
train: {max_steps: 10}
arms:
  - name: a
    data: {source: "embedded:deep"}
    train: &t {learning_rate: 1.0e-4}
  - name: b
    data: {source: "embedded:deep"}
    train: OTHER
"""


@pytest.mark.parametrize("other", ["*t", "{<<: *t, warmup_steps: 2}"])
@pytest.mark.parametrize("name", ["a", "b"])
def test_an_override_changes_one_arm_where_two_share_an_alias(
    tmp_path: Path, other: str, name: str
) -> None:
    path = write(tmp_path, TWO_ARMS.replace("OTHER", other))
    study = load_study(path, [f"arms.{name}.train.learning_rate=5e-4"])
    rates = {arm.name: study.train_of(arm).learning_rate for arm in study.arms}
    assert rates == {"a": 1e-4, "b": 1e-4, name: 5e-4}


def test_an_override_changes_one_arm_where_it_merges_another(tmp_path: Path) -> None:
    text = TWO_ARMS.partition("arms:")[0] + (
        "arms:\n"
        '  - &a {name: a, data: {source: "embedded:deep"}, train: {learning_rate: 1.0e-4}}\n'
        "  - {<<: *a, name: b}\n"
    )
    study = load_study(write(tmp_path, text), ["arms.b.train.learning_rate=5e-4"])
    assert [study.train_of(arm).learning_rate for arm in study.arms] == [1e-4, 5e-4]


def test_an_override_of_an_alias_keeps_the_lines_of_other_keys(tmp_path: Path) -> None:
    text = TWO_ARMS.replace("{learning_rate: 1.0e-4}", "{\n      learning_rate: 7}")
    told = faults(tmp_path, text.replace("OTHER", "*t"), "arms.a.train.warmup_steps=1")
    assert "study.yaml:8: arms.0.train.learning_rate" in told


def test_an_override_reaches_into_what_an_override_gave(tmp_path: Path) -> None:
    overrides = ["predict={engine: openai}", "predict.server.url=http://x/v1"]
    overrides += ["arms=[{name: a}]", "arms.a.data.source=embedded:deep"]
    study = load_study(write(tmp_path, SOUND), overrides)
    assert study.predict.server.url == "http://x/v1"
    assert study.arms[0].data.source == "embedded:deep"


def test_an_override_below_a_single_value_of_a_list_is_refused(tmp_path: Path) -> None:
    told = faults(tmp_path, SOUND, "seeds=[1, 2]", "seeds.0.x=1")
    assert "--set seeds.0.x=1: `x` would lie under a single value" in told
    assert "one of: 0, 1" in faults(tmp_path, SOUND, "seeds=[1, 2]", "seeds.²=1")


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("predict.batch_size=-3", "greater than or equal to 1"),
        ("predict.batch_size=0", "greater than or equal to 1"),
        ("predict.temperature=1e-320", "input should be 0 (greedy) or at least 0.01"),
        ("predict.temperature=-1", "greater than or equal to 0"),
    ],
)
def test_a_number_that_decoding_cannot_work_with_is_refused(
    tmp_path: Path, override: str, told: str
) -> None:
    assert told in faults(tmp_path, SOUND, override)


@pytest.mark.parametrize("temperature", ["0", "0.0", "0.01", "1"])
def test_greedy_decoding_and_sampling_stay_possible(tmp_path: Path, temperature: str) -> None:
    study = load_study(write(tmp_path, SOUND), [f"predict.temperature={temperature}"])
    assert study.predict.temperature == float(temperature)


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1:abc", "http://127.0.0.1:0", "http://127.0.0.1:70000", "http://[::1"),
        *("http://host/v1 x", "http://host/vé", "http://host/v1?x=1", "http://host/v1#a"),
        *("http://:8000", "http:///v1", "localhost:8000"),
    ],
)
def test_an_address_to_which_nothing_can_be_sent_is_refused(tmp_path: Path, url: str) -> None:
    server = [f"predict.server.url='{url}'", "predict.engine=openai"]
    assert "predict.server.url: " in faults(tmp_path, SOUND, *server)


@pytest.mark.parametrize(
    "url", ["http://localhost:8000/v1", "https://host/a/v1/", "http://[::1]:80", "http://h/v1/@x"]
)
def test_an_address_of_a_server_is_taken_as_it_is(tmp_path: Path, url: str) -> None:
    server = [f"predict.server.url='{url}'", "predict.engine=openai"]
    study = load_study(write(tmp_path, SOUND), server)
    assert study.predict.server.url == url


def test_a_password_in_an_address_is_refused_and_not_shown(tmp_path: Path) -> None:
    study = f"{SOUND}predict: {{engine: openai, server: {{url: 'http://me:secret@host/v1'}}}}\n"
    told = faults(tmp_path, study)
    assert "predict.server.url: input should hold no name and password" in told
    assert "api_key_env" in told
    assert "secret" not in told


@pytest.mark.parametrize(
    "override",
    ["score.memory_mb=100000000000000", "score.memory_mb=1048577", "score.timeout_s=601"],
)
def test_limits_of_the_cage_that_no_machine_has_are_refused(tmp_path: Path, override: str) -> None:
    assert "less than or equal to" in faults(tmp_path, SOUND, override)


def test_an_answer_may_take_a_day_at_most(tmp_path: Path) -> None:
    server = "predict.server={url: 'http://host', timeout_s: 1.0e+12}"
    assert "less than or equal to 86400" in faults(tmp_path, SOUND, server, "predict.engine=openai")


def test_a_date_that_there_is_not_is_one_clear_error(tmp_path: Path) -> None:
    assert "not valid YAML" in faults(tmp_path, SOUND, "description=2024-99-99")
    assert "not valid YAML" in faults(tmp_path, SOUND + "description: 2024-99-99\n")


@pytest.mark.parametrize("override", ["train.num_epochs=.inf", "lora.alpha=.nan"])
def test_a_number_without_end_is_refused(tmp_path: Path, override: str) -> None:
    assert "input should be a finite number" in faults(tmp_path, SOUND, override)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: [1,\n", "not valid YAML"),
        ("just text\n", "not a study"),
        ("", "not a study"),
        ("name: a\nname: b\n", "duplicate key"),
        (
            "name: a\nbase: b\x01\n",
            "study.yaml:2: not valid YAML: the character #x0001 at column 8",
        ),
    ],
)
def test_a_file_that_is_no_study_is_one_clear_error(tmp_path: Path, text: str, told: str) -> None:
    assert told in faults(tmp_path, text)


def test_a_storage_in_the_home_folder_is_found_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert ExecutionSettings(storage="~/results").runs == tmp_path / "results"
    with pytest.raises(KiyasError, match="no such home folder"):
        assert ExecutionSettings(storage="~nobody-of-this-name/results").runs


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
