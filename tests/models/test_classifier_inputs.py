"""A prediction depends on its text alone, not on the batch around it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_base import TEXT_END, save_tiny_base, save_tiny_longrope_base
from tiny_classifiers import save_tiny_encoder, topic_texts
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from kiyas.models.classifier import load_classifier
from kiyas.models.classifier_inputs import (
    EncodedTexts,
    batches_by_length,
    compute_logits,
    encode_texts,
    softmax,
)
from kiyas.models.source import locate_base


@pytest.fixture(scope="module", params=[save_tiny_base, save_tiny_encoder])
def classifier(request, tmp_path_factory):
    folder = request.param(tmp_path_factory.mktemp("base"))
    return load_classifier(locate_base(str(folder)), 3, dtype="float32", device="cpu")


def test_a_text_alone_is_predicted_as_in_any_batch(classifier):
    texts = [*topic_texts("test", 11, 4).texts, "x", "long " * 12]
    encoded = encode_texts(classifier, texts, 100)
    together = compute_logits(classifier, encoded, 100_000)
    in_parts = compute_logits(classifier, encoded, 64)
    alone = np.concatenate(
        [compute_logits(classifier, EncodedTexts((row,), 0), 4096) for row in encoded.ids]
    )
    np.testing.assert_allclose(together, alone, atol=2e-5)
    np.testing.assert_allclose(in_parts, alone, atol=2e-5)


def test_a_text_is_predicted_as_alone_on_both_sides_of_a_length_that_turns_positions_otherwise(
    tmp_path,
):
    base = locate_base(str(save_tiny_longrope_base(tmp_path, limit=50)))
    classifier = load_classifier(base, 3, dtype="float32", device="cpu")
    text = " ".join(topic_texts("test", 11, 4).texts)
    encoded = encode_texts(classifier, [text[:n] for n in (12, 47, 49, 50, 51, 60, 90)], 100)
    classifier.model.eval()
    with torch.inference_mode():
        alone = [classifier.model(input_ids=torch.tensor([row])).logits for row in encoded.ids]
    for max_tokens in (100_000, 100):
        together = compute_logits(classifier, encoded, max_tokens)
        np.testing.assert_allclose(together, torch.cat(alone), atol=2e-5)


def test_a_special_token_in_a_text_is_its_letters(classifier):
    # As a token it would be the decoder's padding, and the class would be read before it.
    [row] = encode_texts(classifier, ["end <|text_end|>"], 100).ids
    assert TEXT_END not in row
    assert len(row) == len("end <|text_end|>")


def test_long_texts_are_cut_and_counted(classifier):
    encoded = encode_texts(classifier, ["a" * 31, "b" * 30, "c" * 100_000], 30)
    assert [len(row) for row in encoded.ids] == [30, 30, 30]
    assert encoded.num_cut == 2


def test_a_long_text_of_few_tokens_is_read_to_its_end(classifier):
    words = Tokenizer(models.WordLevel({"cat": 0, "dog": 1, "?": 2}, unk_token="?"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, unk_token="?", pad_token="?")
    gap = " " * 300
    texts = [f"cat{gap}dog", f"cat{gap}" + "dog " * 9]
    encoded = encode_texts(replace(classifier, tokenizer=tokenizer), texts, 8)
    assert encoded.ids == ((0, 1), (0, *[1] * 7))
    assert encoded.num_cut == 1


def test_no_text_is_cut_beyond_what_the_base_can_take(classifier):
    [row] = encode_texts(classifier, ["a" * 2000], 1000).ids
    assert len(row) == classifier.max_positions


def test_an_empty_text_has_a_prediction(classifier):
    logits = compute_logits(classifier, encode_texts(classifier, [""], 30), 4096)
    assert np.isfinite(logits).all()


def test_batches_hold_every_row_once_and_keep_to_the_limit():
    lengths = np.array([5, 90, 7, 7, 60, 1, 33])
    batches = list(batches_by_length(lengths, 64))
    assert sorted(np.concatenate(batches).tolist()) == list(range(7))
    assert all(len(rows) == 1 or len(rows) * lengths[rows].max() <= 64 for rows in batches)


def test_softmax_bears_large_logits():
    # Closed form: equal logits share equally, and 1000 more is all.
    np.testing.assert_allclose(softmax(np.array([[1e4, 1e4]], dtype=np.float32)), [[0.5, 0.5]])
    np.testing.assert_allclose(softmax(np.array([[1e3, 0]], dtype=np.float32)), [[1.0, 0.0]])
