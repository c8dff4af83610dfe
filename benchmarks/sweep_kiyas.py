"""kiyas's own part of the sweep, a process each: sweep_kiyas.py prepare|decode|judge FOLDER ...

Started by ``sweep.py``: ``prepare`` writes prompts and adapters, ``decode`` is what is timed (all
checkpoints, or those at the places given), ``judge`` counts passes in the cage.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any


def prepare(out: Path, wanted: dict[str, Any]) -> None:
    """Write prepared.json: rendered prompts, and adapters that change answers a little."""
    import torch

    from kiyas.config.schema import LoraSettings
    from kiyas.data import load_benchmark
    from kiyas.models import (
        load_base,
        locate_base,
        new_adapter,
        render_problem,
        save_adapter,
        stop_token_ids,
    )

    source = locate_base(wanted["base"], say=lambda line: print(line, file=sys.stderr))
    base = load_base(source, dtype=wanted["dtype"])
    problems = load_benchmark("humaneval", limit=wanted["problems"]).problems
    rendered = [render_problem(base, problem, "chat") for problem in problems]
    adapters: list[str | None] = [None]
    for seed in range(1, wanted["checkpoints"] + 1):
        model = new_adapter(base, LoraSettings(dropout=0.0), seed=seed)
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for name, weight in model.named_parameters():
                if "lora_B" in name:
                    weight.copy_(2e-3 * torch.randn(weight.shape, generator=generator))
        folder = out / "adapters" / f"step-{seed}"
        save_adapter(model, folder)
        adapters.append(str(folder.resolve()))
    prompts = [{"text": prompt.text, "ids": list(prompt.token_ids)} for prompt in rendered]
    longest = max(len(prompt["ids"]) for prompt in prompts)
    settings = {
        "prompts": prompts,
        "max_new_tokens": wanted["max_new_tokens"],
        "max_length": longest + wanted["max_new_tokens"],
        "end_token_ids": list(stop_token_ids(base, "chat")),
        "dtype": base.dtype,
        "name": wanted["base"],
    }
    prepared = {"base": str(source.path), "adapters": adapters, "settings": settings}
    (out / "prepared.json").write_text(json.dumps(prepared), encoding="utf-8")


def decode(folder: Path, engine: str, stops: str, places: list[int]) -> None:
    """Write kiyas-ENGINE.json: what an engine decodes, of all checkpoints or some.

    Args:
        folder: With prepared.json.
        engine: Which engine decodes.
        stops: ``complete`` to end an answer behind its first whole solution, else ``never``.
        places: Of the checkpoints; all if empty.
    """
    import shutil

    from kiyas.config.prediction import PredictSettings
    from kiyas.data import load_benchmark
    from kiyas.execution import Progress
    from kiyas.models import locate_base
    from kiyas.prediction import CheckpointRequest, predict_completions
    from kiyas.prediction.engine_choice import choose_engine, load_engine_base, open_engine
    from kiyas.prediction.questions import EndRule, ask
    from kiyas.records import Checkpoint
    from kiyas.run_folder import read_completions
    from kiyas.scoring import find_end

    begin = time.perf_counter()
    prepared = json.loads((folder / "prepared.json").read_text(encoding="utf-8"))
    settings = prepared["settings"]
    predict = PredictSettings(
        max_new_tokens=settings["max_new_tokens"],
        dtype=settings["dtype"],
        engine=engine,
        cache=False,
        stop_when_complete=stops == "complete",
    )
    choice = choose_engine(predict)
    base = load_engine_base(locate_base(settings["name"]), predict, choice)
    loaded = time.perf_counter() - begin
    samples = folder / f"kiyas-{engine}"
    shutil.rmtree(samples, ignore_errors=True)
    requests = [
        CheckpointRequest(
            Checkpoint("sweep", step), adapter and Path(adapter), samples / f"{step}.jsonl"
        )
        for step, adapter in enumerate(prepared["adapters"])
        if not places or step in places
    ]
    benchmark = load_benchmark("humaneval", limit=len(settings["prompts"]))
    questions = ask(base, benchmark, "chat", predict, EndRule("extraction", find_end))
    with closing(open_engine(base, predict, choice=choice)) as opened:
        for _ in predict_completions(requests, questions, opened, Progress()):
            pass
    by_step = [read_completions(request.samples) for request in requests]
    order = [problem.task_id for problem in benchmark.problems]
    texts = [
        [{item.task_id: item.completion for item in found}[task] for task in order]
        for found in by_step
    ]
    num_tokens = sum(item.num_tokens for found in by_step for item in found)
    result = {"texts": texts, "num_tokens": num_tokens, "load_s": loaded}
    (folder / f"kiyas-{engine}.json").write_text(json.dumps(result), encoding="utf-8")


def judge(folder: Path) -> None:
    """Judge every answer of texts.json in the cage and print the passes of each checkpoint."""
    from kiyas.data import load_benchmark
    from kiyas.records import Completion
    from kiyas.sandbox import Cage
    from kiyas.scoring import score_completions

    texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
    benchmark = load_benchmark("humaneval", limit=len(texts[0]))
    passes = []
    with Cage() as cage:
        for checkpoint in texts:
            completions = [
                Completion(problem.task_id, 0, "chat", "", text, 0, "stop", 0.0)
                for problem, text in zip(benchmark.problems, checkpoint, strict=True)
            ]
            scores = score_completions(benchmark, completions, cage)
            passes.append(sum(score.passed for score in scores))
    print(json.dumps(passes))


if __name__ == "__main__":
    act, folder, *rest = sys.argv[1:]
    if act == "prepare":
        prepare(Path(folder), json.loads(rest[0]))
    elif act == "decode":
        decode(Path(folder), rest[0], rest[1], [int(place) for place in rest[2:]])
    else:
        judge(Path(folder))
