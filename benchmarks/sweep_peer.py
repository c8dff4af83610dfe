"""One peer decodes one checkpoint, in the peer's own environment: sweep_peer.py PEER WORK OUT.

Started by ``sweep.py``; knows no kiyas. Reads prompts, adapter and limits from WORK (JSON) and
writes texts, token counts and the seconds of loading and decoding to OUT. Each peer gets exactly
the prompt ids that kiyas decodes, which is checked before anything is timed.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def lm_eval(work: dict[str, Any]) -> dict[str, Any]:
    """Decode with lm-evaluation-harness' ``hf`` backend."""
    import torch
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    begin = time.perf_counter()
    model = HFLM(
        pretrained=work["base"],
        peft=work["adapter"],
        dtype=work["dtype"],
        batch_size=work["batch_size"],
        add_bos_token=False,
        max_length=work["max_length"],
        device="cuda" if torch.cuda.is_available() else "cpu",
    )
    loaded = time.perf_counter()
    for prompt in work["prompts"]:
        _check_ids(model.tok_encode(prompt["text"], add_special_tokens=False), prompt)
    settings = {"until": [], "do_sample": False, "max_gen_toks": work["max_new_tokens"]}
    requests = [
        Instance("generate_until", {}, (prompt["text"], dict(settings)), index)
        for index, prompt in enumerate(work["prompts"])
    ]
    started = time.perf_counter()
    texts = model.generate_until(requests, disable_tqdm=True)
    seconds = time.perf_counter() - started
    counts = [len(model.tok_encode(text, add_special_tokens=False)) for text in texts]
    return _result(texts, counts, loaded - begin, seconds)


def evalplus(work: dict[str, Any]) -> dict[str, Any]:
    """Decode with EvalPlus's ``HuggingFaceDecoder``, one prompt at a time as it does."""
    from evalplus.provider.hf import HuggingFaceDecoder

    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        base = _merged(work, Path(folder)) if work["adapter"] else work["base"]
        decoder = HuggingFaceDecoder(
            base,
            "humaneval",
            force_base_prompt=True,  # the prompt is given rendered
            attn_implementation="sdpa",
            batch_size=1,
            temperature=0.0,
            max_new_tokens=work["max_new_tokens"],
            dtype=work["dtype"],
        )
    tokenizer = decoder.tokenizer
    decoder.eos = [tokenizer.decode([token]) for token in work["end_token_ids"]]
    loaded = time.perf_counter()
    for prompt in work["prompts"]:
        _check_ids(tokenizer.encode(prompt["text"]), prompt)
    started = time.perf_counter()
    texts = []
    for prompt in work["prompts"]:
        # Version 0.3.1 puts the stop rule of every earlier prompt before the next one, which slows
        # each call and ends answers at once; taking it off again is to the peer's advantage.
        vars(decoder.model).pop("_get_stopping_criteria", None)
        texts += decoder.codegen(prompt["text"], do_sample=False, num_samples=1)
    seconds = time.perf_counter() - started
    counts = [len(tokenizer.encode(text, add_special_tokens=False)) for text in texts]
    return _result(texts, counts, loaded - begin, seconds)


def generate(work: dict[str, Any]) -> dict[str, Any]:
    """Decode with plain ``generate`` in fixed batches, shortest prompts first, padded left."""
    import torch

    begin = time.perf_counter()
    model, tokenizer = _model(work)
    loaded = time.perf_counter()
    order = sorted(range(len(work["prompts"])), key=lambda i: len(work["prompts"][i]["ids"]))
    texts, counts = [""] * len(order), [0] * len(order)
    started = time.perf_counter()
    for start in range(0, len(order), work["batch_size"]):
        chosen = order[start : start + work["batch_size"]]
        prompts = [work["prompts"][index]["ids"] for index in chosen]
        width = max(map(len, prompts))
        ids = torch.tensor([[0] * (width - len(ids)) + ids for ids in prompts])
        mask = torch.tensor([[0] * (width - len(ids)) + [1] * len(ids) for ids in prompts])
        with torch.inference_mode():
            output = model.generate(
                ids.to(model.device),
                attention_mask=mask.to(model.device),
                do_sample=False,
                max_new_tokens=work["max_new_tokens"],
                eos_token_id=work["end_token_ids"],
                pad_token_id=work["end_token_ids"][0],
            )
        for index, tokens in zip(chosen, output[:, width:].tolist(), strict=True):
            ends = [tokens.index(end) for end in work["end_token_ids"] if end in tokens]
            counts[index] = min(ends, default=len(tokens) - 1) + 1
            texts[index] = tokenizer.decode(tokens[: counts[index]], skip_special_tokens=True)
    return _result(texts, counts, loaded - begin, time.perf_counter() - started)


def _model(work: dict[str, Any]) -> tuple[Any, Any]:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = getattr(torch, work["dtype"])
    model = AutoModelForCausalLM.from_pretrained(work["base"], dtype=dtype).to(device).eval()
    if work["adapter"]:
        model = PeftModel.from_pretrained(model, work["adapter"], autocast_adapter_dtype=False)
    return model, AutoTokenizer.from_pretrained(work["base"])


def _merged(work: dict[str, Any], folder: Path) -> str:
    """Write base and adapter as one model, which is how a peer without adapters is given one."""
    model, tokenizer = _model(work)
    model.merge_and_unload().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def _check_ids(ids: list[int], prompt: dict[str, Any]) -> None:
    if list(ids) != prompt["ids"]:
        sys.exit(f"{sys.argv[1]} reads another prompt: {len(ids)} ids, not {len(prompt['ids'])}")


def _result(texts: list[str], counts: list[int], load_s: float, decode_s: float) -> dict[str, Any]:
    return {"texts": texts, "num_tokens": sum(counts), "load_s": load_s, "decode_s": decode_s}


PEERS = {"lm-eval": lm_eval, "evalplus": evalplus, "generate": generate}

if __name__ == "__main__":
    peer, work_file, out_file = sys.argv[1:]
    result = PEERS[peer](json.loads(Path(work_file).read_text(encoding="utf-8")))
    Path(out_file).write_text(json.dumps(result), encoding="utf-8")
