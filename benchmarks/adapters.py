"""Several adapters: one batch of all, or a batch each: python benchmarks/adapters.py [options].

A decoding step for so many rows of a base and of each of its LoRA checkpoints is timed in two ways:

- one batch: W x for all rows at once, then s B A x for the rows of each adapter;
- switching: a smaller batch for the base and each checkpoint, one after another.

Both start from the same keys and values, and must give the same logits, which is checked. Ways take
turns; the median of the repetitions counts. "One batch" can only win where an adapter has too few
rows to fill a batch by itself, so the time of a token stands beside each way. On a CPU kiyas does
both: a batch is filled with one checkpoint, and with rows of the next as those of the last leave.

    python benchmarks/adapters.py --rows 1 4 --steps 2 --repetitions 1      (quick)
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from transformers import DynamicCache

from kiyas.config.schema import LoraSettings
from kiyas.data import load_benchmark
from kiyas.models import (
    Base,
    autocast,
    load_base,
    locate_base,
    new_adapter,
    plain_adapter_layers,
    render_problem,
    save_adapter,
)
from kiyas.prediction.checkpoint_loading import load_checkpoint

TOLERANCE = {"float32": 1e-3, "bfloat16": 5e-2}
"""Largest relative difference of logits between the ways; sums run in another order."""


@dataclass(frozen=True)
class Measured:
    """A decoding step for some rows of base and checkpoints."""

    rows: int
    """Rows of the base, and of each checkpoint."""
    switching_s: float
    """Seconds of a step, a batch each."""
    one_batch_s: float
    """Seconds of a step, one batch of all."""
    difference: float
    """Relative difference of the first step's logits."""


class Grouped:
    """W x + bias for all rows, s B A x for the rows of each adapter; the base's rows come first."""

    def __init__(self, base: nn.Linear, deltas: list[tuple[torch.Tensor, torch.Tensor]]) -> None:
        self._base, self._deltas = [base], deltas  # a list hides the layer from its module

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Return the layer's output for [B, T, features], B a multiple of the models."""
        flat = x.reshape(-1, x.shape[-1])
        y = functional.linear(flat, self._base[0].weight, self._base[0].bias)
        _bare, *groups = y.chunk(len(self._deltas) + 1)
        _base, *inputs = flat.chunk(len(self._deltas) + 1)
        for rows, group, (a, b) in zip(inputs, groups, self._deltas, strict=True):
            group.addmm_(rows @ a, b)
        return y.view(*x.shape[:-1], -1)


def make_checkpoints(base: Base, number: int, probe: list[int], folder: Path) -> list[Any]:
    """Return models of so many adapters that change answers a little; they share the base."""
    models = []
    for seed in range(1, number + 1):
        model = new_adapter(base, LoraSettings(dropout=0.0), seed=seed)
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for name, weight in model.named_parameters():
                if "lora_B" in name:
                    noise = torch.randn(weight.shape, generator=generator)
                    weight.copy_(2e-3 * noise)
        save_adapter(model, folder / f"step-{seed}")
        models.append(load_checkpoint(base, folder / f"step-{seed}", probe))
    return models


def group(base: Base, checkpoints: list[Any]) -> Any:
    """Return a model that holds every adapter and applies each to its own rows."""
    layers = [list(plain_adapter_layers(model)) for model in checkpoints]
    if not layers[0]:
        sys.exit("the adapters have no plain linear layers")
    shared = {id(item): item for item in [*base.model.parameters(), *base.model.buffers()]}
    model = deepcopy(base.model, shared)
    names = {
        id(layer): name
        for name, layer in checkpoints[0].named_modules()
        if any(layer is one for one in layers[0])
    }
    for same in zip(*layers, strict=True):
        linear = model.get_submodule(names[id(same[0])])
        deltas = []
        for layer in same:
            [adapter] = layer.active_adapters
            dtype = linear.weight.dtype
            a = layer.lora_A[adapter].weight.detach().to(dtype).t().contiguous()
            b = layer.scaling[adapter] * layer.lora_B[adapter].weight.detach()
            deltas.append((a, b.to(dtype).t().contiguous()))
        linear.forward = Grouped(linear, deltas)
    return model


class Decoding:
    """Rows of one model, a token further with each step."""

    def __init__(self, base: Base, model: Any, prompts: list[list[int]]) -> None:
        self._base, self._model, self._cache = base, model, DynamicCache()
        ids = torch.tensor(prompts, device=base.device)
        with autocast(base):  # by the bare base: both ways then begin with equal states
            base.model.base_model(  # without the head, whose scores nobody reads here
                input_ids=ids[:, :-1], past_key_values=self._cache, use_cache=True
            )
        self._last = ids[:, -1:]

    def step(self) -> torch.Tensor:
        """Decode one token of each row greedily; return the logits, [B, V]."""
        with autocast(self._base):
            logits: torch.Tensor = self._model(
                input_ids=self._last, past_key_values=self._cache, use_cache=True
            ).logits[:, -1]
        self._last = logits.argmax(-1, keepdim=True)
        return logits


@torch.inference_mode()
def measure(
    base: Base, checkpoints: list[Any], prompts: list[list[int]], arguments: argparse.Namespace
) -> Measured:
    """Time both ways, in turns, each from new states; all checkpoints have the same prompts."""
    models = [base.model, *checkpoints]
    mixed = group(base, checkpoints)

    def switching() -> tuple[torch.Tensor, float]:
        return timed([Decoding(base, model, prompts) for model in models], arguments.steps)

    def one_batch() -> tuple[torch.Tensor, float]:
        return timed([Decoding(base, mixed, prompts * len(models))], arguments.steps)

    ways: list[Callable[[], tuple[torch.Tensor, float]]] = [switching, one_batch]
    (apart, _), (together, _) = (way() for way in ways)  # warms up too
    difference = ((together - apart).norm() / apart.norm()).item()
    if difference > TOLERANCE[base.dtype]:
        sys.exit(f"the two ways differ by {difference:.2g}: nothing to compare")
    seconds = [[way()[1] for way in ways] for _ in range(arguments.repetitions)]
    switched, batched = (statistics.median(column) for column in zip(*seconds, strict=True))
    return Measured(len(prompts), switched, batched, difference)


def timed(decodings: list[Decoding], steps: int) -> tuple[torch.Tensor, float]:
    """Return the first step's logits of all rows, and seconds of a step of all."""
    first = torch.cat([decoding.step() for decoding in decodings]).float()
    _wait()
    begin = time.perf_counter()
    for _ in range(steps):
        for decoding in decodings:
            decoding.step()
    _wait()
    return first, (time.perf_counter() - begin) / steps


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def to_markdown(found: list[Measured], num_models: int) -> str:
    """Return the table; a ratio over 1 says that one batch is faster."""
    lines = [
        "| rows of each | switching, ms | a token | one batch, ms | a token | ratio |",
        "| ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for item in found:
        num_tokens = item.rows * num_models
        apart, together = 1000 * item.switching_s, 1000 * item.one_batch_s
        lines.append(
            f"| {item.rows} | {apart:.1f} | {apart / num_tokens:.3f} "
            f"| {together:.1f} | {together / num_tokens:.3f} | {apart / together:.2f} |"
        )
    return "\n".join(lines) + "\n"


def parse() -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--base", default="embedded:smollm2-135m-instruct")
    parser.add_argument("--checkpoints", type=int, default=4, help="LoRA checkpoints")
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 2, 5, 10, 20, 48])
    parser.add_argument("--prompt-tokens", type=int, default=128)
    parser.add_argument("--steps", type=int, default=16)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1, help="one, as in a lane of kiyas")
    parser.add_argument("--dtype", default="auto", choices=("auto", "float32", "bfloat16"))
    parser.add_argument("--out", type=Path, default=Path("build/adapters.json"))
    return parser.parse_args()


def main() -> None:
    """Time every number of rows and print the table."""
    arguments = parse()
    torch.set_num_threads(arguments.threads)
    base = load_base(locate_base(arguments.base), dtype=arguments.dtype)
    problems = load_benchmark("humaneval", limit=max(arguments.rows)).problems
    # Prompts of one length, so that no row waits behind padding: the end of each, which varies.
    texts = [list(render_problem(base, problem, "chat").token_ids) for problem in problems]
    length = arguments.prompt_tokens
    prompts = [(ids * (length // len(ids) + 1))[-length:] for ids in texts]
    with tempfile.TemporaryDirectory() as folder:
        checkpoints = make_checkpoints(base, arguments.checkpoints, prompts[0], Path(folder))
        found = [measure(base, checkpoints, prompts[:rows], arguments) for rows in arguments.rows]
    settings = {key: str(value) for key, value in vars(arguments).items()}
    result = {**settings, "dtype": base.dtype, "rows": [asdict(item) for item in found]}
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(to_markdown(found, len(checkpoints) + 1))
    print(
        f"base and {len(checkpoints)} LoRA checkpoints, {base.dtype} on {base.device}, "
        f"{arguments.threads} threads, {length} tokens before the first step; "
        f"logits of the two ways differ by {max(item.difference for item in found):.1g} at most"
    )


if __name__ == "__main__":
    main()
