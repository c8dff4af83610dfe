"""What the audit asks again, and what it reads: which checkpoints, protocols and problems."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from small_problems import adding_problems
from tiny_base import save_tiny_base

from kiyas.config import load_study
from kiyas.execution import Progress
from kiyas.planning import make_plan
from kiyas.run_folder import RunFolder
from kiyas.scoring import EXTRACTION_RULES
from kiyas.study import run_study

STUDY = """\
name: tiny
task: code
base: {base}
protocol: completion
benchmark: {{name: own, path: problems.jsonl}}
lora: {{rank: 4, alpha: 8}}
train:
  learning_rate: 0.01
  gradient_accumulation_steps: 2
  max_steps: 2
  checkpoints: [1, 2]
  max_seq_len: 128
  dtype: float32
predict: {{max_new_tokens: 8, batch_size: 4, dtype: float32, cache: false}}
audit: {audit}
arms:
  - name: short
    data: {{source: short.jsonl}}
"""


def write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def make_study(folder: Path, audit: str, *, chat: bool = True) -> Path:
    template = {} if chat else {"chat_template": None}
    base = save_tiny_base(folder / "base", **template)  # type: ignore[arg-type]
    problems = adding_problems(range(4))
    write_lines(folder / "problems.jsonl", problems)
    rows = [{"prompt": f"add {n}", "response": f"return x + {n}"} for n in range(8)]
    write_lines(folder / "short.jsonl", rows)
    path = folder / "study.yaml"
    path.write_text(STUDY.format(base=base, audit=audit), encoding="utf-8")
    return path


def run(path: Path) -> tuple[Path, dict[str, Any], tuple[str, ...]]:
    """Run a study; return its folder, findings and work."""
    folder = path.parent / "run"
    result = run_study(
        load_study(path), RunFolder(folder), study_dir=path.parent, progress=Progress()
    )
    findings = json.loads((folder / "findings.json").read_text(encoding="utf-8"))
    return folder, findings, result.work


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A study audited under one more protocol, on two of its four problems."""
    path = make_study(tmp_path_factory.mktemp("audit"), "{protocols: [chat], limit: 2}")
    folder, findings, _ = run(path)
    return folder, findings


def test_base_and_best_checkpoint_answer_under_the_other_protocol(
    audited: tuple[Path, dict[str, Any]],
) -> None:
    folder, findings = audited
    asked = {
        (str(path.parents[1].relative_to(folder / "predictions")), path.parent.name)
        for path in folder.glob("predictions/**/samples.jsonl")
    }
    # Nothing passes here, so that the last checkpoint of the arm stands for its best.
    assert asked == {
        ("base/base/step-0", "completion"),
        ("base/base/step-0", "chat"),
        ("short/seed-0/step-1", "completion"),
        ("short/seed-0/step-2", "completion"),
        ("short/seed-0/step-2", "chat"),
    }
    assert findings["audit"]["protocols"] == ["completion", "chat"]


def test_the_limit_holds_for_other_protocols_only(audited: tuple[Path, dict[str, Any]]) -> None:
    _, findings = audited
    sizes = {(c["protocol"], c["score"]["n"]) for c in findings["audit"]["matrix"]}
    assert sizes == {("completion", 4), ("chat", 2)}


def test_every_completion_is_read_by_every_rule(audited: tuple[Path, dict[str, Any]]) -> None:
    folder, findings = audited
    path = folder / "audit" / "base/base/step-0" / "completion" / "scores_by_rule.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert Counter(line["rule"] for line in lines) == {
        rule: 4 for rule in EXTRACTION_RULES if rule != "validated"
    }
    assert findings["audit"]["rules"][0] == "validated"
    assert set(findings["audit"]["rules"]) == set(EXTRACTION_RULES)


def test_the_plan_counts_what_the_audit_decodes(audited: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = audited
    plan = make_plan(load_study(folder.parent / "study.yaml"), folder.parent)
    lines = sum(
        len(path.read_text(encoding="utf-8").splitlines())
        for path in folder.glob("predictions/**/chat/samples.jsonl")
    )
    assert plan.audit is not None  # type: ignore[union-attr]
    assert plan.audit.num_completions == lines == 4  # type: ignore[union-attr]


def test_a_study_with_audit_off_asks_nothing_more(tmp_path: Path) -> None:
    folder, findings, _ = run(make_study(tmp_path, "off"))
    assert findings["audit"] is None
    assert not (folder / "audit").exists()
    assert {path.parent.name for path in folder.glob("predictions/**/samples.jsonl")} == {
        "completion"
    }


def test_chat_protocols_are_left_out_where_the_base_has_no_chat_template(tmp_path: Path) -> None:
    _, findings, _ = run(make_study(tmp_path, "{protocols: [chat, chat-prefill]}", chat=False))
    assert findings["audit"]["protocols"] == ["completion"]
    skipped = findings["audit"]["skipped"]
    assert len(skipped) == 2
    assert all(way.startswith("chat") for way in skipped)


def test_switching_the_audit_on_later_does_only_the_audit(tmp_path: Path) -> None:
    path = make_study(tmp_path, "off")
    run(path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("audit: off", "audit: {protocols: [chat]}"), encoding="utf-8")
    _, _, work = run(path)
    assert work
    assert all("under chat" in item or "by every rule" in item or item == "report" for item in work)
    assert run(path)[2] == ()
