import os

import pytest

from kiyas.errors import PredictionError
from kiyas.prediction.cache_store import CompletionStore, find_limit_bytes
from kiyas.prediction.cached_engine import CachedEngine, CacheIdentity
from kiyas.prediction.engines import Capacity, DecodedRow, DecodingSettings, Row

ROWS = [DecodedRow(0, "return x", (1, 2), "stop", 0.5)]


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def write(folder, *keys):
    """Write rows under keys, each used a second after the one before."""
    store = CompletionStore(folder)
    for second, key in enumerate(keys):
        before = set(files(folder))
        assert store.write(key, ROWS)
        [path] = set(files(folder)) - before
        os.utime(path, (second, second))


def kept(folder, *keys):
    return [key for key in keys if CompletionStore(folder).read(key, 1) is not None]


def test_what_was_not_used_for_longest_is_removed_until_the_rest_is_within_the_limit(tmp_path):
    write(tmp_path, "a", "b", "c", "d")
    size = files(tmp_path)[0].stat().st_size  # all four hold the same rows
    CompletionStore(tmp_path, limit_bytes=2 * size).prune()
    assert kept(tmp_path, "a", "b", "c", "d") == ["c", "d"]


def test_reading_counts_as_use(tmp_path):
    write(tmp_path, "a", "b", "c")
    size = files(tmp_path)[0].stat().st_size
    store = CompletionStore(tmp_path, limit_bytes=2 * size)
    assert store.read("a", 1) == ROWS
    store.prune()
    assert kept(tmp_path, "a", "b", "c") == ["a", "c"]


def test_nothing_is_removed_within_the_limit_and_an_absent_store_is_no_fault(tmp_path):
    write(tmp_path, "a", "b")
    size = files(tmp_path)[0].stat().st_size
    CompletionStore(tmp_path, limit_bytes=2 * size).prune()
    assert kept(tmp_path, "a", "b") == ["a", "b"]
    CompletionStore(tmp_path / "absent").prune()


def test_what_a_killed_write_has_left_is_removed_in_its_turn(tmp_path):
    write(tmp_path, "a")
    [whole] = files(tmp_path)
    torn = whole.with_name(f".{whole.name}.torn")
    torn.write_text("{", encoding="utf-8")
    os.utime(torn, (-1, -1))
    CompletionStore(tmp_path, limit_bytes=whole.stat().st_size).prune()
    assert files(tmp_path) == [whole]


def test_an_engine_that_is_closed_leaves_its_store_within_the_limit(tmp_path):
    class Engine:
        name, context_tokens, capacity = "stub", None, Capacity()

        def decode(self, rows, _settings):
            for row in rows:
                yield DecodedRow(row.index, "x", (1,), "stop", 0.5)

        def close(self):
            pass

    engine = CachedEngine(
        Engine(), CompletionStore(tmp_path, limit_bytes=0), CacheIdentity("tiny", {})
    )
    settings = DecodingSettings(max_new_tokens=8, end_token_ids=frozenset())
    list(engine.decode([Row(0, (65,), None, seed=0)], settings))
    assert len(files(tmp_path)) == 1
    engine.close()
    assert files(tmp_path) == []


def test_the_limit_is_read_from_the_variable_and_has_a_default(monkeypatch):
    monkeypatch.delenv("KIYAS_COMPLETIONS_MB", raising=False)
    assert find_limit_bytes() == 2**30  # 1024 MiB, as documented
    monkeypatch.setenv("KIYAS_COMPLETIONS_MB", "3")
    assert find_limit_bytes() == 3 * 2**20


@pytest.mark.parametrize("given", ["much", "-1", "1.5"])
def test_a_limit_that_is_no_whole_number_is_refused_by_name(monkeypatch, given):
    monkeypatch.setenv("KIYAS_COMPLETIONS_MB", given)
    with pytest.raises(PredictionError, match="KIYAS_COMPLETIONS_MB"):
        find_limit_bytes()
