"""kiyas score, compare and audit on files: the whole way, in the real cage."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from kiyas.analysis.file_scores import summarise_file
from kiyas.cli.audit_text import audit_text
from kiyas.cli.compare_text import compare_text
from kiyas.cli.score_text import score_text
from kiyas.errors import DataError, KiyasError
from kiyas.steps.file_audit import audit_files, compare_paths, kind_of
from kiyas.steps.file_scoring import FileSetting, score_files, write_scores

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
GOOD = "    return {number} * x\n"


def write_lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def setting(tmp_path):
    problems = [
        {
            "task_id": f"Made/{i}",
            "prompt": f'def times{i}(x):\n    """ {i} times x. """\n',
            "entry_point": f"times{i}",
            "test": f"def check(candidate):\n    assert candidate(3) == {3 * i}\n",
            "canonical_solution": GOOD.format(number=i),
        }
        for i in range(12)
    ]
    return FileSetting("made", write_lines(tmp_path / "problems.jsonl", problems), num_workers=1)


def samples(tmp_path, name, make):
    rows = [{"task_id": f"Made/{i}", "completion": make(i)} for i in range(12)]
    return write_lines(tmp_path / name, rows)


def test_scores_are_written_read_back_and_compared(tmp_path, setting):
    good = samples(tmp_path, "good.jsonl", lambda i: GOOD.format(number=i))
    bad = samples(tmp_path, "bad.jsonl", lambda i: GOOD.format(number=i % 3))
    outs = []
    for path, by_rule in zip((good, bad), score_files([good, bad], setting), strict=True):
        [file] = by_rule.values()
        out = tmp_path / f"scores-{path.name}"
        write_scores(out, file.scores)
        outs.append(out)
    lines = [json.loads(line) for line in outs[1].read_text(encoding="utf-8").splitlines()]
    assert [line["outcome"] for line in lines] == ["passed"] * 3 + ["wrong_answer"] * 9
    assert {"task_id", "detail", "seconds", "isolation"} <= lines[0].keys()
    text = score_text(summarise_file(file), file.faults, str(out))
    assert "3/12 = 25.0 %" in text
    lost = compare_paths(outs[1], outs[0])
    assert lost.is_loss
    assert "scores-bad.jsonl against scores-good.jsonl: worse" in compare_text(lost)


def test_stripped_completions_are_found_out(tmp_path, setting):
    path = samples(tmp_path, "stripped.jsonl", lambda i: GOOD.format(number=i).strip())
    audit = audit_files([path], setting)
    alarms = [f for f in audit.samples[0].findings if f.severity == "alarm"]
    assert [f.kind for f in alarms] == ["extraction-artifact"]
    assert "leading white space of the completions was stripped" in alarms[0].text
    assert "12/12" in audit_text(audit)
    json.dumps(asdict(audit))


def test_all_kinds_of_files_are_recognised(tmp_path, setting):
    predictions = tmp_path / "preds.csv"
    predictions.write_text("y_true,y_pred\n0,0\n1,0\n", encoding="utf-8")
    scores = write_lines(tmp_path / "s.jsonl", [{"task_id": "A/0", "outcome": "passed"}])
    assert kind_of(predictions) == "predictions"
    assert kind_of(scores) == "scores"
    assert kind_of(EXAMPLES / "reference-1.csv") == "table"
    assert kind_of(setting.benchmark_file.parent) == "samples"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("blank.jsonl", b'\n\n{"task_id": "A/0", "outcome": "passed"}\n'),
        ("mark.jsonl", b'\xef\xbb\xbf\n{"task_id": "A/0", "outcome": "passed"}\n'),
        ("mark.json", b'\xef\xbb\xbf{"eval": {}}'),
    ],
    ids=["blank lines", "mark of JSONL", "mark of JSON"],
)
def test_a_blank_line_or_byte_order_mark_does_not_hide_scores(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert kind_of(tmp_path / name) == "scores"


def test_predictions_are_compared_row_by_row(tmp_path):
    for name, right in (("a", 30), ("b", 10)):
        rows = "".join(f"1,{int(i < right)}\n" for i in range(40))
        (tmp_path / f"{name}.csv").write_text("y_true,y_pred\n" + rows, encoding="utf-8")
    compared = compare_paths(tmp_path / "b.csv", tmp_path / "a.csv")
    assert (compared.unit, compared.num_shared, compared.verdict) == ("items", 40, "worse")


def test_samples_cannot_be_compared_before_they_are_judged(tmp_path):
    path = samples(tmp_path, "s.jsonl", str)
    with pytest.raises(DataError, match="cannot be compared") as caught:
        compare_paths(path, path)
    assert "kiyas score" in str(caught.value)


def test_a_file_of_unknown_problems_asks_for_its_benchmark(tmp_path):
    path = samples(tmp_path, "s.jsonl", str)
    with pytest.raises(DataError, match="benchmark of this file is not known"):
        audit_files([path])


@pytest.mark.parametrize(
    ("benchmark", "rule", "told"),
    [
        ("humaneval", "best", "no extraction rule of this name"),
        ("humanevl", "as-is", "did you mean humaneval"),
        ("own", "as-is", "--benchmark-file PROBLEMS.jsonl"),
    ],
)
def test_a_wrong_name_is_refused_before_anything_runs(tmp_path, monkeypatch, benchmark, rule, told):
    def no_cage(*_, **__):
        raise AssertionError("the cage was opened")

    monkeypatch.setattr("kiyas.steps.file_scoring.Cage", no_cage)
    path = tmp_path / "samples.jsonl"
    path.write_text('{"task_id": "HumanEval/0", "completion": "    pass"}\n', encoding="utf-8")
    with pytest.raises(KiyasError, match=told):
        score_files([path], FileSetting(benchmark), rule=rule)
