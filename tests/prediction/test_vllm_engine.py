import json
import shutil
import sys
import threading
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from fake_vllm import FakeVllm, Logprob

from kiyas.errors import MissingExtraError, ModelError
from kiyas.prediction.engines import DecodingSettings, Row
from kiyas.prediction.vllm_engine import VllmEngine

GREEDY = DecodingSettings(max_new_tokens=8, end_token_ids=frozenset({258}))


def answer(prompt_ids, params, lora_path):
    """Answer with the length of the adapter's path, which is enough to tell adapters apart."""
    token = 60 if lora_path is None else 61 + len(lora_path) % 50
    logprobs = [{token: Logprob(-0.1 * token)}] if params.logprobs else None
    return [token, 258], "stop", logprobs


@pytest.fixture
def fake(monkeypatch):
    return FakeVllm(answer).install(monkeypatch)


@pytest.fixture
def engine(fake, tiny_base, tiny_folder):
    said = []
    opened = VllmEngine(tiny_base, tiny_folder, max_new_tokens=8, batch_size=5, say=said.append)
    opened.said = said
    yield opened
    opened.close()


def with_rank(adapter, rank, folder):
    shutil.copytree(adapter, folder)
    config = folder / "adapter_config.json"
    values = json.loads(config.read_text(encoding="utf-8"))
    config.write_text(json.dumps({**values, "r": rank}), encoding="utf-8")
    return folder


def rows(*adapters):
    return [Row(index, (65, 66), adapter, seed=index) for index, adapter in enumerate(adapters)]


def test_base_and_all_adapters_wait_in_one_queue(engine, fake, make_adapter):
    first, second = make_adapter(1), make_adapter(2)
    list(engine.decode(rows(None, first, second, None), GREEDY))
    asked_together = max(fake.queues, key=len)
    assert asked_together == {None, str(first.resolve()), str(second.resolve())}
    assert len(fake.started) == 1


def test_vllm_is_started_with_the_bases_files_and_without_its_own_penalties(
    engine, fake, tiny_folder
):
    list(engine.decode(rows(None), GREEDY))
    [started] = fake.started
    assert (started.model, started.dtype) == (str(tiny_folder), "float32")
    assert (started.generation_config, started.max_num_seqs) == ("vllm", 5)
    assert started.max_model_len == 512  # the tiny base's positions
    assert not started.enable_lora


@pytest.mark.parametrize(("rank", "built_for"), [(4, 8), (8, 8), (9, 16), (65, 128)])
def test_vllm_is_built_for_the_next_rank_that_it_knows(
    engine, fake, make_adapter, tmp_path, rank, built_for
):
    adapter = with_rank(make_adapter(1), rank, tmp_path / "adapter")
    list(engine.decode(rows(adapter), GREEDY))
    assert [args.max_lora_rank for args in fake.started if args.enable_lora] == [built_for]


def test_a_larger_adapter_loads_the_engine_again_and_says_so(engine, fake, make_adapter, tmp_path):
    list(engine.decode(rows(make_adapter(1)), GREEDY))
    list(engine.decode(rows(make_adapter(2)), GREEDY))
    assert len(fake.started) == 1
    larger = with_rank(make_adapter(1), 64, tmp_path / "adapter")
    list(engine.decode(rows(larger), GREEDY))
    assert len(fake.started) == 2
    assert any("rank 64" in line for line in engine.said)


def test_a_rank_that_vllm_does_not_know_is_refused(engine, make_adapter, tmp_path):
    adapter = with_rank(make_adapter(1), 1024, tmp_path / "adapter")
    with pytest.raises(ModelError, match="rank"):
        list(engine.decode(rows(adapter), GREEDY))


def test_a_dora_adapter_is_refused_rather_than_decoded_without_its_magnitudes(
    engine, make_adapter, tmp_path
):
    adapter = with_rank(make_adapter(1), 4, tmp_path / "adapter")
    config = adapter / "adapter_config.json"
    values = json.loads(config.read_text(encoding="utf-8"))
    config.write_text(json.dumps({**values, "use_dora": True}), encoding="utf-8")
    with pytest.raises(ModelError, match="DoRA"):
        list(engine.decode(rows(adapter), GREEDY))


def test_a_row_that_vllm_aborts_is_an_error_of_the_row(engine, fake):
    fake.answer = lambda *_: ([60], "abort", None)
    [found] = engine.decode(rows(None), GREEDY)
    assert found.finish_reason == "error"


def test_closing_lets_the_step_end_that_is_being_taken(engine, fake):
    in_step, may_end, ended = threading.Event(), threading.Event(), []

    def slow(prompt_ids, params, lora_path):
        in_step.set()
        may_end.wait(10)
        ended.append("step")
        return answer(prompt_ids, params, lora_path)

    fake.answer = slow
    with ThreadPoolExecutor(2) as pool:
        decoding = pool.submit(lambda: list(engine.decode(rows(None, None, None), GREEDY)))
        in_step.wait(10)
        closing = pool.submit(lambda: (engine.close(), ended.append("close")))
        assert wait([closing], timeout=0.2).not_done
        may_end.set()
        closing.result(10)
        assert len(decoding.result(10)) == 1
    assert ended == ["step", "close"]


def test_without_the_package_the_extra_is_named(tiny_base, tiny_folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "vllm", None)
    engine = VllmEngine(tiny_base, tiny_folder, max_new_tokens=8)
    with pytest.raises(MissingExtraError) as raised:
        list(engine.decode(rows(None), GREEDY))
    assert "kiyas[vllm]" in raised.value.next_step
