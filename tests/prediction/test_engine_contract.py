"""What every engine promises, asked of each: one suite, stock ``generate`` as the judge.

The openai engine asks a local server and the vllm engine a stand-in for the package; behind both a
real model decodes with transformers' own ``generate`` or the engine that was proved against it.
The openvino engine is asked where its package is installed.
"""

import dataclasses
import importlib.util
import json
from contextlib import ExitStack
from pathlib import Path

import pytest
import torch
from fake_vllm import FakeVllm, Logprob
from stub_server import StubServer

from kiyas.errors import ModelError, PredictionError
from kiyas.models import load_adapter, locate_base
from kiyas.prediction.adapter_files import read_adapter
from kiyas.prediction.completion_server import Address, CompletionServer
from kiyas.prediction.engines import DecodingSettings, Row
from kiyas.prediction.openai_engine import OpenAIEngine
from kiyas.prediction.transformers_engine import TransformersEngine
from kiyas.prediction.vllm_engine import VllmEngine

TEXT_END = 258
GREEDY = DecodingSettings(max_new_tokens=16, end_token_ids=frozenset({TEXT_END}))
SAMPLED = dataclasses.replace(GREEDY, temperature=1.0, top_p=0.9)
PROMPTS = tuple(tuple((7 * k + 3 * i) % 256 for i in range(3 + 5 * k)) for k in range(6))
ENGINES = ("transformers", "vllm", "openvino", "openai", "openai-without-ids")


@pytest.fixture(params=ENGINES)
def engine(request, tiny_base, tiny_folder, tmp_path_factory, monkeypatch):
    with ExitStack() as stack:
        yield _opened(request.param, tiny_base, tiny_folder, tmp_path_factory, monkeypatch, stack)


def _opened(name, base, folder, tmp_path_factory, monkeypatch, stack):
    if name == "transformers":
        opened = TransformersEngine(base, batch_size=4)
    elif name == "vllm":
        FakeVllm(answer_of_vllm(base)).install(monkeypatch)
        opened = VllmEngine(base, folder, max_new_tokens=16)
    elif name == "openvino":
        if importlib.util.find_spec("openvino_genai") is None:
            pytest.skip("openvino-genai is not installed")
        from kiyas.prediction.openvino_engine import OpenVinoEngine

        cache = tmp_path_factory.getbasetemp() / "openvino-cache"
        monkeypatch.setenv("KIYAS_CACHE", str(cache))
        opened = OpenVinoEngine(base, locate_base(str(folder)), batch_size=4)
    else:
        loaded = {}
        answer = answer_of_server(base, loaded, gives_ids=name == "openai")
        server = stack.enter_context(StubServer(answer, loads=loads_into(loaded)))
        address = Address(server.url, timeout_s=20)
        opened = OpenAIEngine(base, CompletionServer(address, waits_s=()), batch_size=3)
    stack.callback(opened.close)
    return opened


def loads_into(loaded):
    def load(order):
        loaded[order["lora_name"]] = Path(order["lora_path"])

    return load


def decode_one(base, prompt_ids, settings, adapter, seed):
    """Return one answer of the engine that is proved against ``generate`` elsewhere."""
    row = Row(0, tuple(prompt_ids), None if adapter is None else Path(adapter), seed)
    engine = TransformersEngine(base, batch_size=1)
    [answer] = engine.decode([row], settings)
    engine.close()
    return answer


def first_logprobs(base, prompt_ids, adapter):
    model = base.model if adapter is None else load_adapter(base, Path(adapter))
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([list(prompt_ids)])).logits[0, -1]
    top = torch.log_softmax(logits, dim=-1).topk(5)
    return dict(zip(top.indices.tolist(), top.values.tolist(), strict=True))


def answer_of_vllm(base):
    def answer(prompt_ids, params, lora_path):
        assert params.ignore_eos
        settings = DecodingSettings(
            max_new_tokens=params.max_tokens,
            end_token_ids=frozenset(params.stop_token_ids),
            stop_strings=tuple(params.stop),
            temperature=params.temperature,
            top_p=params.top_p,
        )
        if params.logprobs:
            likely = first_logprobs(base, prompt_ids, lora_path)
            logprobs = [{token: Logprob(value) for token, value in likely.items()}]
            return [next(iter(likely))], "length", logprobs
        found = decode_one(base, prompt_ids, settings, lora_path, params.seed)
        return list(found.token_ids), found.finish_reason, None

    return answer


def answer_of_server(base, loaded, *, gives_ids):
    def answer(question):
        adapter = loaded.get(question["model"])
        settings = DecodingSettings(
            max_new_tokens=question["max_tokens"],
            end_token_ids=frozenset(question.get("stop_token_ids", ())),
            stop_strings=tuple(question.get("stop", ())),
            temperature=question["temperature"],
            top_p=question.get("top_p", 1.0),
        )
        prompt = question["prompt"]
        usage = {"prompt_tokens": len(prompt), "completion_tokens": 1}
        if "logprobs" in question:
            likely = first_logprobs(base, prompt, adapter)
            top = {str(token): value for token, value in likely.items()}
            choice = {"text": "?", "finish_reason": "length", "logprobs": {"top_logprobs": [top]}}
            return {"choices": [choice], "usage": usage}
        found = decode_one(base, prompt, settings, adapter, question.get("seed", 0))
        choice = {"index": 0, "text": found.text, "finish_reason": found.finish_reason}
        if gives_ids and question.get("return_token_ids"):
            choice["token_ids"] = list(found.token_ids)
        usage["completion_tokens"] = len(found.token_ids)
        return {"choices": [choice], "usage": usage}

    return answer


def generated(model, prompt, ends=(TEXT_END,), max_new_tokens=16):
    ids = torch.tensor([prompt])
    output = model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        do_sample=False,
        max_new_tokens=max_new_tokens,
        eos_token_id=sorted(ends),
        pad_token_id=0,
    )
    return tuple(output[0, len(prompt) :].tolist())


def decode(engine, rows, settings=GREEDY):
    answers = list(engine.decode(rows, settings))
    assert sorted(answer.index for answer in answers) == sorted(row.index for row in rows)
    return sorted(answers, key=lambda answer: answer.index)


def rows_of(prompts=PROMPTS, adapter=None):
    return [Row(index, prompt, adapter, seed=2**63 + index) for index, prompt in enumerate(prompts)]


def text_of(base, tokens):
    return base.tokenizer.decode(list(tokens), skip_special_tokens=True)


def test_greedy_answers_are_those_of_stock_generate(engine, tiny_base, request):
    expected = [generated(tiny_base.model, prompt) for prompt in PROMPTS]
    answers = decode(engine, rows_of())
    assert [answer.text for answer in answers] == [text_of(tiny_base, ids) for ids in expected]
    if request.node.callspec.params["engine"] != "openai-without-ids":
        assert [answer.token_ids for answer in answers] == expected


def test_a_row_ends_at_each_of_the_end_tokens(engine, tiny_base):
    end = generated(tiny_base.model, PROMPTS[0])[5]
    settings = dataclasses.replace(GREEDY, end_token_ids=frozenset({TEXT_END, end}))
    expected = [generated(tiny_base.model, prompt, (TEXT_END, end)) for prompt in PROMPTS]
    answers = decode(engine, rows_of(), settings)
    assert [answer.text for answer in answers] == [text_of(tiny_base, ids) for ids in expected]
    reasons = ["stop" if ids[-1] in (TEXT_END, end) else "length" for ids in expected]
    assert [answer.finish_reason for answer in answers] == reasons
    assert set(reasons) == {"stop", "length"}


def test_a_stop_string_ends_a_row_and_is_cut_off(engine, tiny_base):
    wholes = [text_of(tiny_base, generated(tiny_base.model, prompt)) for prompt in PROMPTS]
    index, stop = next(
        (index, whole[position])
        for index, whole in enumerate(wholes)
        for position in range(3, len(whole) - 3)
        if whole[position].isascii() and whole[position] not in whole[:position]
    )
    settings = dataclasses.replace(GREEDY, stop_strings=("never in it", stop))
    [answer] = decode(engine, [Row(0, PROMPTS[index], None, 0)], settings)
    assert answer.text == wholes[index][: wholes[index].index(stop)]
    assert answer.finish_reason == "stop"
    assert len(answer.token_ids) < 16


def test_an_answer_ends_where_the_context_ends(engine, request):
    endless = dataclasses.replace(GREEDY, end_token_ids=frozenset())
    prompt = tuple(i % 200 for i in range(505))  # the tiny base has 512 positions
    [answer] = decode(engine, [Row(0, prompt, None, 0)], endless)
    assert answer.finish_reason == "length"
    if request.node.callspec.params["engine"] != "openai-without-ids":
        assert len(answer.token_ids) == 7


def test_a_prompt_as_long_as_the_context_is_refused(engine):
    assert engine.context_tokens == 512
    with pytest.raises(PredictionError, match="no room"):
        list(engine.decode([Row(0, (1,) * 512, None, 0)], GREEDY))


def test_the_same_seed_gives_the_same_sample_and_another_seed_another(engine):
    rows = [Row(index, PROMPTS[2], None, seed=index % 4) for index in range(8)]
    texts = [answer.text for answer in decode(engine, rows, SAMPLED)]
    assert texts[:4] == texts[4:]
    assert len(set(texts[:4])) == 4
    alone = decode(engine, [Row(0, PROMPTS[2], None, seed=3)], SAMPLED)
    assert alone[0].text == texts[3]


def test_rows_go_to_the_adapter_that_they_name(engine, tiny_base, make_adapter):
    adapters = [None, make_adapter(1), make_adapter(2)]
    rows = [
        Row(index, PROMPTS[index // 3], adapters[index % 3], seed=0)
        for index in range(3 * len(PROMPTS))
    ]
    models = [tiny_base.model, *(load_adapter(tiny_base, path) for path in adapters[1:])]
    expected = [
        text_of(tiny_base, generated(models[row.index % 3], row.prompt_ids)) for row in rows
    ]
    assert [answer.text for answer in decode(engine, rows)] == expected
    assert len(set(expected[:3])) == 3
    again = decode(engine, rows_of())  # and the base is bare afterwards
    assert [answer.text for answer in again] == expected[::3]


def test_an_adapter_that_changes_nothing_is_refused(engine, make_adapter):
    with pytest.raises(ModelError, match="changes nothing"):
        list(engine.decode(rows_of(adapter=make_adapter(1, scale=0.0)), GREEDY))


def test_an_adapter_of_another_base_is_refused_by_name(engine, make_adapter, tmp_path):
    import shutil

    foreign = tmp_path / "foreign"
    shutil.copytree(make_adapter(1), foreign)
    config = foreign / "adapter_config.json"
    text = config.read_text(encoding="utf-8")
    base = json.loads(text)["base_model_name_or_path"]
    own = read_adapter(foreign, base).folder  # as it was written, it is read
    assert own == foreign.resolve()
    config.write_text(text.replace(Path(base).name, "another-base"), encoding="utf-8")
    assert "another-base" in config.read_text(encoding="utf-8")
    moved = tmp_path / "moved"
    shutil.move(foreign, moved)
    with pytest.raises(ModelError, match="another base"):
        list(engine.decode(rows_of(adapter=moved), GREEDY))


def test_a_call_that_is_given_up_leaves_the_engine_usable(engine):
    expected = [answer.text for answer in decode(engine, rows_of())]
    running = engine.decode(rows_of(), GREEDY)
    next(running)
    running.close()
    assert [answer.text for answer in decode(engine, rows_of())] == expected
