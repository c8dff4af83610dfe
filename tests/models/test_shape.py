import json
import subprocess
import sys

import pytest
import torch
from tiny_classifiers import save_tiny_encoder
from transformers import BertConfig, BertForSequenceClassification, LlamaConfig, LlamaForCausalLM

from kiyas.config.schema import LoraSettings
from kiyas.errors import ModelError
from kiyas.models import locate_base, new_adapter, read_shape
from kiyas.models.classifier import load_classifier
from kiyas.models.classifier_adapters import add_adapter, count_trainable
from kiyas.training.lanes import draws_random_numbers


def test_the_number_of_weights_is_what_the_loaded_model_has(tiny_base, tiny_folder):
    shape = read_shape(str(tiny_folder))
    assert shape is not None
    assert shape.num_parameters == sum(w.numel() for w in tiny_base.model.parameters())


@pytest.mark.parametrize("use_dora", [False, True])
@pytest.mark.parametrize("targets", [["q_proj", "v_proj", "gate_proj", "up_proj"], "all-linear"])
def test_the_number_of_trained_weights_is_what_peft_makes(
    tiny_base, tiny_folder, targets, use_dora
):
    lora = LoraSettings(rank=4, target_modules=targets, use_dora=use_dora)
    shape = read_shape(str(tiny_folder))
    assert shape is not None
    model = new_adapter(tiny_base, lora, seed=0)
    assert shape.num_trainable(lora) == sum(
        w.numel() for w in model.parameters() if w.requires_grad
    )


def test_the_reference_base_is_known_without_the_hub():
    shape = read_shape("Qwen/Qwen2.5-Coder-1.5B-Instruct")
    assert shape is not None
    # "1.54 billion parameters": the model's card and the reference study.
    assert round(shape.num_parameters / 1e9, 2) == 1.54


@pytest.mark.parametrize(
    ("name", "billions"),
    # The cards of the models: "7.61B" and "7.25B".
    [("Qwen/Qwen2.5-Math-7B", 7.62), ("mistralai/Mistral-7B-v0.3", 7.25)],
)
def test_the_bases_of_the_reference_classifiers_are_known_without_the_hub(name, billions):
    shape = read_shape(name)
    assert shape is not None
    assert round(shape.num_parameters / 1e9, 2) == billions


def test_an_encoder_is_counted_as_the_loaded_classifier_has_it(tmp_path):
    folder = save_tiny_encoder(tmp_path)
    shape = read_shape(str(folder))
    assert shape is not None
    classifier = load_classifier(locate_base(str(folder)), 3, dtype="float32", device="cpu")
    lora = LoraSettings(rank=4, target_modules="all-linear")
    total = sum(weight.numel() for weight in classifier.model.parameters())
    assert total == shape.num_parameters + shape.head_parameters(3)
    trained = count_trainable(add_adapter(classifier, lora, seed=0))
    assert trained == shape.num_trainable(lora) + shape.head_parameters(3)


def test_a_decoder_is_counted_as_the_loaded_classifier_has_it(tiny_folder):
    shape = read_shape(str(tiny_folder))
    assert shape is not None
    classifier = load_classifier(locate_base(str(tiny_folder)), 3, dtype="float32", device="cpu")
    total = sum(weight.numel() for weight in classifier.model.parameters())
    assert total == shape.num_parameters - shape.output_parameters + shape.head_parameters(3)


def test_a_target_module_of_unknown_size_has_an_unknown_number_of_weights(tiny_folder):
    shape = read_shape(str(tiny_folder))
    assert shape is not None
    assert shape.num_trainable(LoraSettings(target_modules=["query"])) is None


def test_a_model_that_is_not_here_has_an_unknown_shape():
    assert read_shape("nobody/no-such-model") is None


def test_a_model_of_another_family_has_an_unknown_shape(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "gpt2"}), encoding="utf-8")
    assert read_shape(str(tmp_path)) is None


@pytest.mark.parametrize(
    "content",
    ["[]", "{", '{"model_type": "llama"}', '{"model_type": "bert", "hidden_size": "wide"}', "\xff"],
)
def test_a_broken_config_is_one_clear_error(content, tmp_path):
    (tmp_path / "config.json").write_text(content, encoding="latin-1")
    with pytest.raises(ModelError, match="sizes of the base cannot be read"):
        read_shape(str(tmp_path))


def test_a_home_folder_that_is_not_there_is_one_clear_error():
    for look in (read_shape, locate_base):
        with pytest.raises(ModelError, match="no such home folder"):
            look("~nobody-of-this-name/model")


def test_shapes_and_places_of_models_need_no_torch(tiny_folder):
    code = (
        "import sys; from kiyas.models import locate_base, read_shape;"
        f"read_shape({str(tiny_folder)!r}); locate_base({str(tiny_folder)!r});"
        "print([name for name in ('torch', 'transformers', 'peft') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


SMALL = {
    "vocab_size": 64,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 1,
    "num_attention_heads": 4,
}
NONE = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}


@pytest.mark.parametrize(
    ("model", "config"),
    [
        (LlamaForCausalLM, LlamaConfig(**SMALL)),
        (LlamaForCausalLM, LlamaConfig(**SMALL, attention_dropout=0.1)),
        (BertForSequenceClassification, BertConfig(**SMALL)),
        (BertForSequenceClassification, BertConfig(**SMALL, **NONE)),
        (BertForSequenceClassification, BertConfig(**SMALL, **NONE, classifier_dropout=0.1)),
        (BertForSequenceClassification, BertConfig(**SMALL, classifier_dropout=0.0)),
    ],
)
def test_a_base_is_said_to_drop_out_where_its_training_draws_random_numbers(
    tmp_path, model, config
):
    (tmp_path / "config.json").write_text(json.dumps(config.to_dict()), encoding="utf-8")
    shape = read_shape(str(tmp_path))
    assert shape is not None
    base = model(config)
    ids = torch.arange(20)[None]
    assert shape.has_dropout == draws_random_numbers(base, lambda: base(input_ids=ids))


def test_the_embedded_encoder_drops_out_and_the_embedded_decoder_does_not():
    # Their files: BERT's dropout of 0.1, and an attention dropout of 0.
    assert read_shape("embedded:minilm-l6").has_dropout
    assert not read_shape("embedded:smollm2-135m-instruct").has_dropout
