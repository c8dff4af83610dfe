"""Decodes one sweep on a GPU, a process each: gpu_decoding.py HOW BASE ADAPTERS OUT.

HOW is ``kiyas-transformers``, ``generate`` (fixed batches of 32), ``kiyas-vllm``, ``raw-vllm``
(vLLM's own ``LLM.generate`` with the same adapters in one call) or ``kiyas-tight`` (the first, with
torch limited to 2 GiB beside the base's weights, so that it runs out of memory). Started by
``gpu_checks.py``.
Prompts are HumanEval's in the chat protocol, asked of the base and of every adapter, greedily and
always to the token limit, so that everybody decodes the same number of tokens. Writes seconds of
decoding (the second of two passes, when everything is warm), tokens, peak memory, texts and what
the engine said.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

NEW_TOKENS = 256
BATCH = 32
TIGHT_BYTES = 2 * 2**30
"""Less than the keys and values of 164 rows of a model of 1.5 billion parameters take."""
Texts = list[tuple[int, ...]]
said: list[str] = []
"""What an engine of kiyas says."""


def load(folder: Path) -> tuple[Any, list[tuple[int, ...]]]:
    """Return the base and the prompts."""
    from kiyas.data import load_benchmark
    from kiyas.models import load_base, render_problem

    base = load_base(str(folder))
    problems = load_benchmark("humaneval").problems
    return base, [render_problem(base, problem, "chat").token_ids for problem in problems]


def load_without_weights(folder: Path) -> tuple[Any, list[tuple[int, ...]]]:
    """Return a base that leaves the GPU to vLLM, and the prompts."""
    from kiyas.config.prediction import PredictSettings
    from kiyas.data import load_benchmark
    from kiyas.models import locate_base, render_problem
    from kiyas.prediction.engine_choice import EngineChoice, load_engine_base

    source = locate_base(str(folder))
    base = load_engine_base(source, PredictSettings(), EngineChoice("vllm", "it is measured"))
    problems = load_benchmark("humaneval").problems
    return base, [render_problem(base, problem, "chat").token_ids for problem in problems]


def with_engine(engine: Any, prompts: list[tuple[int, ...]], adapters: list[Path]) -> Texts:
    """Decode with an engine of kiyas: every prompt under the base and each adapter."""
    from kiyas.prediction.engines import DecodingSettings, Row

    settings = DecodingSettings(NEW_TOKENS, frozenset())
    asked = [(adapter, ids) for adapter in (None, *adapters) for ids in prompts]
    rows = [Row(index, ids, adapter, index) for index, (adapter, ids) in enumerate(asked)]
    answers = sorted(engine.decode(rows, settings), key=lambda answer: answer.index)
    return [answer.token_ids for answer in answers]


def kiyas_transformers(base_folder: Path, adapters: list[Path]) -> Callable[[], Texts]:
    """Return kiyas's own engine, ready to decode."""
    from kiyas.prediction.transformers_engine import TransformersEngine

    base, prompts = load(base_folder)
    engine = TransformersEngine(base, say=said.append)
    return lambda: with_engine(engine, prompts, adapters)


def kiyas_tight(base_folder: Path, adapters: list[Path]) -> Callable[[], Texts]:
    """Return kiyas's own engine with too little memory for the batch that it is told to take."""
    import torch

    from kiyas.prediction.transformers_engine import TransformersEngine

    base, prompts = load(base_folder)
    total = torch.cuda.get_device_properties(0).total_memory
    room = torch.cuda.memory_allocated() + TIGHT_BYTES
    torch.cuda.set_per_process_memory_fraction(min(1.0, room / total))
    engine = TransformersEngine(base, batch_size=len(prompts), say=said.append)
    return lambda: with_engine(engine, prompts, adapters)


def kiyas_vllm(base_folder: Path, adapters: list[Path]) -> Callable[[], Texts]:
    """Return kiyas's vLLM engine, ready to decode."""
    from kiyas.prediction.vllm_engine import VllmEngine

    base, prompts = load_without_weights(base_folder)
    engine = VllmEngine(base, base_folder, max_new_tokens=NEW_TOKENS)
    return lambda: with_engine(engine, prompts, adapters)


def raw_vllm(base_folder: Path, adapters: list[Path]) -> Callable[[], Texts]:
    """Return vLLM as it is documented, ready to decode."""
    from vllm import LLM, SamplingParams
    from vllm.lora.request import LoRARequest

    base, prompts = load_without_weights(base_folder)
    llm = LLM(
        str(base_folder),
        dtype=base.dtype,
        max_model_len=8192 + NEW_TOKENS,
        generation_config="vllm",
        enable_lora=True,
        max_loras=8,
        max_lora_rank=32,
    )
    parameters = SamplingParams(
        temperature=0, max_tokens=NEW_TOKENS, ignore_eos=True, detokenize=False
    )
    loras = [LoRARequest(path.name, number, str(path)) for number, path in enumerate(adapters, 1)]
    asked = [(lora, ids) for lora in (None, *loras) for ids in prompts]

    def decode() -> Texts:
        outputs = llm.generate(
            [{"prompt_token_ids": list(ids)} for _, ids in asked],
            parameters,
            lora_request=[lora for lora, _ in asked],
            use_tqdm=False,
        )
        return [tuple(output.outputs[0].token_ids) for output in outputs]

    return decode


def generate(base_folder: Path, adapters: list[Path]) -> Callable[[], Texts]:
    """Return plain ``generate`` in fixed batches, checkpoint after checkpoint."""
    import torch

    from kiyas.models import load_adapter

    base, prompts = load(base_folder)

    def one_batch(model: Any, batch: list[tuple[int, ...]]) -> Texts:
        longest = max(map(len, batch))
        ids = torch.full((len(batch), longest), base.pad_token_id, device=base.device)
        mask = torch.zeros_like(ids)
        for row, prompt in enumerate(batch):
            ids[row, longest - len(prompt) :] = torch.tensor(prompt, device=base.device)
            mask[row, longest - len(prompt) :] = 1
        with torch.inference_mode(), torch.autocast("cuda", dtype=torch.bfloat16):
            output = model.generate(
                input_ids=ids,
                attention_mask=mask,
                max_new_tokens=NEW_TOKENS,
                min_new_tokens=NEW_TOKENS,
                do_sample=False,
            )
        return [tuple(tokens) for tokens in output[:, longest:].tolist()]

    def decode() -> Texts:
        texts: Texts = []
        for adapter in (None, *adapters):
            model = base.model if adapter is None else load_adapter(base, adapter)
            for start in range(0, len(prompts), BATCH):
                texts += one_batch(model, prompts[start : start + BATCH])
        return texts

    return decode


WAYS = {
    "kiyas-transformers": kiyas_transformers,
    "kiyas-tight": kiyas_tight,
    "generate": generate,
    "kiyas-vllm": kiyas_vllm,
    "raw-vllm": raw_vllm,
}


def main() -> None:
    """Decode twice, time the second pass and write what was found."""
    import torch

    how, base, adapters, out = sys.argv[1:]
    decode = WAYS[how](Path(base), sorted(Path(adapters).iterdir()))
    decode()
    begin = time.perf_counter()
    texts = decode()
    torch.cuda.synchronize()
    result = {
        "seconds": time.perf_counter() - begin,
        "num_tokens": sum(map(len, texts)),
        "peak_gpu_bytes": torch.cuda.max_memory_allocated(),
        "texts": texts,
        "said": said,
    }
    Path(out).write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
