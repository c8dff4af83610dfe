import dataclasses
import json
from pathlib import Path

import pytest

from kiyas.config.prediction import PredictSettings
from kiyas.prediction.cache_store import CompletionStore
from kiyas.prediction.cached_engine import CachedEngine, CacheIdentity
from kiyas.prediction.engines import Capacity, DecodedRow, DecodingSettings, Row, RowEnd
from kiyas.prediction.questions import EndRule, ask
from kiyas.prediction.rounds import Asked, decode_rounds
from kiyas.prediction.shared_rows import SharedRows
from kiyas.prediction.transformers_engine import TransformersEngine
from kiyas.records import Benchmark, Problem
from kiyas.scoring import find_end

SETTINGS = DecodingSettings(max_new_tokens=8, end_token_ids=frozenset({258}))
ROWS = [Row(index, (65 + index, 66, 67), None, seed=index) for index in range(6)]
WRONG_TYPES = (
    '{"index": 0, "text": 3, "token_ids": [null], "finish_reason": "stop", "seconds": 0.5}\n'
)


class CountingEngine:
    """Answers with the prompt and counts the rows of each call."""

    name, context_tokens = "counting", None

    def __init__(self, reason="stop"):
        self.calls, self.reason, self.is_closed = [], reason, False
        self.capacity = Capacity()

    def decode(self, rows, settings):
        self.calls.append(len(rows))
        for row in reversed(rows):
            if isinstance(rows, SharedRows) and not rows.take(row):
                continue
            yield DecodedRow(row.index, f"{row.prompt_ids}", row.prompt_ids, self.reason, 0.5)

    def close(self):
        self.is_closed = True


@pytest.fixture
def opened(tmp_path):
    def make(engine=None, /, *, is_row_exact=False, **decoder):
        identity = CacheIdentity("tiny", {"base": "a", "dtype": "bfloat16", **decoder})
        engine = engine or CountingEngine()
        engine.capacity = Capacity(is_row_exact=is_row_exact)
        return CachedEngine(engine, CompletionStore(tmp_path), identity)

    return make


def decode(engine, rows=ROWS, settings=SETTINGS):
    return sorted(engine.decode(rows, settings), key=lambda row: row.index)


def calls_of(engine, rows=ROWS, settings=SETTINGS):
    """Return the sizes of the calls that reached the engine behind the cache."""
    decode(engine, rows, settings)
    return engine._engine.calls


@pytest.mark.parametrize("is_row_exact", [False, True])
def test_the_same_question_is_decoded_once_and_answered_alike(opened, is_row_exact):
    first = decode(opened(is_row_exact=is_row_exact))
    engine = opened(is_row_exact=is_row_exact)
    again = decode(engine)
    assert again == first
    assert engine._engine.calls == []
    assert [row.is_reused for row in first] == [False] * len(ROWS)
    assert [row.is_reused for row in again] == [True] * len(ROWS)


@pytest.mark.parametrize("is_row_exact", [False, True])
@pytest.mark.parametrize(
    ("key", "value"),
    [("base", "b"), ("dtype", "float32"), ("engine", "vllm"), ("batch_size", 4), ("threads", 9)],
)
def test_another_decoder_does_not_get_the_answers(opened, is_row_exact, key, value):
    decode(opened(is_row_exact=is_row_exact))
    assert calls_of(opened(is_row_exact=is_row_exact, **{key: value})) == [len(ROWS)]


@pytest.mark.parametrize("is_row_exact", [False, True])
@pytest.mark.parametrize(
    "change",
    [
        {"max_new_tokens": 9},
        {"end_token_ids": frozenset({257})},
        {"stop_strings": ("x",)},
        {"temperature": 1.0},
        {"temperature": 1.0, "top_p": 0.5},
    ],
)
def test_other_settings_do_not_get_the_answers(opened, is_row_exact, change):
    decode(opened(is_row_exact=is_row_exact))
    settings = dataclasses.replace(SETTINGS, **change)
    assert calls_of(opened(is_row_exact=is_row_exact), settings=settings) == [len(ROWS)]


def test_a_seed_counts_where_it_is_used_and_not_for_greedy_rows(opened):
    other = [dataclasses.replace(row, seed=row.seed + 100) for row in ROWS]
    decode(opened())
    assert calls_of(opened(), other) == []
    sampled = dataclasses.replace(SETTINGS, temperature=1.0)
    decode(opened(), settings=sampled)
    assert calls_of(opened(), other, sampled) == [len(ROWS)]
    assert calls_of(opened(), ROWS, sampled) == []


def test_an_adapter_is_known_by_its_bytes_and_not_by_its_folder(opened, make_adapter, tmp_path):
    import shutil

    first, second = make_adapter(1), make_adapter(2)
    copied = tmp_path / "copied"
    shutil.copytree(first, copied)
    config = json.loads((first / "adapter_config.json").read_text(encoding="utf-8"))
    base_name = Path(config["base_model_name_or_path"]).name

    def rows(adapter):
        return [dataclasses.replace(row, adapter=adapter) for row in ROWS]

    def engine():
        found = opened()
        identity = dataclasses.replace(found._identity, base_name=base_name)
        return CachedEngine(CountingEngine(), found._store, identity)

    decode(engine(), rows(first))
    assert calls_of(engine(), rows(copied)) == []
    assert calls_of(engine(), rows(second)) == [len(ROWS)]
    assert calls_of(engine(), ROWS) == [len(ROWS)]
    third = make_adapter(3)
    for file in third.iterdir():
        shutil.copy(file, copied)  # trained anew at the same place, in the same process
    assert calls_of(engine(), rows(copied)) == [len(ROWS)]


def test_in_low_precision_only_a_whole_call_is_taken(opened):
    decode(opened())
    assert calls_of(opened(), ROWS[:5]) == [5]
    assert calls_of(opened(), list(reversed(ROWS))) == [6]


def test_where_rows_do_not_depend_on_each_other_only_new_ones_are_decoded(opened):
    decode(opened(is_row_exact=True), ROWS[1:4])
    engine = opened(is_row_exact=True)
    renumbered = [dataclasses.replace(row, index=row.index + 50) for row in ROWS]
    answers = decode(engine, renumbered)
    assert engine._engine.calls == [3]
    assert [answer.text for answer in answers] == [str(row.prompt_ids) for row in ROWS]
    assert [answer.index for answer in answers] == [row.index for row in renumbered]


@pytest.mark.parametrize("is_row_exact", [False, True])
def test_answers_that_ended_in_an_error_are_not_kept(opened, is_row_exact):
    decode(opened(CountingEngine(reason="error"), is_row_exact=is_row_exact))
    assert calls_of(opened(is_row_exact=is_row_exact)) == [len(ROWS)]


def test_a_call_that_was_given_up_is_not_kept(opened):
    running = opened().decode(ROWS, SETTINGS)
    next(running)
    running.close()
    assert calls_of(opened()) == [len(ROWS)]


@pytest.mark.parametrize("is_row_exact", [False, True])
@pytest.mark.parametrize(
    "content",
    ["{half a li", "", "[]\n", "[" * 100_000, WRONG_TYPES, WRONG_TYPES * len(ROWS)],
    ids=["torn", "empty", "no-row", "nested", "wrong-types", "wrong-types-in-each"],
)
def test_a_damaged_file_is_decoded_again_and_mended(opened, tmp_path, content, is_row_exact):
    first = decode(opened(is_row_exact=is_row_exact))
    for file in tmp_path.rglob("*.jsonl"):
        file.write_text(content, encoding="utf-8")
    assert decode(opened(is_row_exact=is_row_exact)) == first
    assert calls_of(opened(is_row_exact=is_row_exact)) == []


def test_a_file_that_lost_a_row_is_decoded_again(opened, tmp_path):
    first = decode(opened())
    [file] = tmp_path.rglob("*.jsonl")
    file.write_text("".join(file.read_text(encoding="utf-8").splitlines(keepends=True)[:-1]))
    assert decode(opened()) == first


def test_a_cache_that_cannot_be_written_does_not_stop_the_study(tmp_path):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be", encoding="utf-8")
    identity = CacheIdentity("tiny", {})
    engine = CachedEngine(CountingEngine(), CompletionStore(blocked), identity)
    assert len(decode(engine)) == len(ROWS)
    engine.close()
    assert engine._engine.is_closed


def test_a_real_engine_behind_the_cache_answers_as_without_it(tiny_base, tmp_path):
    plain = decode(TransformersEngine(tiny_base, batch_size=4))
    identity = CacheIdentity(tiny_base.name, {})
    for _ in range(2):
        inner = TransformersEngine(tiny_base, batch_size=4)
        engine = CachedEngine(inner, CompletionStore(tmp_path), identity)
        found = decode(engine)
        assert [(row.text, row.token_ids) for row in found] == [
            (row.text, row.token_ids) for row in plain
        ]
        assert (engine.name, engine.context_tokens) == ("transformers", 512)
        assert engine.capacity == inner.capacity
    assert all(row.is_reused for row in found)


def test_calls_that_share_rows_answer_each_once_from_the_store_and_from_the_engine(opened):
    decode(opened(is_row_exact=True), ROWS[1:4])
    engine = opened(is_row_exact=True)
    shared = SharedRows(ROWS, 2)
    answers = [*engine.decode(shared, SETTINGS), *engine.decode(shared, SETTINGS)]
    assert sorted(answer.index for answer in answers if answer.is_reused) == [1, 2, 3]
    assert {answer.index for answer in answers} == set(range(6))


@pytest.mark.parametrize("is_row_exact", [False, True])
def test_answers_that_end_by_a_rule_are_kept_apart_from_others(opened, is_row_exact):
    decode(opened(is_row_exact=is_row_exact))
    for rule in ("extraction 1", "extraction 2"):
        ended = [dataclasses.replace(row, end=RowEnd((rule,), len)) for row in ROWS]
        assert calls_of(opened(is_row_exact=is_row_exact), ended) == [len(ROWS)]
        assert calls_of(opened(is_row_exact=is_row_exact), ended) == []


def test_problems_with_one_prompt_and_other_entry_points_share_no_text_that_ends_by_them(
    opened, tiny_base
):
    predict, rule = PredictSettings(stop_when_complete=True), EndRule("extraction", find_end)

    def calls(entry_point):
        problem = Problem("own/0", "def f(x):\ndef g(x):\n", entry_point, "")
        questions = ask(tiny_base, Benchmark("own", (problem,), "0" * 64), "chat", predict, rule)
        engine = opened(is_row_exact=True)
        rounds = [[Asked(None, 0, question) for question in questions.rows]]
        list(decode_rounds(rounds, engine, questions.settings))
        return engine._engine.calls

    assert [calls("f"), calls("g"), calls("f"), calls("g")] == [[1], [1], [], []]
