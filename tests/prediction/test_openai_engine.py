import dataclasses
import time

import pytest
from stub_server import StubServer

from kiyas.config.prediction import PredictSettings
from kiyas.errors import ModelError, PredictionError
from kiyas.execution.progress import Progress
from kiyas.prediction import CheckpointRequest, predict_completions
from kiyas.prediction.adapter_files import read_adapter
from kiyas.prediction.completion_server import Address, CompletionServer
from kiyas.prediction.engines import DecodingSettings, Row
from kiyas.prediction.openai_engine import OpenAIEngine
from kiyas.prediction.questions import ask
from kiyas.records import Benchmark, Checkpoint, Problem
from kiyas.run_folder import read_completions

GREEDY = DecodingSettings(max_new_tokens=16, end_token_ids=frozenset({258, 257}))
ROWS = [Row(index, (65 + index, 66, 67), None, seed=2**63 + index) for index in range(5)]
PROBLEMS = tuple(Problem(f"Tiny/{index}", f"def f{index}(x):\n", "f", "") for index in range(6))
BENCHMARK = Benchmark("tiny", PROBLEMS, "0" * 64)
WHOLE = ("cut", "drop", "busy", "text")


def echo(question):
    """Answer with the prompt's last token, as a server does that knows no token ids."""
    text = f"answer to {question['prompt'][-1]}"[: question["max_tokens"] - 1]
    usage = {"prompt_tokens": len(question["prompt"]), "completion_tokens": len(text) + 1}
    return {"choices": [{"text": text, "finish_reason": "stop"}], "usage": usage}


@pytest.fixture
def server():
    with StubServer(echo) as stub:
        yield stub


def opened(base, stub, *, waits_s=(0.0,) * 4, said=None, **options):
    say = (said if said is not None else []).append
    address = Address(stub.url, options.pop("api_key", None), timeout_s=5)
    client = CompletionServer(address, waits_s=waits_s, say=say)
    return OpenAIEngine(base, client, say=say, **options)


def decode(engine, rows=ROWS):
    return sorted(engine.decode(rows, GREEDY), key=lambda decoded: decoded.index)


def test_a_server_that_stops_half_way_is_asked_again_and_that_is_said_once(tiny_base, server):
    said = []
    engine = opened(tiny_base, server, said=said, batch_size=1)
    expected = decode(engine)
    server.fail_next = list(WHOLE)
    again = decode(engine)
    assert [a.text for a in again] == [a.text for a in expected]
    assert len(server.questions) == 2 * len(ROWS) + len(WHOLE)
    assert len([line for line in said if "asking again" in line]) == 1


def test_a_server_that_stays_away_ends_the_run_and_a_resumed_run_asks_for_the_rest_only(
    tiny_base, server, tmp_path
):
    request = CheckpointRequest(Checkpoint("base/tiny", 0), None, tmp_path / "samples.jsonl")
    settings = PredictSettings(max_new_tokens=8)
    questions = ask(tiny_base, BENCHMARK, "chat", settings)

    def run():
        engine = opened(tiny_base, server, waits_s=(0.0,), batch_size=1)
        return list(predict_completions([request], questions, engine, Progress()))

    def shut(question, count=iter(range(100))):  # noqa: B008 - one count for all calls
        if next(count) == 2:
            server.fail_next = ["drop"] * 50
        return echo(question)

    server.answer = shut
    with pytest.raises(PredictionError, match="does not answer") as raised:
        run()
    assert "same command again" in raised.value.next_step
    kept = read_completions(request.samples)
    assert 0 < len(kept) < len(PROBLEMS)
    server.fail_next, server.answer = [], echo
    assert len(run()) == len(PROBLEMS) - len(kept)
    whole = read_completions(request.samples)
    assert [found.task_id for found in whole] == [problem.task_id for problem in PROBLEMS]
    assert [found for found in whole if found.task_id in {k.task_id for k in kept}] == kept


def test_a_run_that_is_left_asks_the_server_no_more(tiny_base, server, tmp_path):
    request = CheckpointRequest(Checkpoint("base/tiny", 0), None, tmp_path / "samples.jsonl")
    settings = PredictSettings(max_new_tokens=8, num_samples=20, temperature=1.0)
    questions = ask(tiny_base, BENCHMARK, "chat", settings)

    def slow(question):
        time.sleep(0.02)
        return echo(question)

    server.answer = slow
    engine = opened(tiny_base, server, batch_size=1)
    answers = predict_completions([request], questions, engine, Progress())
    next(answers)
    answers.close()
    assert len(server.questions) < len(questions.rows) // 4


def test_no_server_at_all_is_one_clear_error(tiny_base):
    with StubServer(echo) as stub:
        pass  # its port is free again
    with pytest.raises(PredictionError, match="does not answer") as raised:
        decode(opened(tiny_base, stub, waits_s=(0.0,)))
    assert "127.0.0.1" in raised.value.where
    assert "2 times" in str(raised.value.received)


def test_a_refused_question_is_not_put_again_and_the_servers_words_are_shown(tiny_base, server):
    server.fail_next = ["refuse"]
    with pytest.raises(PredictionError, match="refuses") as raised:
        decode(opened(tiny_base, server, batch_size=1), ROWS[:1])
    assert "prompt must be a string" in str(raised.value.received)
    assert "sends_text" in raised.value.next_step
    assert len(server.questions) == 1


def test_the_base_is_found_by_itself_where_the_server_has_only_one(tiny_base, server):
    decode(opened(tiny_base, server), ROWS[:1])
    assert server.questions[0]["model"] == "tiny"


def test_a_server_with_several_models_must_be_told_which(tiny_base):
    with StubServer(echo, models=("tiny", "other")) as stub:
        with pytest.raises(ModelError, match="several models") as raised:
            decode(opened(tiny_base, stub))
        assert raised.value.received == "other, tiny"
        decode(opened(tiny_base, stub, model="other"), ROWS[:1])
        assert stub.questions[-1]["model"] == "other"


def test_a_base_that_the_server_does_not_serve_is_named_with_those_it_does(tiny_base, server):
    with pytest.raises(ModelError, match="does not serve") as raised:
        decode(opened(tiny_base, server, model="llama"))
    assert (raised.value.expected, raised.value.received) == ("llama", "tiny")


def test_an_adapter_that_the_server_will_not_load_names_the_flag_that_serves_it(
    tiny_base, server, make_adapter
):
    adapter = make_adapter(1)
    name = read_adapter(adapter, tiny_base.name).name
    with pytest.raises(ModelError, match="will not load") as raised:
        decode(opened(tiny_base, server), [dataclasses.replace(ROWS[0], adapter=adapter)])
    assert f"--lora-modules {name}={adapter}" in raised.value.next_step


def test_an_adapter_already_served_under_its_name_is_asked_and_not_loaded(
    tiny_base, server, make_adapter
):
    adapter = make_adapter(1)
    name = read_adapter(adapter, tiny_base.name).name
    server.models[name] = {"id": name, "parent": "tiny"}
    said = []
    rows = [ROWS[0], dataclasses.replace(ROWS[1], adapter=adapter)]
    decode(opened(tiny_base, server, said=said), rows)
    assert {question["model"] for question in server.questions} == {"tiny", name}
    assert any("not checked" in line for line in said)  # the stub gives no likelihoods


def test_a_prompt_that_the_server_reads_as_other_tokens_is_an_error(tiny_base, server):
    def doubled(question):
        return {**echo(question), "usage": {"prompt_tokens": len(question["prompt"]) + 1}}

    server.answer = doubled
    with pytest.raises(PredictionError, match="other tokens") as raised:
        decode(opened(tiny_base, server), ROWS[:1])
    assert (raised.value.received, raised.value.expected) == ("4 tokens", "3 tokens")


def test_prompts_go_out_as_text_where_the_study_says_so(tiny_base, server):
    server.answer = lambda question: echo({**question, "prompt": list(question["prompt"].encode())})
    decode(opened(tiny_base, server, sends_text=True), ROWS[:1])
    assert server.questions[0]["prompt"] == "ABC"


def test_everything_that_shapes_an_answer_is_said_and_seeds_fit_every_server(tiny_base, server):
    decode(opened(tiny_base, server))
    for question in server.questions:
        assert (question["temperature"], question["top_p"], question["top_k"]) == (0.0, 1.0, -1)
        assert question["repetition_penalty"] == 1.0
        assert question["stop_token_ids"] == [257, 258]
        assert 0 <= question["seed"] < 2**31
    assert len({question["seed"] for question in server.questions}) == len(ROWS)


def test_tokens_of_a_server_without_ids_are_counted_on_its_text_with_the_end_token(
    tiny_base, server
):
    said = []
    answers = decode(opened(tiny_base, server, said=said))
    for row, found in zip(ROWS, answers, strict=True):
        assert found.text == f"answer to {row.prompt_ids[-1]}"
        # The tiny tokenizer has a token a byte; 257 is the smaller end token.
        assert found.token_ids == (*found.text.encode(), 257)
    assert len([line for line in said if "no token ids" in line]) == 1


def ended(reason, **more):
    """Return an answer that ended for a reason."""
    return {"choices": [{"text": "hi", "finish_reason": reason, **more}]}


@pytest.mark.parametrize(
    ("given", "expected"),
    [("stop", "stop"), ("length", "length"), ("eos_token", "stop"), ("stop_sequence", "stop")],
)
def test_a_stop_and_the_limit_are_known_in_the_words_of_several_servers(
    tiny_base, server, given, expected
):
    server.answer = lambda question: ended(given)
    [found] = decode(opened(tiny_base, server), ROWS[:1])
    assert (found.finish_reason, found.text) == (expected, "hi")


@pytest.mark.parametrize("given", ["abort", "cancelled", "error"])
def test_an_answer_that_the_server_gave_up_is_asked_for_again(tiny_base, server, given):
    said, reasons = [], [given, given, "stop"]
    server.answer = lambda question: ended(reasons.pop(0))
    [found] = decode(opened(tiny_base, server, said=said), ROWS[:1])
    assert (found.finish_reason, len(server.questions)) == ("stop", 3)
    assert len([line for line in said if given in line and "asking again" in line]) == 1


def test_a_server_that_gives_up_every_answer_ends_the_run(tiny_base, server):
    server.answer = lambda question: ended("abort")
    with pytest.raises(PredictionError, match="does not answer") as raised:
        decode(opened(tiny_base, server), ROWS[:1])
    assert "abort, 5 times" in raised.value.received


@pytest.mark.parametrize(
    ("given", "received"), [(None, "null"), ("content_filter", '"content_filter"')]
)
def test_an_end_that_is_not_known_is_told_and_not_charged_to_the_model(
    tiny_base, server, given, received
):
    server.answer = lambda question: ended(given)
    with pytest.raises(PredictionError, match="cannot be read") as raised:
        decode(opened(tiny_base, server), ROWS[:1])
    assert raised.value.received == f"finish_reason: {received}"
    assert "stop or length" in raised.value.expected
    assert len(server.questions) == 1


@pytest.mark.parametrize(
    "answered",
    [
        *({}, {"choices": []}, {"choices": [{}]}, {"choices": [None]}, [], None, 7),
        *(ended(["stop"]), ended({"type": "stop"}), {**ended("stop"), "usage": [1]}),
        *(ended("stop", token_ids=["a"]), ended("stop", token_ids=[-5])),
        *(ended("stop", token_ids="abc"), ended("stop", text="a\ud800b")),
    ],
)
def test_an_answer_in_another_form_is_one_clear_error(tiny_base, server, answered):
    server.answer = lambda question: answered
    with pytest.raises(PredictionError, match="cannot be read"):
        decode(opened(tiny_base, server), ROWS[:1])


def test_an_answer_nested_without_end_is_one_clear_error(tiny_base, server):
    server.fail_next = ["deep"] * 2
    with pytest.raises(PredictionError, match="does not answer"):
        decode(opened(tiny_base, server, waits_s=(0.0,)), ROWS[:1])


@pytest.mark.parametrize(
    "told", [{"token_ids": [104] * 17}, {"usage": {"completion_tokens": 17}}], ids=["ids", "count"]
)
def test_a_server_that_decodes_more_than_it_is_asked_for_is_refused(tiny_base, server, told):
    ids = {key: told[key] for key in told if key == "token_ids"}
    server.answer = lambda question: {**ended("length", **ids), "usage": told.get("usage")}
    with pytest.raises(PredictionError, match="more tokens") as raised:
        decode(opened(tiny_base, server), ROWS[:1])
    assert (raised.value.received, raised.value.expected) == ("17 tokens", "at most 16 tokens")


def test_a_token_that_the_base_does_not_have_is_refused(tiny_base, server):
    server.answer = lambda question: ended("stop", token_ids=[10**9, 5])
    with pytest.raises(PredictionError, match="does not have"):
        decode(opened(tiny_base, server), ROWS[:1])


def test_a_text_whose_tokens_are_left_out_is_kept(tiny_base, server):
    server.answer = lambda question: ended("stop", token_ids=[])
    [found] = decode(opened(tiny_base, server), ROWS[:1])
    assert (found.text, found.token_ids) == ("hi", tuple(b"hi"))


def test_a_server_is_left_alone_for_as_long_as_it_asks_but_never_beyond_the_time_of_an_answer(
    server,
):
    server.fail_next = ["later"]  # an hour
    client = CompletionServer(Address(server.url, timeout_s=0.3), waits_s=(0.0,))
    started = time.monotonic()
    client.post("completions", {"model": "tiny", "prompt": [1], "max_tokens": 16})
    assert 0.3 <= time.monotonic() - started < 30


def test_the_key_is_sent_and_an_address_may_have_its_version_or_not(tiny_base, server):
    engine = opened(tiny_base, server, api_key="secret")
    decode(engine, ROWS[:1])
    assert server.headers[0]["Authorization"] == "Bearer secret"
    assert Address("http://h:1").root == Address("http://h:1/v1/").root == "http://h:1/v1"


def test_a_servers_shorter_context_counts(tiny_base, server):
    server.models["tiny"]["max_model_len"] = 100
    engine = opened(tiny_base, server)
    assert engine.context_tokens == 100
    with pytest.raises(PredictionError, match="no room"):
        decode(engine, [Row(0, (1,) * 100, None, 0)])
    decode(engine, [Row(0, (1,) * 98, None, 0)])
    assert server.questions[-1]["max_tokens"] == 2
