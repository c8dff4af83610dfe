import pytest
import torch

from kiyas.errors import ModelError
from kiyas.models import load_base, locate_base, render_problem
from kiyas.models.shape import read_shape
from kiyas.records import Problem

NAME = "embedded:smollm2-135m-instruct"


@pytest.fixture(scope="module")
def embedded_base():
    try:
        source = locate_base(NAME)
    except ModelError as error:
        pytest.skip(f"the embedded model is not on this machine: {error.what}")
    return load_base(source, device="cpu")


@pytest.mark.slow
def test_the_embedded_model_is_whole_and_answers_in_english(embedded_base):
    shape = read_shape(NAME)
    assert shape is not None
    assert sum(w.numel() for w in embedded_base.model.parameters()) == shape.num_parameters
    prompt = embedded_base.tokenizer("The capital of France is", return_tensors="pt")
    with torch.inference_mode():
        best = embedded_base.model(**prompt).logits[0, -1].argmax()
    assert embedded_base.tokenizer.decode(best) == " Paris"


@pytest.mark.slow
def test_the_embedded_model_is_asked_in_its_own_chat_format(embedded_base):
    prompt = render_problem(embedded_base, Problem("T/0", "def f(x):\n", "f", ""), "chat")
    # The chat format in the model's card: system, user and assistant turns between im tokens.
    assert prompt.text.startswith("<|im_start|>system\n")
    assert prompt.text.endswith("def f(x):\n```<|im_end|>\n<|im_start|>assistant\n")
