"""The bundled table of published scores -> those of one model on one benchmark.

A small table with sources, to notice a score that cannot be right; not a leaderboard.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from importlib import resources

from kiyas.records import Finding, Proportion
from kiyas.records.file_audit import PublishedScore

_BENCHMARKS = {"humaneval": "humaneval", "openaihumaneval": "humaneval", "humaneval+": "humaneval+"}


@lru_cache(maxsize=1)
def published_scores() -> tuple[PublishedScore, ...]:
    """Return the whole table."""
    text = resources.files("kiyas.analysis").joinpath("published_scores.json").read_text("utf-8")
    return tuple(PublishedScore(**row) for row in json.loads(text))


def find_published(model: str, benchmark: str) -> tuple[PublishedScore, ...]:
    """Return what was published for a model, its makers' own figure first.

    Args:
        model: A model's name, or a text that holds it, such as the name of a file; the longest
            name that fits counts, so that an Instruct model is not taken for its base.
        benchmark: Name of the benchmark.
    """
    wanted = _BENCHMARKS.get(re.sub(r"[^a-z+]", "", benchmark.lower()))
    text = _plain(model)
    names = {score.model for score in published_scores() if _plain(score.model) in text}
    if not names or wanted is None:
        return ()
    name = max(names, key=len)
    found = [s for s in published_scores() if s.model == name and s.benchmark == wanted]
    return tuple(sorted(found, key=lambda score: not score.is_official))


def check_published(name: str, benchmark: str, model: str, score: Proportion) -> Finding | None:
    """Return what a published score for the same model says about this one; None if there is none.

    Args:
        name: What to call the score.
        benchmark: Name of the benchmark.
        model: Name of the model, or a text that holds it.
        score: The score with its interval.
    """
    found = find_published(model, benchmark)
    if not found or score.ci_low is None or score.ci_high is None or score.estimate is None:
        return None
    official = found[0]
    numbers: dict[str, float | int | str | None] = {
        "published": official.share,
        "k": score.k,
        "n": score.n,
        "ci_low": score.ci_low,
        "ci_high": score.ci_high,
    }
    interval = f"[{100 * score.ci_low:.1f} %, {100 * score.ci_high:.1f} %]"
    ours = f"{score.k}/{score.n} = {100 * score.estimate:.1f} % {interval}"
    published = f"{100 * official.share:.1f} % ({official.source})"
    if score.ci_low <= official.share <= score.ci_high:
        text = f"{name}: {ours} agrees with the {published} published for {official.model}."
        return Finding("published-score", "note", text, numbers)
    others = ", ".join(f"{100 * item.share:.1f} % ({item.source})" for item in found[1:])
    text = (
        f"{name}: {ours}, but {published} is published for {official.model}. A gap of this size "
        "is usually made by prompt, stop words or extraction, not by the weights: settle it "
        "before anything is compared with this score."
    )
    if others:
        text += f" The same weights under other harnesses: {others}."
    return Finding("published-score", "alarm", text, numbers)


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())
