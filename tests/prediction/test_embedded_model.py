"""The real small model: what tiny random weights cannot show."""

import pytest
import torch

from kiyas.data.benchmarks import load_benchmark
from kiyas.errors import ModelError
from kiyas.models import load_base, locate_base, render_problem, stop_token_ids
from kiyas.prediction.engines import DecodingSettings, Row
from kiyas.prediction.transformers_engine import TransformersEngine

MAX_NEW_TOKENS = 24


@pytest.mark.slow
def test_greedy_answers_to_humaneval_equal_stock_generate_one_at_a_time():
    try:
        source = locate_base("embedded:smollm2-135m-instruct")
    except ModelError as error:
        pytest.skip(f"the embedded model is not on this machine: {error.what}")
    base = load_base(source, dtype="float32", device="cpu")
    problems = load_benchmark("humaneval", limit=6).problems
    prompts = [render_problem(base, problem, "chat").token_ids for problem in problems]
    ends = stop_token_ids(base, "chat")
    settings = DecodingSettings(MAX_NEW_TOKENS, frozenset(ends))
    rows = [Row(index, prompt, None, 0) for index, prompt in enumerate(prompts)]
    found = {
        row.index: row for row in TransformersEngine(base, batch_size=4).decode(rows, settings)
    }
    for index, prompt in enumerate(prompts):
        ids = torch.tensor([prompt])
        output = base.model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            do_sample=False,
            max_new_tokens=MAX_NEW_TOKENS,
            eos_token_id=list(ends),
            pad_token_id=base.pad_token_id,
        )
        assert found[index].token_ids == tuple(output[0, len(prompt) :].tolist())
        assert found[index].text.strip()
