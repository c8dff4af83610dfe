import dataclasses
import random

import pytest
import torch
from tiny_base import save_tiny_longrope_base

from kiyas.errors import ModelError, PredictionError
from kiyas.models import load_adapter, load_base
from kiyas.prediction import checkpoint_models, decode_batch, prefill
from kiyas.prediction.base_trial import Trial
from kiyas.prediction.engines import DecodingSettings, Row, RowEnd
from kiyas.prediction.product_rows import ProductRows, RowRange
from kiyas.prediction.transformers_engine import TransformersEngine

TEXT_END = 258
GREEDY = DecodingSettings(max_new_tokens=24, end_token_ids=frozenset({TEXT_END}))
SAMPLED = dataclasses.replace(GREEDY, temperature=1.0, top_p=0.9)


def make_prompts(num_prompts, seed=0):
    """Return prompts of 1 to 60 bytes, in no order of length."""
    stream = random.Random(seed)
    lengths = [1, 2, 60, *(stream.randint(3, 59) for _ in range(num_prompts - 3))]
    return [tuple(stream.randrange(256) for _ in range(length)) for length in lengths]


def rows_of(prompts, adapter=None, num_samples=1):
    pairs = [(p, prompt) for p, prompt in enumerate(prompts) for _ in range(num_samples)]
    return [
        Row(index, prompt, adapter, seed=1000 * p + index % num_samples)
        for index, (p, prompt) in enumerate(pairs)
    ]


def tried(base, **options):
    """Return an engine that has tried its base, which decodes too."""
    engine = TransformersEngine(base, **options)
    assert engine.capacity.is_row_exact
    return engine


def decode(base, rows, settings=GREEDY, batch_size=8, engine=None):
    engine = engine or TransformersEngine(base, batch_size=batch_size)
    answers = list(engine.decode(rows, settings))
    assert sorted(answer.index for answer in answers) == [row.index for row in rows]
    return sorted(answers, key=lambda answer: answer.index)


def generated(model, prompt, end_token_ids, max_new_tokens=24):
    """Return what transformers' own generate gives for one prompt alone."""
    ids = torch.tensor([prompt])
    output = model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        do_sample=False,
        max_new_tokens=max_new_tokens,
        eos_token_id=sorted(end_token_ids),
        pad_token_id=0,
    )
    return tuple(output[0, len(prompt) :].tolist())


def frequent_end(base, prompts):
    """Return an end token that ends some of the prompts' answers early and others not."""
    answers = decode(base, rows_of(prompts))
    counts = {}
    for answer in answers:
        for token in set(answer.token_ids[2:20]):
            counts[token] = counts.get(token, 0) + 1
    token = max(counts, key=lambda token: min(counts[token], len(prompts) - counts[token]))
    assert 3 <= counts[token] <= len(prompts) - 3
    return frozenset({token})


@pytest.mark.parametrize("batch_size", [1, 3, 8, 64])
def test_greedy_tokens_equal_stock_generate_one_prompt_at_a_time(tiny_base, batch_size):
    prompts = make_prompts(24)
    ends = frequent_end(tiny_base, prompts)  # rows leave early, waiting rows enter
    settings = dataclasses.replace(GREEDY, end_token_ids=ends)
    answers = decode(tiny_base, rows_of(prompts), settings, batch_size)
    expected = [generated(tiny_base.model, prompt, ends) for prompt in prompts]
    assert [answer.token_ids for answer in answers] == expected


def test_a_rows_finish_reason_is_stop_at_an_end_token_and_length_at_the_limit(tiny_base):
    prompts = make_prompts(24)
    ends = frequent_end(tiny_base, prompts)
    settings = dataclasses.replace(GREEDY, end_token_ids=ends)
    for answer in decode(tiny_base, rows_of(prompts), settings):
        ended = answer.token_ids[-1] in ends
        assert answer.finish_reason == ("stop" if ended else "length")
        assert ended or len(answer.token_ids) == settings.max_new_tokens


def test_several_samples_of_a_greedy_prompt_are_equal(tiny_base):
    answers = decode(tiny_base, rows_of(make_prompts(5), num_samples=3))
    for first in range(0, 15, 3):
        assert len({answer.token_ids for answer in answers[first : first + 3]}) == 1


def test_sampled_rows_do_not_depend_on_the_batch_they_are_in(tiny_base):
    rows = rows_of(make_prompts(8), num_samples=4)
    together = decode(tiny_base, rows, SAMPLED, batch_size=16)
    alone = decode(tiny_base, rows, SAMPLED, batch_size=1)
    assert [a.token_ids for a in together] == [a.token_ids for a in alone]
    assert len({answer.token_ids for answer in together[:4]}) == 4  # samples differ


def test_the_same_seed_gives_the_same_sample_in_any_order(tiny_base):
    rows = rows_of(make_prompts(8))
    turned = list(reversed(rows))
    engine = TransformersEngine(tiny_base, batch_size=3)
    first = {answer.index: answer.token_ids for answer in engine.decode(rows, SAMPLED)}
    second = {answer.index: answer.token_ids for answer in engine.decode(turned, SAMPLED)}
    assert first == second


def test_rows_go_to_the_adapter_that_they_name(tiny_base, make_adapter):
    prompts = make_prompts(6)
    adapters = [None, make_adapter(1), make_adapter(2)]
    rows = [
        Row(index, prompt, adapters[index % 3], seed=0)
        for index, prompt in enumerate(prompt for prompt in prompts for _ in range(3))
    ]
    models = [tiny_base.model] + [load_adapter(tiny_base, path) for path in adapters[1:]]
    expected = [generated(models[row.index % 3], row.prompt_ids, {TEXT_END}) for row in rows]
    assert [answer.token_ids for answer in decode(tiny_base, rows)] == expected
    assert len(set(expected[:3])) == 3  # base and both adapters differ


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_rows_tokens_are_those_it_has_alone_among_rows_of_four_checkpoints(
    tiny_folder, make_adapter, dtype
):
    base = load_base(str(tiny_folder), dtype=dtype, device="cpu")
    adapters = [None, make_adapter(1), make_adapter(2), make_adapter(3)]
    rows = [
        Row(index, prompt, adapters[index // 6], seed=0)
        for index, prompt in enumerate(make_prompts(24))
    ]
    engine = TransformersEngine(base, batch_size=9)
    if not engine.capacity.is_row_exact:
        pytest.skip("on this processor the numbers of a row depend on its batch")
    together = decode(base, rows, engine=engine)
    alone = [next(iter(engine.decode([row], GREEDY))) for row in rows]
    assert [answer.token_ids for answer in together] == [answer.token_ids for answer in alone]


def without_guesses(base, rows, settings):
    engine = tried(base, batch_size=4)
    engine._trial = dataclasses.replace(engine._trial, takes_guesses=False)
    return decode(base, rows, settings, engine=engine)


def steps_of(monkeypatch):
    """Return a list to which each decoding step adds its guesses."""
    steps = []
    true_logits = decode_batch.DecodeBatch.next_logits

    def counted(batch, guesses):
        steps.append(guesses)
        return true_logits(batch, guesses)

    monkeypatch.setattr(decode_batch.DecodeBatch, "next_logits", counted)
    return steps


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("settings", [GREEDY, SAMPLED], ids=["greedy", "sampled"])
def test_what_was_said_before_costs_fewer_steps_and_changes_no_token(
    tiny_folder, make_adapter, monkeypatch, dtype, settings
):
    base = load_base(str(tiny_folder), dtype=dtype, device="cpu")
    # The base, a checkpoint that answers otherwise, and another of the same weights.
    adapters = [None, make_adapter(1), make_adapter(1)]
    rows = [
        Row(3 * place + index, prompt, adapter, seed=index)
        for place, adapter in enumerate(adapters)
        for index, prompt in enumerate(make_prompts(9)[3:6])
    ]
    expected = without_guesses(base, rows, settings)
    engine = tried(base, batch_size=1)
    if not engine._trial.takes_guesses:
        pytest.skip("on this processor the numbers of a row depend on its batch")
    steps = steps_of(monkeypatch)
    answers = decode(base, rows, settings, engine=engine)
    assert [answer.token_ids for answer in answers] == [a.token_ids for a in expected]
    assert answers[0].token_ids != answers[3].token_ids
    # The last three answers are guessed whole, three tokens a step beside the one that is sure.
    num_tokens = sum(len(answer.token_ids) for answer in answers)
    num_repeated = sum(len(answer.token_ids) for answer in answers[6:])
    assert len(steps) <= num_tokens - num_repeated * 2 / 3


def test_guesses_that_spoil_a_row_are_dropped_and_the_row_goes_on(tiny_base, monkeypatch):
    rows = rows_of(make_prompts(9)[3:6], num_samples=2)
    expected = without_guesses(tiny_base, rows, GREEDY)
    true_logits = decode_batch.DecodeBatch.next_logits
    spoilt = []

    def spoil(batch, guesses):
        logits = true_logits(batch, guesses)
        if guesses[0]:
            spoilt.append(batch.rows[0].index)
            logits[len(guesses[0])] = float("nan")
            for states in (*batch._cache._keys, *batch._cache._values):
                states[0, :, batch._active[0].num_cached :] = float("nan")
        return logits

    engine = tried(tiny_base, batch_size=1)
    monkeypatch.setattr(decode_batch.DecodeBatch, "next_logits", torch.inference_mode()(spoil))
    answers = decode(tiny_base, rows, engine=engine)
    assert [answer.token_ids for answer in answers] == [a.token_ids for a in expected]
    assert {answer.finish_reason for answer in answers} <= {"stop", "length"}
    assert len(spoilt) == len(set(spoilt)) > 0  # once a row: it is not guessed again


def test_what_all_prompts_begin_with_is_read_once_a_checkpoint(
    tiny_base, make_adapter, monkeypatch
):
    common = tuple(range(70))
    prompts = [(*common, *prompt) for prompt in make_prompts(8)[1:]]
    adapters = [None, make_adapter(1)]
    rows = [
        Row(7 * place + index, prompt, adapter, seed=0)
        for place, adapter in enumerate(adapters)
        for index, prompt in enumerate(prompts)
    ]
    models = [tiny_base.model, load_adapter(tiny_base, adapters[1])]
    expected = [generated(models[row.index // 7], row.prompt_ids, {TEXT_END}) for row in rows]
    read = []
    real = prefill.Prefill._read

    def counted(self, parts, states):
        read.extend(map(len, parts))
        return real(self, parts, states)

    engine = tried(tiny_base, batch_size=5)
    # However this processor wants them read: prompts by themselves.
    engine._trial = dataclasses.replace(engine._trial, products=ProductRows())
    monkeypatch.setattr(prefill.Prefill, "_read", counted)
    answers = decode(tiny_base, rows, engine=engine)
    assert [answer.token_ids for answer in answers] == expected
    if not engine._trial.reads_on:
        pytest.skip("on this processor numbers depend on how much of a prompt is read at once")
    # Sixty-four tokens twice, then of each prompt what follows them but its last token.
    assert sorted(read) == sorted([64, 64, *(len(row.prompt_ids) - 65 for row in rows)])


@pytest.mark.parametrize("num_common", [0, 40])
@pytest.mark.parametrize("fewest", [16, 192])
def test_prompts_read_in_one_row_are_answered_as_by_stock_generate(
    tiny_base, make_adapter, fewest, num_common
):
    prompts = [(*range(num_common), *prompt) for prompt in make_prompts(14)]
    adapter = make_adapter(1)
    pairs = [(adapter, prompt) for adapter in (None, adapter) for prompt in prompts]
    rows = [Row(index, prompt, name, seed=0) for index, (name, prompt) in enumerate(pairs)]
    models = {None: tiny_base.model, adapter: load_adapter(tiny_base, adapter)}
    expected = [generated(models[row.adapter], row.prompt_ids, {TEXT_END}) for row in rows]
    engine = tried(tiny_base, batch_size=7)
    products = ProductRows(
        RowRange(fewest // 4, 160), RowRange(fewest, 512), prompts_in_one_row=True
    )
    engine._trial = dataclasses.replace(engine._trial, products=products, reads_on=True)
    answers = decode(tiny_base, rows, engine=engine)
    assert [answer.token_ids for answer in answers] == expected


def test_a_model_that_cannot_read_on_from_a_beginning_reads_prompts_whole(tiny_base, monkeypatch):
    common = tuple(range(40))
    rows = rows_of([(*common, *prompt) for prompt in make_prompts(5)])
    expected = decode(tiny_base, rows)

    def refuse(*_):
        raise RuntimeError("states of another kind")

    monkeypatch.setattr(prefill.Prefill, "_read_common", refuse)
    answers = decode(tiny_base, rows)
    assert [answer.token_ids for answer in answers] == [a.token_ids for a in expected]


def test_rows_of_more_adapters_than_stand_in_a_batch_are_all_answered(tiny_base, make_adapter):
    prompts = make_prompts(7)
    adapters = [make_adapter(seed) for seed in range(1, 8)]
    rows = [
        Row(index, prompt, adapter, seed=0)
        for index, (prompt, adapter) in enumerate(zip(prompts, adapters, strict=True))
    ]
    expected = [
        generated(load_adapter(tiny_base, row.adapter), row.prompt_ids, {TEXT_END}) for row in rows
    ]
    assert [answer.token_ids for answer in decode(tiny_base, rows)] == expected


def test_an_adapter_that_does_more_than_add_is_decoded_between_the_others(tiny_base, make_adapter):
    adapters = [make_adapter(1), make_adapter(2, use_dora=True), None, make_adapter(3)]
    rows = [
        Row(index, prompt, adapters[index // 3], seed=0)
        for index, prompt in enumerate(make_prompts(12))
    ]
    models = [tiny_base.model if one is None else load_adapter(tiny_base, one) for one in adapters]
    expected = [generated(models[row.index // 3], row.prompt_ids, {TEXT_END}) for row in rows]
    assert [answer.token_ids for answer in decode(tiny_base, rows, batch_size=5)] == expected


def test_the_base_is_bare_after_adapters_were_decoded(tiny_base, make_adapter):
    rows = rows_of(make_prompts(4))
    before = decode(tiny_base, rows)
    decode(tiny_base, [dataclasses.replace(row, adapter=make_adapter(1)) for row in rows])
    after = decode(tiny_base, rows)
    assert [answer.token_ids for answer in before] == [answer.token_ids for answer in after]


def test_an_adapter_that_changes_nothing_is_refused(tiny_base, make_adapter):
    with pytest.raises(ModelError, match="changes nothing"):
        decode(tiny_base, rows_of(make_prompts(3), adapter=make_adapter(1, scale=0.0)))


def test_a_stop_string_ends_a_row_and_is_cut_off(tiny_base):
    row = rows_of(make_prompts(4))[3]
    [whole] = decode(tiny_base, [dataclasses.replace(row, index=0)])
    stop = whole.text[5:8]
    assert whole.text.index(stop) > 0
    settings = dataclasses.replace(GREEDY, stop_strings=("never in the text", stop))
    [answer] = decode(tiny_base, [dataclasses.replace(row, index=0)], settings)
    assert answer.finish_reason == "stop"
    assert answer.text == whole.text[: whole.text.index(stop)]
    assert len(answer.token_ids) < len(whole.token_ids)
    assert answer.token_ids == whole.token_ids[: len(answer.token_ids)]


def test_numbers_that_are_not_finite_end_a_row_as_an_error_and_harm_no_other(
    tiny_base, monkeypatch
):
    prompts = make_prompts(12)
    expected = decode(tiny_base, rows_of(prompts), batch_size=4)
    poisoned = set()

    def spoil(batch, guesses):
        logits = true_logits(batch, guesses)
        for slot, row in enumerate(batch.rows):
            if row.index in (2, 5) and row.index not in poisoned:
                poisoned.add(row.index)
                logits[sum(map(len, guesses[:slot])) + slot] = float("nan")
                for states in (*batch._cache._keys, *batch._cache._values):
                    states[slot] = float("nan")  # as a model that overflows would leave them
        return logits

    true_logits = decode_batch.DecodeBatch.next_logits
    engine = tried(tiny_base, batch_size=4)
    monkeypatch.setattr(decode_batch.DecodeBatch, "next_logits", torch.inference_mode()(spoil))
    answers = decode(tiny_base, rows_of(prompts), engine=engine)
    assert [a.index for a in answers if a.finish_reason == "error"] == [2, 5]
    for answer, other in zip(answers, expected, strict=True):
        if answer.index not in (2, 5):
            assert answer.token_ids == other.token_ids


def test_a_processor_on_which_rows_depend_on_each_other_is_told_once(tiny_base, monkeypatch):
    monkeypatch.setattr(
        "kiyas.prediction.transformers_engine.try_base",
        lambda *_: Trial(is_row_exact=False, takes_guesses=False, reads_on=False),
    )
    said = []
    engine = TransformersEngine(tiny_base, say=said.append)
    assert not engine.capacity.is_row_exact
    rows = rows_of(make_prompts(4))
    assert len(list(engine.decode(rows, GREEDY))) == 4
    assert len(said) == 1
    assert "fixed rounds" in said[0]


def test_out_of_memory_halves_the_batch_and_is_said_once(tiny_base, monkeypatch):
    prompts = make_prompts(20)
    expected = decode(tiny_base, rows_of(prompts))
    true_logits = decode_batch.DecodeBatch.next_logits

    def scarce(batch, guesses):
        if len(batch.rows) > 4:
            raise torch.OutOfMemoryError("no memory for more than four rows")
        return true_logits(batch, guesses)

    said = []
    engine = tried(tiny_base, batch_size=16, say=said.append)
    monkeypatch.setattr(decode_batch.DecodeBatch, "next_logits", scarce)
    answers = sorted(engine.decode(rows_of(prompts), GREEDY), key=lambda answer: answer.index)
    assert [answer.token_ids for answer in answers] == [a.token_ids for a in expected]
    assert len(said) == 1


def test_out_of_memory_for_a_single_row_is_an_error_of_the_user(tiny_base, monkeypatch):
    def scarce(_batch, _guesses):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    engine = TransformersEngine(tiny_base, batch_size=2)
    list(engine.decode(rows_of(make_prompts(3)), GREEDY))
    monkeypatch.setattr(decode_batch.DecodeBatch, "next_logits", scarce)
    with pytest.raises(PredictionError, match="out of memory"):
        list(engine.decode(rows_of(make_prompts(3)), GREEDY))


def test_rows_are_answered_when_there_is_no_memory_to_load_the_adapter_of_the_next(
    tiny_base, make_adapter, monkeypatch
):
    first, second = make_adapter(1), make_adapter(2)
    prompts = make_prompts(6)
    adapters = [first, first, first, second, second, second]
    rows = [
        Row(n, prompt, adapter, 0)
        for n, (prompt, adapter) in enumerate(zip(prompts, adapters, strict=True))
    ]
    expected = {row.index: decode(tiny_base, [row])[0].token_ids for row in rows}
    true_load, num_refused = checkpoint_models.load_checkpoint, iter(range(9))

    def scarce(base, adapter, prompt_ids):
        if adapter == second and next(num_refused) == 0:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return true_load(base, adapter, prompt_ids)

    engine = tried(tiny_base, batch_size=8)
    monkeypatch.setattr(checkpoint_models, "load_checkpoint", scarce)
    answers = {answer.index: answer.token_ids for answer in engine.decode(rows, GREEDY)}
    assert answers == expected


def test_a_base_with_long_rope_has_the_positions_that_its_short_factors_are_for(tmp_path):
    save_tiny_longrope_base(tmp_path)
    base = load_base(str(tmp_path), dtype="float32", device="cpu")
    engine = TransformersEngine(base)
    assert engine.context_tokens == 192
    [answer] = engine.decode([Row(0, (65,) * 184, None, 0)], GREEDY)
    assert len(answer.token_ids) <= 8


def test_a_prompt_as_long_as_the_context_is_refused(tiny_base):
    with pytest.raises(PredictionError, match="no room"):
        decode(tiny_base, [Row(0, (1,) * 512, None, 0)])


def test_an_answer_ends_where_the_context_ends(tiny_base):
    endless = dataclasses.replace(GREEDY, end_token_ids=frozenset())
    [answer] = decode(tiny_base, [Row(0, tuple(i % 256 for i in range(500)), None, 0)], endless)
    assert (len(answer.token_ids), answer.finish_reason) == (12, "length")


def test_a_batch_size_of_the_machine_is_chosen_by_auto(tiny_base):
    prompts = make_prompts(20)
    expected = decode(tiny_base, rows_of(prompts), batch_size=1)
    answers = decode(tiny_base, rows_of(prompts), batch_size="auto")
    assert [answer.token_ids for answer in answers] == [a.token_ids for a in expected]


def test_a_row_ends_with_the_fence_that_completes_it(tiny_base):
    hot = dataclasses.replace(GREEDY, temperature=9.0)  # every byte is about as likely
    rows = rows_of(make_prompts(60))
    before = {answer.index: answer for answer in decode(tiny_base, rows, hot)}
    row = next(row for row in rows if 0 <= before[row.index].text.find("`") < 12)
    [answer] = TransformersEngine(tiny_base).decode(
        [dataclasses.replace(row, end=RowEnd(("tick",), lambda text: text.find("`") + 1 or None))],
        hot,
    )
    whole = before[row.index]
    assert answer.finish_reason == "complete"
    assert answer.text == whole.text[: whole.text.index("`") + 1]
    assert answer.token_ids == whole.token_ids[: len(answer.token_ids)]
    assert len(answer.token_ids) < len(whole.token_ids)
