"""Findings as read back from the run folder -> lines for a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kiyas.cli.wording import (
    DASH,
    interval_text,
    p_text,
    share_text,
    signed_points_text,
    statement_text,
    table_text,
    verdict_text,
)
from kiyas.languages import gettext as _
from kiyas.records import Finding

_LOUD = ("alarm", "warning")


def run_text(findings: Mapping[str, Any], report: str, *, did_work: bool) -> str:
    """Return what a run says at its end: the table, what to beware of, where the report is."""
    if not did_work:
        told = _("nothing to do: every step of {study} is up to date")
        return "\n".join([told.format(study=findings["study"]), _report_line(report)])
    lines = _classifier_lines(findings) if "results" in findings else _code_lines(findings)
    loud = [
        f"- {statement_text(Finding(**item))}"
        for item in findings["findings"]
        if item["severity"] in _LOUD
    ]
    return "\n".join([*lines, *loud, _report_line(report)])


def _report_line(report: str) -> str:
    return _("report: {path}").format(path=report)


def _code_lines(findings: Mapping[str, Any]) -> list[str]:
    heads = (
        _("checkpoint"),
        "pass@1",
        _("interval"),
        _("cut"),
        _("against base"),
        _("p adj."),
    )
    versus = {item["first"]: item for item in findings["comparisons"] if _is_gain(item)}
    rows = [_row(item, versus) for item in findings["checkpoints"]]
    title = _(
        "{study}: pass@1 on {benchmark} ({num_problems} problems x {num_samples}), cage {isolation}"
    ).format_map(findings)
    return [title, table_text(heads, rows)]


def _classifier_lines(findings: Mapping[str, Any]) -> list[str]:
    title = _(
        "{study}: {num_classes} classes, {num_test} test rows; everything was chosen on "
        "{num_validation} validation rows"
    ).format_map({**findings, "num_classes": len(findings["class_names"])})
    heads = (
        _("trial"),
        _("accuracy"),
        _("interval"),
        "macro F1",
        _("interval"),
        _("against baseline"),
        _("p adj."),
    )
    versus = {
        item["first"]: item
        for item in findings["comparisons"]
        if item["kind"] == "against-baseline" and item["metric"] == "accuracy"
    }
    rows = [_classifier_row(item, versus) for item in findings["results"]]
    return [title, table_text(heads, rows)]


def _classifier_row(
    item: Mapping[str, Any], versus: Mapping[str, Mapping[str, Any]]
) -> tuple[str, ...]:
    metrics = item["scores"]["metrics"]
    accuracy, f1 = metrics["accuracy"], metrics["f1_macro"]
    gain = versus.get(item["trial"])
    return (
        item["trial"],
        f"{accuracy['k']}/{accuracy['n']} {share_text(accuracy['estimate'])}",
        _interval(accuracy),
        share_text(f1["estimate"]),
        _interval(f1),
        DASH if gain is None else _gain_text(gain),
        DASH if gain is None else p_text(gain["p_adjusted"]),
    )


def _interval(metric: Mapping[str, Any]) -> str:
    return interval_text(metric["ci_low"], metric["ci_high"])


def _is_gain(comparison: Mapping[str, Any]) -> bool:
    return bool(comparison["kind"] == "against-base")


def _row(item: Mapping[str, Any], versus: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    checkpoint, score, cut = item["checkpoint"], item["pass_at_1"], item["truncated"]
    label = f"{checkpoint['trial']}/step-{checkpoint['step']}"
    gain = versus.get(label)
    return (
        label,
        f"{score['k']}/{score['n']} {share_text(score['estimate'])}",
        _interval(score),
        f"{cut['k']}/{cut['n']}",
        DASH if gain is None else _gain_text(gain),
        DASH if gain is None else p_text(gain["p_adjusted"]),
    )


def _gain_text(gain: Mapping[str, Any]) -> str:
    return f"{signed_points_text(gain['difference'])} {verdict_text(gain['verdict'])}"
