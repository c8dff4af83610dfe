"""Findings as read back from the run folder -> lines for a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kiyas.cli.wording import table_text

_LOUD = ("alarm", "warning")


def run_text(findings: Mapping[str, Any], report: str, *, did_work: bool) -> str:
    """Return what a run says at its end: the table, what to beware of, where the report is."""
    if not did_work:
        return f"nothing to do: every step of {findings['study']} is up to date\nreport: {report}"
    heads = ("checkpoint", "pass@1", "interval", "cut", "against base", "p adj.")
    versus = {item["first"]: item for item in findings["comparisons"] if _is_gain(item)}
    rows = [_row(item, versus) for item in findings["checkpoints"]]
    title = (
        f"{findings['study']}: pass@1 on {findings['benchmark']} "
        f"({findings['num_problems']} problems x {findings['num_samples']}), "
        f"cage {findings['isolation']}"
    )
    loud = [f"- {item['text']}" for item in findings["findings"] if item["severity"] in _LOUD]
    return "\n".join([title, table_text(heads, rows), *loud, f"report: {report}"])


def _is_gain(comparison: Mapping[str, Any]) -> bool:
    return bool(comparison["kind"] == "against-base")


def _row(item: Mapping[str, Any], versus: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    checkpoint, score, cut = item["checkpoint"], item["pass_at_1"], item["truncated"]
    label = f"{checkpoint['trial']}/step-{checkpoint['step']}"
    gain = versus.get(label)
    return (
        label,
        f"{score['k']}/{score['n']} {_percent(score['estimate'])}",
        f"[{_percent(score['ci_low'])}, {_percent(score['ci_high'])}]",
        f"{cut['k']}/{cut['n']}",
        "–" if gain is None else f"{_points(gain['difference'])} {gain['verdict']}",
        "–" if gain is None else f"{gain['p_adjusted']:.2g}",
    )


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _points(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:+.1f}"
