import pytest
from tiny_base import START, TEXT_END, TURN_END, save_tiny_base

from kiyas.errors import ModelError
from kiyas.models import (
    load_base,
    render_example,
    render_problem,
    rendering_hash,
    stop_token_ids,
)
from kiyas.records import Example, Problem

# The tokenizer has one token a byte, so expectations are bytes and special tokens, by hand.
PROBLEM = Problem("T/0", 'def f(x):\n    """é"""\n', "f", "")
EXAMPLE = Example("Write f.", "<think> é</think>\n", 1)
QUESTION = [START, *b"user\nWrite f.", TURN_END, *b"\n", START, *b"assistant\n"]
REQUEST = [
    START,
    *b"user\nComplete the following Python function.\n```python\n",
    *'def f(x):\n    """é"""\n```'.encode(),
    TURN_END,
    *b"\n",
    START,
    *b"assistant\n",
]


def test_a_chat_example_is_question_answer_and_end_of_turn(tiny_base):
    rendered = render_example(tiny_base, EXAMPLE, "chat", max_seq_len=512)
    assert list(rendered.token_ids) == [*QUESTION, *"<think> é</think>\n".encode(), TURN_END]


def test_only_the_answer_and_its_end_token_are_trained(tiny_base):
    rendered = render_example(tiny_base, EXAMPLE, "chat", max_seq_len=512)
    assert rendered.num_prompt_tokens == len(QUESTION)
    assert rendered.num_trained_tokens == len("<think> é</think>\n".encode()) + 1


def test_a_completion_example_ends_with_the_end_of_text(tiny_base):
    rendered = render_example(tiny_base, EXAMPLE, "completion", max_seq_len=512)
    expected = [*b"Write f.\n", *"<think> é</think>\n".encode(), TEXT_END]
    assert list(rendered.token_ids) == expected
    assert rendered.num_prompt_tokens == len(b"Write f.\n")


def test_a_row_longer_than_the_limit_is_cut_at_its_end_and_says_so(tiny_base):
    limit = len(QUESTION) + 3
    rendered = render_example(tiny_base, EXAMPLE, "chat", max_seq_len=limit)
    assert list(rendered.token_ids) == [*QUESTION, *b"<th"]
    assert rendered.is_cut


def test_a_row_of_exactly_the_limit_is_not_cut(tiny_base):
    whole = render_example(tiny_base, EXAMPLE, "chat", max_seq_len=512)
    fitted = render_example(tiny_base, EXAMPLE, "chat", max_seq_len=len(whole.token_ids))
    assert fitted == whole
    assert not fitted.is_cut


def test_a_row_whose_prompt_fills_the_limit_trains_nothing(tiny_base):
    rendered = render_example(tiny_base, EXAMPLE, "chat", max_seq_len=8)
    assert rendered.num_trained_tokens == 0


@pytest.mark.parametrize(
    ("protocol", "token_ids", "prefix"),
    [
        ("completion", list(PROBLEM.prompt.encode()), PROBLEM.prompt),
        ("chat", REQUEST, ""),
        ("chat-prefill", [*REQUEST, *b"```python\n", *PROBLEM.prompt.encode()], PROBLEM.prompt),
    ],
)
def test_a_problem_is_put_as_its_protocol_says(tiny_base, protocol, token_ids, prefix):
    prompt = render_problem(tiny_base, PROBLEM, protocol)
    assert list(prompt.token_ids) == token_ids
    assert prompt.prefix == prefix


def test_the_fence_around_a_problem_without_a_last_newline_stands_on_its_own_line(tiny_base):
    prompt = render_problem(tiny_base, Problem("T/1", "def f(x):", "f", ""), "chat")
    assert "def f(x):\n```<|turn_end|>" in prompt.text


def test_white_space_at_the_end_of_a_problem_is_kept(tiny_base):
    problem = Problem("T/2", "def f(x):\n    ", "f", "")
    assert render_problem(tiny_base, problem, "completion").token_ids[-5:] == tuple(b"\n    ")


def test_the_text_of_a_prompt_shows_special_tokens(tiny_base):
    assert render_problem(tiny_base, PROBLEM, "chat").text.startswith("<|start|>user\n")


def test_decoding_stops_at_the_end_of_turn_and_at_the_end_of_text(tiny_base):
    assert stop_token_ids(tiny_base, "chat") == (TURN_END, TEXT_END)
    assert stop_token_ids(tiny_base, "completion") == (TEXT_END,)


def test_the_hash_of_the_rendering_stays_the_same_for_the_same_base(tiny_base, tiny_folder):
    again = load_base(str(tiny_folder), dtype="float32", device="cpu")
    assert rendering_hash(tiny_base, "chat") == rendering_hash(again, "chat")


def test_the_hash_of_the_rendering_changes_with_the_protocol(tiny_base):
    hashes = {rendering_hash(tiny_base, name) for name in ("completion", "chat", "chat-prefill")}
    assert len(hashes) == 3


def test_the_hash_of_the_rendering_changes_with_the_template(tiny_base, tmp_path):
    template = "{{ messages[0]['content'] }}<|turn_end|>"
    other = load_base(str(save_tiny_base(tmp_path, chat_template=template)), dtype="float32")
    assert rendering_hash(tiny_base, "chat") != rendering_hash(other, "chat")


def test_a_template_that_prints_the_date_gives_the_same_prompt_every_day(tmp_path, monkeypatch):
    template = "{{ date_string or strftime_now('%d %b %Y') }} {{ messages[0]['content'] }}"
    base = load_base(str(save_tiny_base(tmp_path, chat_template=template)), dtype="float32")
    assert render_problem(base, PROBLEM, "chat").text.startswith("26 Jul 2024 Complete")


def test_a_base_without_a_chat_template_is_refused_under_a_chat_protocol(tmp_path):
    base = load_base(str(save_tiny_base(tmp_path, chat_template=None)), dtype="float32")
    with pytest.raises(ModelError, match="no chat template"):
        render_problem(base, PROBLEM, "chat")


def test_a_base_without_a_chat_template_works_under_the_completion_protocol(tmp_path):
    base = load_base(str(save_tiny_base(tmp_path, chat_template=None)), dtype="float32")
    assert render_problem(base, PROBLEM, "completion").prefix == PROBLEM.prompt
