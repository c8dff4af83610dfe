"""Training files as LLaMA-Factory and Axolotl publish them -> studies, and what did not map."""

import json

import pytest
from ruamel.yaml import YAML

from kiyas.config import load_study
from kiyas.errors import DataError, RunFolderError, StudyError
from kiyas.importing import import_study, write_imported

# The keys and values of examples/train_lora/llama3_lora_sft.yaml of LLaMA-Factory (13d252f).
LLAMA_FACTORY = {
    "model_name_or_path": "meta-llama/Meta-Llama-3-8B-Instruct",
    "trust_remote_code": True,
    "stage": "sft",
    "do_train": True,
    "finetuning_type": "lora",
    "lora_rank": 8,
    "lora_target": "all",
    "dataset": "identity,alpaca_en_demo",
    "template": "llama3",
    "cutoff_len": 2048,
    "max_samples": 1000,
    "preprocessing_num_workers": 16,
    "output_dir": "saves/llama3-8b/lora/sft",
    "logging_steps": 10,
    "save_steps": 500,
    "per_device_train_batch_size": 1,
    "gradient_accumulation_steps": 8,
    "learning_rate": 1.0e-4,
    "num_train_epochs": 3.0,
    "lr_scheduler_type": "cosine",
    "warmup_ratio": 0.1,
    "bf16": True,
}
# The same of examples/llama-3/lora-1b.yml of Axolotl (34d3c8d).
AXOLOTL = {
    "base_model": "NousResearch/Llama-3.2-1B",
    "load_in_8bit": False,
    "datasets": [{"path": "teknium/GPT4-LLM-Cleaned", "type": "alpaca"}],
    "val_set_size": 0.1,
    "output_dir": "./outputs/lora-out",
    "adapter": "lora",
    "lora_model_dir": None,
    "sequence_len": 2048,
    "sample_packing": True,
    "lora_r": 16,
    "lora_alpha": 32,
    "lora_dropout": 0.05,
    "lora_target_modules": ["gate_proj", "down_proj", "q_proj"],
    "wandb_project": None,
    "gradient_accumulation_steps": 2,
    "micro_batch_size": 2,
    "num_epochs": 1,
    "optimizer": "adamw_8bit",
    "lr_scheduler": "cosine",
    "learning_rate": 0.0002,
    "bf16": "auto",
    "gradient_checkpointing": True,
    "warmup_steps": 10,
    "saves_per_epoch": 1,
    "weight_decay": 0.0,
    "special_tokens": {"pad_token": "<|end_of_text|>"},
}


def imported(tmp_path, keys, name="their.yaml"):
    path = tmp_path / name
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(keys, file)
    return import_study(path), path


def study_of(tmp_path, keys):
    read, path = imported(tmp_path, keys)
    out = tmp_path / "study.yaml"
    write_imported(read, path, out)
    return load_study(out), read


def left(read):
    return {item.key for item in read.left_out if item.matters}


def test_llama_factory_maps_its_numbers(tmp_path):
    study, read = study_of(tmp_path, LLAMA_FACTORY)
    assert read.tool == "LLaMA-Factory"
    assert study.base == "meta-llama/Meta-Llama-3-8B-Instruct"
    # Defaults of the tool: alpha is twice the rank, no dropout, seed 42.
    assert (study.lora.rank, study.lora.alpha, study.lora.dropout) == (8, 16, 0.0)
    assert study.lora.target_modules == "all-linear"
    assert (study.train.batch_size, study.train.gradient_accumulation_steps) == (1, 8)
    assert (study.train.learning_rate, study.train.num_epochs) == (1e-4, 3.0)
    assert (study.train.lr_scheduler, study.train.max_seq_len) == ("cosine", 2048)
    assert (study.train.dtype, study.seeds) == ("bfloat16", [42])


def test_llama_factory_lists_what_can_change_the_result(tmp_path):
    _, read = study_of(tmp_path, LLAMA_FACTORY)
    assert {"warmup_ratio", "template", "max_samples", "dataset"} <= left(read)
    assert "logging_steps" not in left(read)
    taken = {item.key.partition(" ")[0].rstrip(":") for item in (*read.mapped, *read.left_out)}
    assert LLAMA_FACTORY.keys() - taken == {"stage", "finetuning_type"}


def test_data_sets_are_looked_up_as_llama_factory_does(tmp_path):
    (tmp_path / "data").mkdir()
    listing = {
        "identity": {"file_name": "identity.json"},
        "alpaca_en_demo": {
            "hf_hub_url": "owner/set",
            "columns": {"prompt": "ask", "response": "say"},
        },
        "talk": {"file_name": "talk.json", "formatting": "sharegpt"},
    }
    (tmp_path / "data" / "dataset_info.json").write_text(json.dumps(listing), encoding="utf-8")
    study, read = study_of(tmp_path, {**LLAMA_FACTORY, "dataset": "identity,alpaca_en_demo,talk"})
    first, second, _ = study.arms
    assert first.data.source == str(tmp_path / "data" / "identity.json")
    assert first.data.columns.prompt == "instruction"
    assert (second.data.source, second.data.columns.response) == ("owner/set", "say")
    assert {"columns.query", "formatting"} <= left(read)


def test_axolotl_maps_its_numbers(tmp_path):
    study, read = study_of(tmp_path, AXOLOTL)
    assert read.tool == "Axolotl"
    assert (study.base, study.name) == ("NousResearch/Llama-3.2-1B", "outputs-lora-out")
    assert (study.lora.rank, study.lora.alpha, study.lora.dropout) == (16, 32, 0.05)
    assert study.lora.target_modules == ["gate_proj", "down_proj", "q_proj"]
    assert (study.train.batch_size, study.train.gradient_accumulation_steps) == (2, 2)
    assert (study.train.warmup_steps, study.train.num_epochs) == (10, 1.0)
    assert study.train.gradient_checkpointing
    assert study.arms[0].data.source == "teknium/GPT4-LLM-Cleaned"


def test_axolotl_lists_what_can_change_the_result(tmp_path):
    _, read = study_of(tmp_path, AXOLOTL)
    assert {"sample_packing", "optimizer", "special_tokens", "datasets[].type"} <= left(read)
    assert "load_in_8bit" not in left(read), "a switch that is off loses nothing"


def test_axolotl_columns_of_its_own_are_carried_over(tmp_path):
    kind = {"field_instruction": "problem", "field_output": "target"}
    keys = {**AXOLOTL, "datasets": [{"path": "owner/x", "type": kind, "split": "train"}]}
    study, read = study_of(tmp_path, keys)
    data = study.arms[0].data
    assert (data.columns.prompt, data.columns.response, data.split) == (
        "problem",
        "target",
        "train",
    )
    assert "type.format" not in left(read)


def test_steps_win_over_epochs_and_make_checkpoints_and_warmup(tmp_path):
    keys = {**LLAMA_FACTORY, "max_steps": 100, "save_steps": 40}
    study, read = study_of(tmp_path, keys)
    assert (study.train.max_steps, study.train.num_epochs) == (100, None)
    assert study.train.checkpoints == [40, 80, 100]
    assert study.train.warmup_steps == 10
    assert "warmup_ratio" not in left(read)


def test_a_rate_without_a_point_is_a_number(tmp_path):
    path = tmp_path / "their.yaml"
    path.write_text(
        "base_model: owner/x\nadapter: lora\ndatasets: [{path: owner/y, type: alpaca}]\n"
        "learning_rate: '2e-5'\n",
        encoding="utf-8",
    )
    write_imported(import_study(path), path, tmp_path / "study.yaml")
    assert load_study(tmp_path / "study.yaml").train.learning_rate == 2e-5


def test_what_did_not_map_stands_at_the_head_of_the_study(tmp_path):
    read, path = imported(tmp_path, {**AXOLOTL, "neftune_noise_alpha": 5})
    write_imported(read, path, tmp_path / "study.yaml")
    text = (tmp_path / "study.yaml").read_text(encoding="utf-8")
    assert "#   neftune_noise_alpha: 5" in text.partition("name:")[0]


@pytest.mark.parametrize(
    "keys",
    [
        {**LLAMA_FACTORY, "stage": "dpo"},
        {**LLAMA_FACTORY, "finetuning_type": "full"},
        {**AXOLOTL, "adapter": None},
        {**AXOLOTL, "rl": "dpo"},
        {**AXOLOTL, "datasets": None},
        {"model": "x"},
        {"lora_r": 8, "adapter": "lora", "datasets": [{"path": "x"}]},
    ],
    ids=["dpo", "full", "axolotl full", "axolotl dpo", "no data", "neither", "no base"],
)
def test_what_kiyas_does_not_train_is_refused(tmp_path, keys):
    with pytest.raises(StudyError):
        imported(tmp_path, keys)


@pytest.mark.parametrize("text", ["a: [", "- a\n- b\n", ""])
def test_a_file_that_is_no_mapping_is_one_clear_error(tmp_path, text):
    path = tmp_path / "their.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError):
        import_study(path)


def test_a_study_that_is_there_is_not_replaced(tmp_path):
    read, path = imported(tmp_path, AXOLOTL)
    write_imported(read, path, tmp_path / "study.yaml")
    with pytest.raises(StudyError, match="there already"):
        write_imported(read, path, tmp_path / "study.yaml")


def test_a_seed_of_0_stays_0(tmp_path):
    for keys in (LLAMA_FACTORY, AXOLOTL):
        read, _ = imported(tmp_path, {**keys, "seed": 0})
        assert read.study["seeds"] == [0]


@pytest.mark.parametrize("steps", [100.0, "100", "1e2"])
def test_a_whole_number_in_another_spelling_is_not_dropped(tmp_path, steps):
    study, _ = study_of(tmp_path, {**LLAMA_FACTORY, "max_steps": steps, "lora_rank": "4"})
    assert (study.train.max_steps, study.train.num_epochs) == (100, None)
    assert (study.lora.rank, study.lora.alpha) == (4, 8)


def test_warmup_steps_below_1_are_a_share_of_the_steps(tmp_path):
    # transformers, TrainingArguments.get_warmup_steps: a ratio of the steps if below 1, rounded up.
    keys = {**LLAMA_FACTORY, "warmup_ratio": None, "warmup_steps": 0.1}
    study, _ = study_of(tmp_path, {**keys, "max_steps": 95})
    assert study.train.warmup_steps == 10
    read, _ = imported(tmp_path, keys)
    assert "warmup_steps" in left(read)


@pytest.mark.parametrize(
    "keys",
    [
        {**LLAMA_FACTORY, "quantization_bit": 4},
        {**AXOLOTL, "load_in_4bit": True},
        {**AXOLOTL, "adapter": "qlora"},
    ],
    ids=["llama-factory", "axolotl", "qlora"],
)
def test_a_base_in_four_bits_maps(tmp_path, keys):
    study, read = study_of(tmp_path, keys)
    assert study.train.quantization == "4bit"
    assert not left(read) & {"quantization_bit", "load_in_4bit"}


def test_a_base_in_eight_bits_is_listed_with_a_reason(tmp_path):
    for keys in ({**LLAMA_FACTORY, "quantization_bit": 8}, {**AXOLOTL, "load_in_8bit": True}):
        read, _ = imported(tmp_path, keys)
        assert "quantization" not in read.study["train"]
        assert left(read) & {"quantization_bit", "load_in_8bit"}


def test_every_value_that_cannot_be_read_is_told_at_once(tmp_path):
    keys = {
        **LLAMA_FACTORY,
        "warmup_steps": "10%",
        "num_train_epochs": "three",
        "max_steps": 1.5,
        "lora_target": 5,
    }
    with pytest.raises(StudyError) as caught:
        imported(tmp_path, keys)
    told = str(caught.value)
    for key in ("warmup_steps", "num_train_epochs", "max_steps", "lora_target"):
        assert f"their.yaml: {key}: the value cannot be read" in told


def test_a_schedule_that_is_no_word_is_listed(tmp_path):
    read, _ = imported(tmp_path, {**AXOLOTL, "lr_scheduler": ["cosine"]})
    assert "lr_scheduler" in left(read)


@pytest.mark.parametrize(
    ("listing", "told"),
    [
        ('{"identity": {"file_name": "x.json"},}', "the file is not JSON"),
        ("[]", "the file does not hold an object"),
        ('{"identity": {"columns": 5}}', "no mapping"),
    ],
)
def test_a_list_of_data_sets_that_cannot_be_read_is_one_clear_error(tmp_path, listing, told):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "dataset_info.json").write_text(listing, encoding="utf-8")
    with pytest.raises(DataError, match=told):
        imported(tmp_path, LLAMA_FACTORY)


def test_a_data_set_without_columns_has_those_of_alpaca(tmp_path):
    (tmp_path / "data").mkdir()
    listing = {"identity": {"file_name": "x.json", "columns": None, "formatting": None}}
    (tmp_path / "data" / "dataset_info.json").write_text(json.dumps(listing), encoding="utf-8")
    study, _ = study_of(tmp_path, {**LLAMA_FACTORY, "dataset": "identity"})
    assert study.arms[0].data.columns.response == "output"


def test_arms_have_possible_names_of_their_own(tmp_path):
    paths = ["data/my data.jsonl", "data/base.jsonl", "çözümler.jsonl", "a-2", "a", "A"]
    sets = [{"path": path, "type": "alpaca"} for path in paths]
    study, _ = study_of(tmp_path, {**AXOLOTL, "datasets": sets})
    names = [arm.name for arm in study.arms]
    assert names == ["my-data", "base-2", "z-mler", "a-2", "a", "A-3"]


def test_data_sets_of_one_name_are_two_arms(tmp_path):
    study, _ = study_of(tmp_path, {**LLAMA_FACTORY, "dataset": "org1/alpaca,org2/alpaca"})
    assert [arm.name for arm in study.arms] == ["alpaca", "alpaca-2"]


def test_a_study_with_faults_is_not_written(tmp_path):
    read, path = imported(tmp_path, {**LLAMA_FACTORY, "learning_rate": 5})
    with pytest.raises(StudyError, match=r"train\.learning_rate"):
        write_imported(read, path, tmp_path / "study.yaml")
    assert not (tmp_path / "study.yaml").exists()


def test_a_folder_is_not_replaced_by_a_study(tmp_path):
    read, path = imported(tmp_path, AXOLOTL)
    with pytest.raises(RunFolderError, match="cannot be written"):
        write_imported(read, path, tmp_path, replace=True)
