"""``kiyas init``, ``doctor``, ``ls``, ``view`` and ``import``, from the line to the answer."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kiyas.cli import runs_app
from kiyas.cli.app import app
from kiyas.cli.terminal import coloured
from kiyas.config import load_study
from kiyas.errors import KiyasError


def invoke(*arguments, answers=None):
    return CliRunner().invoke(app, list(arguments), input=answers, catch_exceptions=True)


def as_json(*arguments):
    done = invoke(*arguments, "--json")
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return json.loads(done.stdout)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_three_answers_make_a_study(folder):
    done = invoke("init", answers="code\nowner/model\nembedded:deep\n")
    assert done.exit_code == 0, done.output
    study = load_study(folder / "study.yaml")
    assert (study.base, [arm.name for arm in study.arms]) == ("owner/model", ["deep"])


def test_an_answer_that_is_none_of_the_tasks_is_asked_for_again(folder):
    invoke("init", "topics.yaml", answers="topics\nclassification\n\n\n")
    assert load_study(folder / "topics.yaml").task == "classification"


def test_options_ask_nothing(folder):
    told = as_json("init", "a.yaml", "--base", "owner/model", "--data", "embedded:deep")
    assert told == {"study": "a", "file": "a.yaml", "task": "code"}
    assert load_study(folder / "a.yaml").base == "owner/model"


def test_nothing_to_read_answers_from_ends_without_a_file(folder):
    assert invoke("init", answers="").exit_code == 1
    assert not (folder / "study.yaml").exists()


def test_a_study_that_is_there_is_kept(folder):
    (folder / "study.yaml").write_text("mine", encoding="utf-8")
    assert isinstance(invoke("init", "--yes").exception, KiyasError)
    assert (folder / "study.yaml").read_text(encoding="utf-8") == "mine"


def test_doctor_ends_with_1_where_there_is_a_fault_and_tells_the_cure(monkeypatch):
    from kiyas import doctor

    checks = (doctor.Check("torch", "fault", "not there", "pip install it"),)
    monkeypatch.setattr(doctor, "examine_machine", lambda *_, **__: checks)
    done = invoke("doctor")
    assert done.exit_code == 1
    assert "-> pip install it" in done.stdout
    assert as_json("doctor")["ok"] is False


def test_doctor_ends_with_0_where_all_is_well(monkeypatch):
    from kiyas import doctor

    monkeypatch.setattr(doctor, "examine_machine", lambda *_, **__: (doctor.Check("x", "ok", "y"),))
    assert invoke("doctor").exit_code == 0


def test_colours_are_for_terminals_only(monkeypatch):
    assert coloured("text", "red") == "text"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert coloured("text", "red") == "\x1b[31mtext\x1b[0m"
    monkeypatch.setenv("NO_COLOR", "")
    assert coloured("text", "red") == "text"


def test_ls_of_no_runs_says_how_to_make_one(folder):
    (folder / "runs").mkdir()
    assert "kiyas run STUDY" in invoke("ls").stdout
    assert as_json("ls") == {"runs": []}


@pytest.fixture
def report(folder):
    path = folder / "runs" / "demo" / "report" / "index.html"
    path.parent.mkdir(parents=True)
    path.write_text("<p>", encoding="utf-8")
    return path


def test_view_opens_a_browser_and_prints_the_path(report, monkeypatch):
    opened = []
    monkeypatch.setattr(runs_app, "open_in_browser", lambda address: bool(opened.append(address)))
    assert invoke("view", "demo").stdout.strip() == str(report)
    assert opened == [report.as_uri()]


def test_view_opens_nothing_for_a_program_or_when_told_not_to(report, monkeypatch):
    monkeypatch.setattr(runs_app, "open_in_browser", lambda _: pytest.fail("opened"))
    assert as_json("view", "demo") == {"report": str(report), "opened": False}
    assert invoke("view", "demo", "--no-open").exit_code == 0


def test_a_browser_of_the_terminal_is_not_used(monkeypatch):
    terminal_browser = runs_app.webbrowser.GenericBrowser("lynx")
    monkeypatch.setattr(runs_app.webbrowser, "get", lambda: terminal_browser)
    assert runs_app.open_in_browser("file:///x") is False


def test_import_lists_what_maps_and_what_does_not(folder):
    theirs = "base_model: owner/x\nadapter: lora\ndatasets: [{path: owner/y}]\nnew_key: 1\n"
    (folder / "axolotl.yml").write_text(theirs, encoding="utf-8")
    told = invoke("import", "axolotl.yml").stdout
    assert "base_model" in told
    assert "new_key: 1" in told
    assert load_study(Path("study.yaml")).base == "owner/x"
    assert as_json("import", "axolotl.yml", "--force")["tool"] == "Axolotl"


def test_a_date_in_a_foreign_file_is_text(folder):
    theirs = "base_model: owner/x\nadapter: lora\ndatasets: [{path: owner/y}]\nrun: 2024-06-01\n"
    (folder / "axolotl.yml").write_text(theirs, encoding="utf-8")
    left = {item["key"]: item["value"] for item in as_json("import", "axolotl.yml")["left_out"]}
    assert left["run"] == "2024-06-01"
