"""Finished runs in Python, and the notebooks of docs/notebooks on them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from small_runs import run_small_code, run_small_topics
from statsmodels.stats.proportion import proportion_confint

import kiyas
from kiyas.errors import RunFolderError

NOTEBOOKS = Path(__file__).parents[1] / "docs" / "notebooks"
EXAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "codegen-cot-small"


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    return run_small_code(tmp_path_factory.mktemp("code"))


@pytest.fixture(scope="module")
def topics(tmp_path_factory):
    return run_small_topics(tmp_path_factory.mktemp("topics"))


def test_importing_kiyas_and_reading_a_run_loads_no_torch():
    code = (
        "import sys, kiyas\n"
        "assert not {'numpy', 'pandas', 'pydantic'} & sys.modules.keys()\n"
        f"kiyas.read_run({str(EXAMPLE)!r})._repr_html_()\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_every_public_name_is_there():
    for name in kiyas.__all__:
        assert getattr(kiyas, name) is not None
    with pytest.raises(AttributeError):
        _ = kiyas.no_such_name


def test_scores_of_a_code_study_are_those_of_its_report():
    scores = kiyas.read_run(EXAMPLE).scores.set_index("label")
    report = (EXAMPLE / "report.md").read_text(encoding="utf-8")
    best = json.loads((EXAMPLE / "findings.json").read_text(encoding="utf-8"))["best"]
    k, n = scores.loc[best, ["pass_at_1_k", "pass_at_1_n"]]
    # Wilson's interval by statsmodels; the report prints percent with one decimal.
    low, high = (100 * bound for bound in proportion_confint(int(k), int(n), method="wilson"))
    shown = f"{k}/{n} ({100 * k / n:.1f} %) [{low:.1f}, {high:.1f}]"
    assert shown in report
    ends = scores.loc[best, ["pass_at_1_low", "pass_at_1_high"]]
    assert [100 * end for end in ends] == pytest.approx([low, high])
    assert len(scores) == 5


def test_verdicts_of_a_code_study_are_one_row_a_completion(code):
    results = kiyas.read_run(code)
    assert results.task == "code"
    own = results.verdicts[results.verdicts["protocol"] == results.findings["protocol"]]
    assert len(own) == 3 * 3
    assert not results.verdicts.duplicated(["checkpoint", "protocol", "task_id", "sample"]).any()
    assert set(results.verdicts["checkpoint"]) == set(results.scores["label"])
    assert list(results.history["trial"].unique()) == ["short/seed-0"]


def test_costs_are_one_row_a_trial_and_stage(code):
    costs = kiyas.read_run(code).costs.set_index(["trial", "stage"])
    training = costs.loc["short/seed-0", "training"]
    assert training["tokens_per_s"] == training["num_tokens"] / training["seconds"]
    assert (costs["seconds"] > 0).all()


def test_a_run_of_which_nothing_was_recorded_has_no_costs(tmp_path):
    findings = json.loads((EXAMPLE / "findings.json").read_text(encoding="utf-8"))
    del findings["costs"]  # as versions before wrote them
    (tmp_path / "findings.json").write_text(json.dumps(findings), encoding="utf-8")
    assert kiyas.read_run(tmp_path).costs.empty


def test_verdicts_of_classifiers_are_one_row_an_item(topics):
    results = kiyas.read_run(topics)
    assert results.task == "classification"
    assert results.verdicts.groupby("trial").size().to_dict() == {"encoder/seed-0": 24, "tfidf": 24}
    hits = results.verdicts.eval("y_true == y_pred").groupby(results.verdicts["trial"]).sum()
    scores = results.scores.set_index("label")
    assert scores["accuracy_k"].to_dict() == hits.to_dict()


def test_text_of_a_model_is_shown_not_run(tmp_path):
    run = tmp_path / "run"
    shutil.copytree(EXAMPLE, run)
    findings = (run / "findings.json").read_text(encoding="utf-8")
    (run / "findings.json").write_text(
        findings.replace("The arms can be told", "<script>alert(1)</script> The"), encoding="utf-8"
    )
    shown = kiyas.read_run(run)._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_what_is_undefined_is_a_dash(tmp_path):
    from kiyas.results import _share_text

    row = {"accuracy": None, "accuracy_low": None, "accuracy_high": None}
    assert _share_text(row, "accuracy") == "– [–]"


def test_a_figure_shows_itself_as_a_picture_that_cannot_run_anything(tmp_path):
    from kiyas.results import Figure

    path = tmp_path / "curve.svg"
    path.write_text("<svg><script>alert(1)</script></svg>", encoding="utf-8")
    shown = Figure("curve", path)._repr_html_()
    assert shown.startswith('<img alt="curve" src="data:image/svg+xml;base64,')
    assert "script" not in shown


def test_a_run_that_is_not_finished_is_one_clear_error(tmp_path):
    with pytest.raises(RunFolderError, match="not finished"):
        kiyas.read_run(tmp_path)


@pytest.mark.parametrize("name", ["code-study", "classifier-study"])
def test_a_notebook_reads_a_finished_run_from_start_to_end(name, code, topics, monkeypatch):
    assert len(list(NOTEBOOKS.glob("*.ipynb"))) == 2
    monkeypatch.setenv("KIYAS_RUN", str(code if name == "code-study" else topics))
    monkeypatch.setenv("IPYTHONDIR", os.environ.get("TMPDIR", "/tmp"))
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells), "results are not committed"
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    outputs = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    assert sum(bool(item) for item in outputs) >= 6
