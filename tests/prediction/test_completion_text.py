import pytest
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from kiyas.prediction.completion_text import CompletionText

TURN_END = 257


def ids_of(text):
    return tuple(text.encode())


@pytest.fixture
def byte_tokenizer(tiny_base):
    return tiny_base.tokenizer


@pytest.fixture
def word_tokenizer():
    """Return a tokenizer in the manner of SentencePiece: a space is a mark on the next word."""
    words = ["▁def", "▁f", "▁return", "▁x", "\n", "(", ")", ":", "▁", "<s>"]
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, "▁"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens([AddedToken("<s>", special=True)])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<s>")


def test_white_space_at_both_ends_is_kept(byte_tokenizer):
    text = "    return 1\n\n  "
    assert CompletionText(byte_tokenizer).text(ids_of("def f():\n"), ids_of(text)) == text


def test_spaces_before_punctuation_are_kept(byte_tokenizer):
    text = " x = [1 , 2] . do n't"  # what cleaning up would close
    assert CompletionText(byte_tokenizer).text(ids_of("a"), ids_of(text)) == text


def test_special_tokens_are_no_part_of_the_text(byte_tokenizer):
    reader = CompletionText(byte_tokenizer)
    assert reader.text(ids_of("a"), (*ids_of(" b"), TURN_END)) == " b"
    assert reader.text((*ids_of("a"), TURN_END), ids_of(" b")) == " b"


def test_the_space_at_the_seam_is_kept_where_a_tokenizer_marks_words(word_tokenizer):
    prompt, continuation = [0, 1], [2, 3]
    # The reason for reading the prompt along: alone, the first space is gone.
    assert word_tokenizer.decode(continuation) == "return x"
    assert CompletionText(word_tokenizer).text(prompt, continuation) == " return x"


def test_a_prompt_that_ends_inside_a_character_leaves_the_rest_readable(byte_tokenizer):
    first, second = "é".encode()
    assert CompletionText(byte_tokenizer).text((first,), (second, *ids_of("a"))).endswith("a")


def test_the_text_is_cut_before_the_first_stop_string(byte_tokenizer):
    reader = CompletionText(byte_tokenizer, ("\nprint(", "\ndef "))
    assert reader.cut("    return 1\ndef g():\nprint(1)") == "    return 1"
    assert reader.cut("    return 1\n") == "    return 1\n"


def test_a_row_stops_at_the_token_that_completes_a_stop_string(byte_tokenizer):
    reader = CompletionText(byte_tokenizer, ("\ndef ",))
    ids = ids_of("    return 1\ndef g")
    stops = [reader.stopped(ids_of("a"), ids[:length]) for length in range(1, len(ids) + 1)]
    assert stops.index(True) + 1 == len("    return 1\ndef ")


def test_stop_strings_of_several_tokens_are_found_where_tokens_are_words(word_tokenizer):
    reader = CompletionText(word_tokenizer, ("\n def",))
    assert not reader.stopped([0, 1], [2, 3, 4])
    assert reader.stopped([0, 1], [2, 3, 4, 0])
