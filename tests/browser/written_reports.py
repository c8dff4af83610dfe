"""Whole reports of both tasks, written by the front doors from real findings."""

from __future__ import annotations

import base64
import json
import re
import zlib
from dataclasses import replace
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter
from recorded_costs import make_code_costs, make_noise
from trained_report import ORIGIN, load_splits, make_classification_findings

from kiyas.records import CodeFindings, Score
from kiyas.records.classification import ClassificationFindings
from kiyas.report import (
    HistoryRow,
    ProblemAnswer,
    ProblemPage,
    write_classification_report,
    write_report,
)

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "codegen-cot-small"


def write_whole_report(task: str, language: str, folder: Path) -> Path:
    """Write a report that has every section; return its page."""
    if task == "topics":
        files = write_classification_report(*make_topics(), ORIGIN, folder, language=language)
    else:
        files = write_report(
            read_findings(), read_pages(), make_histories(), ORIGIN, folder, language=language
        )
    return files.index


@cache
def make_topics() -> tuple[ClassificationFindings, tuple[str, ...]]:
    """Return the findings of a small classification study and the texts of its test rows."""
    splits = load_splits()
    return make_classification_findings(splits), splits["test"][0]


def read_findings() -> CodeFindings:
    """Return the findings of the example study as the analysis made them, no section missing."""
    content = (EXAMPLE / "findings.json").read_bytes()
    findings = TypeAdapter(CodeFindings).validate_json(content)
    trials = {s.checkpoint.trial: None for s in findings.checkpoints if not s.checkpoint.is_base}
    return replace(
        findings,
        decoding_noise=findings.decoding_noise or make_noise(),
        costs=findings.costs or make_code_costs(trials),
    )


def read_block(page: str) -> dict:
    """Return what the drawer's script unpacks from a page."""
    block = re.search(r'id="entry-data">([^<]*)<', page)[1]
    return json.loads(zlib.decompress(base64.b64decode(block)))


def read_pages() -> list[ProblemPage]:
    """Return the problems of the example study with all answers."""
    data = read_block((EXAMPLE / "index.html").read_text(encoding="utf-8"))
    texts = [t if isinstance(t, str) else f"{t[0]}…{t[2]}" for t in data["texts"]]
    return [
        ProblemPage(
            task_id=entry["id"],
            entry_point=entry["entry"],
            test=texts[entry["test"]],
            prompts={protocol: texts[text] for protocol, text in entry["prompts"]},
            answers=tuple(
                _read_answer(entry["id"], values, data["labels"], texts)
                for values in entry["answers"]
            ),
        )
        for entry in data["entries"]
    ]


def _read_answer(task: str, values: list, labels: list[str], texts: list[str]) -> ProblemAnswer:
    label, sample, outcome, completion, program, detail, rule, tokens, ended, seconds = values
    score = Score(
        task, sample, outcome, texts[detail], rule, texts[program], seconds, "strong", ended, tokens
    )
    return ProblemAnswer(labels[label], texts[completion], score)


def make_histories() -> dict[str, list[HistoryRow]]:
    """Return histories of the example's arms; its files do not carry them."""
    return {
        f"{arm}/seed-42": [
            HistoryRow(step, step / 11, 1.9 - 0.01 * step - offset, 5e-5, 4000 * step, 20.0 * step)
            for step in range(1, 41)
        ]
        for arm, offset in (("deep", 0.0), ("diverse", 0.1))
    }
