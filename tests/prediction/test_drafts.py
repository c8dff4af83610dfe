"""Guesses come from what followed the same six tokens before, in the row or in other answers."""

from kiyas.prediction.drafts import Drafts, Said


def test_a_row_is_guessed_to_go_on_as_it_did_after_the_same_tokens():
    said = Said([9, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 5, 6])
    assert said.guess([], 3) == [7, 8, 0]
    said.append(7)
    assert said.guess([], 2) == [8, 0]
    said.append(0)  # otherwise than before
    assert said.guess([], 3) == []


def test_the_last_time_counts_and_guesses_end_where_the_row_does():
    said = Said([1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 1])
    assert said.guess([], 3) == [2, 1, 1]
    looping = Said([5] * 8)
    assert looping.guess([], 3) == [5]


def test_other_answers_are_looked_up_in_their_order_after_the_row_itself():
    key = [11, 12, 13, 14, 15, 16]
    newest, oldest = Said([*key, 21]), Said([*key, 22, 23])
    assert Said([1, *key]).guess([newest, oldest], 2) == [21]
    assert Said([1, *key]).guess([oldest, newest], 2) == [22, 23]
    assert Said([*key, 24, *key]).guess([newest], 1) == [24]


def test_nothing_is_guessed_where_fewer_than_six_tokens_are_the_same():
    assert Said([1, 2, 3, 4, 5]).guess([Said([1, 2, 3, 4, 5, 6])], 3) == []
    assert Said([0, 2, 3, 4, 5, 6]).guess([Said([1, 2, 3, 4, 5, 6, 7])], 3) == []


def test_bytes_of_two_tokens_are_not_taken_for_one():
    # 256 = 00 01 00 00 and 65536 = 00 00 01 00: shifted by a byte they look alike.
    shifted = Said([65536] * 8)
    assert Said([256] * 6).guess([shifted], 3) == []


def test_an_answer_in_flight_is_looked_up_as_far_as_it_is():
    drafts = Drafts()
    prompt = tuple(range(6))
    first, before = drafts.begin(prompt)
    second, others = drafts.begin(prompt)
    assert (list(before), list(others)) == ([], [first])
    assert second.guess(others, 3) == []
    first.append(77)
    assert second.guess(others, 3) == [77]
    _, others = drafts.begin((*prompt, 6))
    assert list(others) == []


def test_only_the_newest_eight_answers_to_a_prompt_are_kept():
    drafts = Drafts()
    answers = [drafts.begin((1,))[0] for _ in range(10)]
    _, others = drafts.begin((1,))
    assert list(others) == answers[:1:-1]
