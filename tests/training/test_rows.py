import pytest

from kiyas.errors import DataError, TrainingError
from kiyas.records import Example
from kiyas.training.rows import prepare_rows

SHORT = Example("Ask.", "Answer.", 1)
LONG = Example("Ask.", "Answer. " * 50, 2)
LONG_PROMPT = Example("Ask. " * 50, "Answer.", 3)
VERY_LONG = Example("Ask.", "Answer. " * 100, 4)
LIMIT = 64


def test_rows_longer_than_the_limit_are_counted_by_row(tiny_base):
    _, data = prepare_rows(tiny_base, [SHORT, LONG, LONG_PROMPT], "chat", max_seq_len=LIMIT)
    assert data.num_rows == 3
    assert data.cut_rows == (2, 3)
    assert data.left_out_rows == (3,)


def test_a_row_without_a_trained_token_is_not_trained_on(tiny_base):
    rows, _ = prepare_rows(tiny_base, [SHORT, LONG, LONG_PROMPT], "chat", max_seq_len=LIMIT)
    assert [row.row for row in rows] == [1, 2]


def test_tokens_are_counted_over_the_rows_trained_on(tiny_base):
    _, data = prepare_rows(tiny_base, [SHORT, LONG, LONG_PROMPT], "chat", max_seq_len=LIMIT)
    prompt = len(b"\n\n\n") + len(b"userAsk.assistant") + 3  # bytes and special tokens, by hand
    assert data.num_tokens == prompt + len(b"Answer.") + 1 + LIMIT
    assert data.num_trained_tokens == len(b"Answer.") + 1 + LIMIT - prompt


def test_the_sample_shows_the_trained_span_with_its_end_token(tiny_base):
    _, data = prepare_rows(tiny_base, [LONG, SHORT], "chat", max_seq_len=LIMIT)
    assert data.sample_row == 1
    assert data.sample.endswith("<|start|>assistant\n⟦Answer.<|turn_end|>⟧")


def test_a_study_that_trains_no_token_is_refused(tiny_base):
    with pytest.raises(TrainingError, match="no row trains a token"):
        prepare_rows(tiny_base, [LONG_PROMPT], "chat", max_seq_len=LIMIT)


def test_a_study_that_trains_no_end_token_is_refused(tiny_base):
    with pytest.raises(TrainingError, match="no row trains an end token"):
        prepare_rows(tiny_base, [LONG, LONG_PROMPT], "chat", max_seq_len=LIMIT)


def test_rows_that_the_base_cannot_take_are_cut_and_counted(tiny_base):
    rows, data = prepare_rows(tiny_base, [SHORT, VERY_LONG], "chat", max_seq_len=2048)
    assert [len(row.token_ids) for row in rows][1] == 512  # of the base's config
    assert data.cut_rows == (4,)
    with pytest.raises(TrainingError, match="no row trains an end token") as caught:
        prepare_rows(tiny_base, [VERY_LONG], "chat", max_seq_len=2048)
    assert caught.value.where == f"base {tiny_base.name}"
    assert "max_seq_len" not in str(caught.value.next_step)


def test_no_example_is_refused(tiny_base):
    with pytest.raises(DataError, match="no example"):
        prepare_rows(tiny_base, [], "chat", max_seq_len=LIMIT)
