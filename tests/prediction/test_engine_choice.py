import importlib.util

import pytest

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
from kiyas.prediction.openai_engine import OpenAIEngine
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
