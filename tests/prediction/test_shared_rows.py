"""Rows that calls share are each decoded once, by whichever call takes them first."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from kiyas.prediction.engines import DecodingSettings, Row
from kiyas.prediction.shared_rows import RowQueue, SharedRows
from kiyas.prediction.transformers_engine import TransformersEngine

ROWS = [Row(index, (65 + index, 66), None, seed=index) for index in range(20)]


def drained(queue):
    found = []
    while (first := queue.first) is not None:
        row = queue.take(first)
        if row is not None:
            found.append(row)
    return found


def test_a_row_goes_to_the_call_that_takes_it_first():
    shared = SharedRows(ROWS, 2)
    assert shared.take(ROWS[3])
    assert not shared.take(ROWS[3])
    assert drained(RowQueue(shared)) == [row for row in ROWS if row is not ROWS[3]]
    assert drained(RowQueue(shared)) == []


def test_what_is_taken_from_a_part_is_taken_from_the_whole():
    shared = SharedRows(ROWS, 2)
    part = shared.among(ROWS[5:8])
    assert list(part) == ROWS[5:8]
    assert part.take(ROWS[6])
    assert not shared.take(ROWS[6])
    assert not part.take(ROWS[6])


def test_a_call_that_is_beaten_to_a_row_takes_the_next():
    shared = SharedRows(ROWS[:2], 2)
    queue = RowQueue(shared)
    assert queue.first is ROWS[0]
    shared.take(ROWS[0])
    assert queue.take(ROWS[0]) is ROWS[1]
    assert queue.take(ROWS[0]) is None


def test_a_call_that_is_beaten_to_all_rows_of_an_adapter_takes_none_of_the_next():
    rows = [Row(0, (65,), None, seed=0), Row(1, (66,), Path("a"), seed=0)]
    shared = SharedRows(rows, 2)
    queue = RowQueue(shared)
    first = queue.first
    shared.take(rows[0])
    assert queue.take(first) is None
    assert queue.first is rows[1]


def test_rows_whose_answers_are_expected_to_be_long_come_before_others_of_their_adapter():
    adapters = [None, Path("a"), Path("b")]
    rows = [
        Row(3 * place + index, (65,) * (3 - index), adapter, seed=0)
        for place, adapter in enumerate(adapters)
        for index in range(3)
    ]
    # Nothing is known in the first adapter: the shortest prompts first.
    expected = {3: 7, 4: 9, 5: 8, 6: 1, 7: 2, 8: 2}
    queue = RowQueue(rows, lambda row: expected.get(row.index, 0))
    assert [row.index for row in drained(queue)] == [2, 1, 0, 4, 5, 3, 8, 7, 6]


def test_rows_that_are_put_back_are_the_calls_own_and_come_first():
    queue = RowQueue(SharedRows(ROWS[:3], 2))
    taken = [queue.take(queue.first), queue.take(queue.first)]
    queue.put_back(taken)
    assert drained(queue) == ROWS[:3]


class Stolen(SharedRows):
    """Rows of which a call that is never seen takes the first when it is looked at so often."""

    def __init__(self, rows, num_looks):
        super().__init__(rows, 2)
        self._num_looks = num_looks

    def is_taken(self, row):
        if row is self[0]:
            self._num_looks -= 1
            if self._num_looks == 0:
                self.take(row)
        return super().is_taken(row)


@pytest.mark.parametrize("num_looks", range(1, 6))
def test_rows_keep_their_own_adapter_when_the_last_row_of_another_goes_to_another_call(
    tiny_base, make_adapter, num_looks
):
    adapters = [make_adapter(11), make_adapter(12)]
    rows = [replace(row, adapter=adapters[row.index > 0]) for row in ROWS[:2]]
    settings = DecodingSettings(16, frozenset())
    engine = TransformersEngine(tiny_base, batch_size=8)
    expected = {answer.index: answer.token_ids for answer in engine.decode(rows[1:], settings)}
    answers = list(engine.decode(Stolen(rows, num_looks), settings))
    found = {answer.index: answer.token_ids for answer in answers if answer.index > 0}
    assert found == expected
    [other] = engine.decode([replace(rows[1], adapter=adapters[0])], settings)
    assert other.token_ids != expected[1]


@pytest.mark.parametrize("batch_size", [2, "auto"])
def test_calls_side_by_side_answer_each_row_once_and_as_one_call_would(tiny_base, batch_size):
    settings = DecodingSettings(16, frozenset({258}))
    engine = TransformersEngine(tiny_base, batch_size=batch_size)
    expected = {answer.index: answer.token_ids for answer in engine.decode(ROWS, settings)}
    shared = SharedRows(ROWS, 2)
    with ThreadPoolExecutor(2) as pool:
        calls = pool.map(lambda rows: list(engine.decode(rows, settings)), [shared, shared])
        answers = [answer for answered in calls for answer in answered]
    assert len(answers) == len(ROWS)
    assert {answer.index: answer.token_ids for answer in answers} == expected
