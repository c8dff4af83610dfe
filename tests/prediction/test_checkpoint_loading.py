import json

import pytest
from safetensors.torch import load_file, save_file

from kiyas.errors import ModelError
from kiyas.prediction.checkpoint_loading import load_checkpoint

PROBE = (1, 2, 3)


def rewrite(adapter, change):
    """Rewrite the tensors of an adapter."""
    file = adapter / "adapter_model.safetensors"
    save_file(change(load_file(file)), file)


def test_a_folder_without_an_adapter_is_refused(tiny_base, tmp_path):
    with pytest.raises(ModelError, match="configuration cannot be read"):
        load_checkpoint(tiny_base, tmp_path, PROBE)


def test_an_adapter_of_a_base_of_another_name_is_refused(tiny_base, make_adapter):
    adapter = make_adapter(3)
    config = adapter / "adapter_config.json"
    values = json.loads(config.read_text(encoding="utf-8"))
    values["base_model_name_or_path"] = "somewhere/other-base"
    config.write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(ModelError, match="another base"):
        load_checkpoint(tiny_base, adapter, PROBE)


def test_an_adapter_of_a_base_of_another_size_is_refused(tiny_base, make_adapter):
    adapter = make_adapter(3)
    rewrite(adapter, lambda tensors: {name: t.repeat(2, 2) for name, t in tensors.items()})
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_checkpoint(tiny_base, adapter, PROBE)


@pytest.mark.filterwarnings("ignore:Found missing adapter keys")
def test_an_adapter_with_missing_tensors_is_refused(tiny_base, make_adapter):
    adapter = make_adapter(3)
    rewrite(adapter, lambda tensors: dict(sorted(tensors.items())[1:]))
    with pytest.raises(ModelError, match="not loaded whole"):
        load_checkpoint(tiny_base, adapter, PROBE)


def test_an_adapter_with_tensors_of_deeper_layers_is_refused(tiny_base, make_adapter):
    def deepened(tensors):
        name = next(name for name in tensors if ".layers.1." in name)
        return {**tensors, name.replace(".layers.1.", ".layers.9."): tensors[name].clone()}

    adapter = make_adapter(3)
    rewrite(adapter, deepened)
    with pytest.raises(ModelError, match="not loaded whole"):
        load_checkpoint(tiny_base, adapter, PROBE)
