"""Findings on traces, contamination and softer outcomes -> CSV files for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kiyas.records import CodeFindings, Proportion
from kiyas.report.table_texts import write_csv


def write_text_files(findings: CodeFindings) -> dict[str, str]:
    """Return the text of each CSV file by name; no file for what was not looked at."""
    files = {}
    if findings.traces is not None:
        files["traces.csv"] = _write(vars(test) for test in findings.traces.tests)
        files["claims.csv"] = _write(vars(claim) for claim in findings.traces.claims)
    if findings.contamination is not None:
        files["contamination.csv"] = _write(
            {"arm": item.arm, "source": item.source, **vars(overlap)}
            for item in findings.contamination.sets
            for overlap in item.overlaps
        )
    if findings.soft_outcomes is not None:
        files["soft_outcomes.csv"] = _write(vars(score) for score in findings.soft_outcomes.scores)
    return {name: text for name, text in files.items() if text}


def _write(records: Iterable[Mapping[str, object]]) -> str:
    """Return records as CSV, the counts of a share in columns of their own; empty without any."""
    rows = [_flat(record) for record in records]
    return write_csv(list(rows[0]), (row.values() for row in rows)) if rows else ""


def _flat(record: Mapping[str, object]) -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in record.items():
        if name in ("passing", "failing"):
            counts = (value.k, value.n) if isinstance(value, Proportion) else (None, None)
            flat |= {f"{name}_k": counts[0], f"{name}_n": counts[1]}
        else:
            flat[name] = " ".join(value) if isinstance(value, tuple) else value
    return flat
