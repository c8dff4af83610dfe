"""Rows are cut into rounds by the questions and the engine alone."""

from types import SimpleNamespace

import pytest

from kiyas.prediction.engines import Capacity, DecodedRow, DecodingSettings, RowEnd
from kiyas.prediction.questions import Question
from kiyas.prediction.rounds import Asked, cut_into_rounds, decode_rounds


@pytest.mark.parametrize(
    ("num_rows", "capacity", "sizes"),
    [
        (40, Capacity(1, 48), [40]),
        (40, Capacity(2, 48), [20, 20]),
        (164, Capacity(2, 48), [41, 41, 41, 41]),
        (100, Capacity(2, 48), [25, 25, 25, 25]),
        (20, Capacity(8, 48), [10, 10]),
        (5, Capacity(2, 48), [5]),
        (300, Capacity(1, 256), [150, 150]),
    ],
)
def test_no_lane_is_idle_while_another_decodes_a_checkpoint(num_rows, capacity, sizes):
    questions = [Question(f"q/{n}", 0, (1,) * (n % 7 + 1), "", 0) for n in range(num_rows)]
    missing = [{question.key for question in questions}]
    rounds = cut_into_rounds([None], questions, missing, SimpleNamespace(capacity=capacity))
    assert [len(one) for one in rounds] == sizes
    assert sum(len(one) for one in rounds) == num_rows


def test_the_rounds_of_a_checkpoint_do_not_depend_on_the_others():
    # A study that is killed goes on with the checkpoints that are left, and decodes the same texts.
    questions = [Question(f"q/{n}", 0, (1, 2), "", 0) for n in range(90)]
    engine = SimpleNamespace(capacity=Capacity(2, 48))
    keys = {question.key for question in questions}
    one, five = (
        cut_into_rounds([None] * count, questions, [keys] * count, engine) for count in (1, 5)
    )
    named = [[asked.question.key for asked in part] for part in one]
    for checkpoint in range(5):
        own = [
            [asked.question.key for asked in part]
            for part in five
            if part[0].checkpoint == checkpoint
        ]
        assert own == named


def test_a_round_is_decoded_whole_for_one_answer_that_is_missing():
    questions = [Question(f"q/{n}", 0, (1, 2), "", 0) for n in range(96)]
    engine = SimpleNamespace(capacity=Capacity(2, 48))
    rounds = cut_into_rounds([None], questions, [{("q/50", 0)}], engine)
    assert [len(one) for one in rounds] == [48]


def test_where_rows_do_not_depend_on_each_other_the_lanes_share_a_queue_of_what_is_missing():
    questions = [Question(f"q/{n}", 0, (1, 2), "", 0) for n in range(96)]
    engine = SimpleNamespace(capacity=Capacity(2, 48, is_row_exact=True))
    missing = [{("q/50", 0)}, {question.key for question in questions}]
    rounds = cut_into_rounds([None, None], questions, missing, engine)
    assert [len(one) for one in rounds] == [97]
    asked = [(one.checkpoint, one.question.key) for queue in rounds for one in queue]
    assert sorted(asked) == sorted(
        (number, key) for number, keys in enumerate(missing) for key in keys
    )


class Reciting:
    """An engine without an end rule of its own: it recites the same text for every row."""

    name, context_tokens, capacity = "reciting", None, Capacity()

    def decode(self, rows, settings):
        for row in rows:
            yield DecodedRow(row.index, "code``` and more", (1, 2, 3), "length", 0.0)

    def close(self):
        pass


def test_an_answer_ends_where_it_is_complete_whichever_engine_decoded_it():
    questions = [
        Question("q/0", 0, (1,), "", 0, RowEnd(("fence",), lambda text: text.find("```") + 3)),
        Question("q/1", 0, (1,), "", 0, RowEnd(("never",), lambda text: None)),
        Question("q/2", 0, (1,), "", 0),
    ]
    rounds = [[Asked(None, 0, question) for question in questions]]
    answers = {
        asked.question.task_id: (decoded.text, decoded.finish_reason)
        for asked, decoded in decode_rounds(rounds, Reciting(), DecodingSettings(9, frozenset()))
    }
    whole = ("code``` and more", "length")
    assert answers == {"q/0": ("code```", "complete"), "q/1": whole, "q/2": whole}
