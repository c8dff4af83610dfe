import importlib.util
import os

import pytest
from stub_server import StubServer

from kiyas.config.prediction import PredictSettings, ServerSettings
from kiyas.errors import MissingExtraError, PredictionError
from kiyas.models import locate_base, render_problem, stop_token_ids
from kiyas.prediction import engine_choice
from kiyas.prediction.cached_engine import CachedEngine
from kiyas.prediction.engine_choice import (
    EngineChoice,
    choose_engine,
    load_engine_base,
    open_engine,
)
from kiyas.prediction.engines import DecodingSettings, Row
from kiyas.prediction.openai_engine import OpenAIEngine
from kiyas.prediction.served_models import find_address
from kiyas.prediction.transformers_engine import TransformersEngine
from kiyas.records import Problem

SERVER = ServerSettings(url="http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("has_gpu", "installed", "expected"),
    [
        (False, {"vllm", "openvino_genai"}, "transformers"),
        (True, {"vllm"}, "vllm"),
        (True, set(), "transformers"),
    ],
)
def test_auto_takes_what_fits_the_machine(monkeypatch, has_gpu, installed, expected):
    monkeypatch.setattr(engine_choice, "_has_gpu", lambda: has_gpu)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name in installed or None)
    choice = choose_engine(PredictSettings())
    assert choice.name == expected
    assert choice.reason


@pytest.mark.parametrize("engine", ["vllm", "openvino"])
def test_a_named_engine_that_is_not_installed_names_its_extra(monkeypatch, engine):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError) as raised:
        choose_engine(PredictSettings(engine=engine))
    assert f"kiyas[{engine}]" in raised.value.next_step


def test_an_engine_that_loads_weights_itself_gets_a_base_without_them(tiny_base, tiny_folder):
    source = locate_base(str(tiny_folder))
    choice = EngineChoice("openai", "named")
    base = load_engine_base(source, PredictSettings(dtype="float32"), choice)
    assert all(weight.is_meta for weight in base.model.parameters())
    problem = Problem("own/0", "def f(x):\n", "f", "")
    assert render_problem(base, problem, "chat") == render_problem(tiny_base, problem, "chat")
    assert stop_token_ids(base, "chat") == stop_token_ids(tiny_base, "chat")
    assert (base.name, base.fingerprint) == (source.name, source.fingerprint)


def test_the_engine_and_the_reason_for_it_are_said(tiny_base):
    said = []
    engine = open_engine(tiny_base, PredictSettings(engine="transformers"), say=said.append)
    assert said == ["decoding with transformers in float32 (the study names it)"]
    assert isinstance(engine, CachedEngine)
    assert isinstance(engine.uncached, TransformersEngine)


def test_without_a_cache_the_engine_stands_alone(tiny_base):
    engine = open_engine(tiny_base, PredictSettings(engine="openai", server=SERVER, cache=False))
    assert isinstance(engine, OpenAIEngine)


def test_a_key_comes_from_the_named_variable_or_is_missed_by_name(tiny_base, monkeypatch):
    server = SERVER.model_copy(update={"api_key_env": "KIYAS_TEST_KEY"})
    settings = PredictSettings(engine="openai", server=server, cache=False)
    monkeypatch.delenv("KIYAS_TEST_KEY", raising=False)
    with pytest.raises(PredictionError, match="empty") as raised:
        open_engine(tiny_base, settings)
    assert raised.value.received == "KIYAS_TEST_KEY"
    monkeypatch.setenv("KIYAS_TEST_KEY", "secret")
    assert open_engine(tiny_base, settings).name == "openai"


@pytest.mark.parametrize("key", ["sec\rret", "s\u00e9cret", "sec\x00ret"])
def test_a_variable_that_holds_no_key_is_named_and_what_it_holds_is_not_shown(
    tiny_base, monkeypatch, key
):
    server = SERVER.model_copy(update={"api_key_env": "KIYAS_TEST_KEY"})
    monkeypatch.setattr("os.environ", {**os.environ, "KIYAS_TEST_KEY": key})  # as Windows takes it
    with pytest.raises(PredictionError, match="no key") as raised:
        open_engine(tiny_base, PredictSettings(engine="openai", server=server, cache=False))
    assert raised.value.received == "KIYAS_TEST_KEY"
    assert "ret" not in str(raised.value)


def test_a_key_is_sent_without_the_end_of_its_line(monkeypatch):
    monkeypatch.setenv("KIYAS_TEST_KEY", "secret\r\n")
    server = SERVER.model_copy(update={"api_key_env": "KIYAS_TEST_KEY"})
    assert find_address(server).api_key == "secret"


def test_a_server_that_serves_another_model_by_now_does_not_get_the_answers_of_the_old_one(
    tiny_base, monkeypatch, tmp_path
):
    monkeypatch.setenv("KIYAS_CACHE", str(tmp_path))
    row = Row(0, (65, 66), None, seed=0)

    def ask(stub):
        settings = PredictSettings(engine="openai", server=ServerSettings(url=stub.url))
        engine = open_engine(tiny_base, settings)
        [answer] = engine.decode([row], DecodingSettings(4, frozenset({258})))
        return answer.text

    def answer(question):
        return {"choices": [{"text": question["model"], "finish_reason": "stop"}]}

    with StubServer(answer, models=("a",)) as stub:
        assert (ask(stub), ask(stub), len(stub.questions)) == ("a", "a", 1)
        stub.models = {"b": {"id": "b", "parent": None}}
        assert ask(stub) == "b"
