"""``kiyas data`` and ``kiyas sandbox``: the verbs, from file to file."""

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import front_door
import pytest
from typer.testing import CliRunner

from kiyas.cli import main
from kiyas.cli.app import app
from kiyas.errors import DataError


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def invoke(*arguments: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(app, [*arguments, "--json"], catch_exceptions=True)
    if isinstance(done.exception, DataError):
        raise done.exception
    return done.exit_code, json.loads(done.stdout)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Forty rows in two classes; row 3 has no text."""
    path = tmp_path / "problems.csv"
    words = "one two three four five six seven eight nine ten".split()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Question", "label"])
        for number in range(40):
            word, other = words[number % 10], words[number // 4]
            topic = "Solve the equation" if number % 2 else "Find the angle of the triangle"
            writer.writerow([f"{topic} {word} plus {other} for $x_{number}$.", number % 2])
    return path


def test_check_of_a_sound_table_ends_with_exit_code_0(table: Path) -> None:
    code, told = invoke("data", "check", str(table))
    assert code == 0
    assert told["splits"][0]["class_counts"] == [20, 20]


def test_check_names_leaks_between_tables_and_ends_with_exit_code_1(
    table: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.csv"
    copy.write_bytes(table.read_bytes())
    code, told = invoke("data", "check", str(table), str(copy))
    assert code == 1
    assert len(told["leaks"]) == 40


def test_tables_of_one_name_in_two_folders_are_told_apart(table: Path, tmp_path: Path) -> None:
    copy = tmp_path / "other" / table.name
    copy.parent.mkdir()
    copy.write_bytes(table.read_bytes())
    _, told = invoke("data", "check", str(table), str(copy))
    assert [split["split"] for split in told["splits"]] == [str(table), str(copy)]
    assert len(told["leaks"]) == 40


def test_the_same_table_twice_is_refused(table: Path) -> None:
    with pytest.raises(DataError, match="given twice"):
        invoke("data", "check", str(table), str(table.parent / "." / table.name))


def test_a_table_is_never_written_over_the_one_it_is_made_of(table: Path) -> None:
    before = table.read_bytes()
    train = table.rename(table.with_name("train.csv"))
    for line in (
        ("split", str(train), "--out-dir", str(train.parent), "--force"),
        ("clean", str(train), "--out", str(train), "--no-suspects"),
        ("augment", str(train), "--out", str(train)),
    ):
        with pytest.raises(DataError, match="over the one it is made of"):
            invoke("data", *line)
    assert [path.name for path in train.parent.iterdir()] == ["train.csv"]
    assert train.read_bytes() == before


def test_a_split_replaces_tables_that_are_there_by_force_alone(table: Path, tmp_path: Path) -> None:
    line = ("data", "split", str(table), "--out-dir", str(tmp_path))
    (tmp_path / "test.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(DataError, match="there already"):
        invoke(*line)
    assert sorted(path.name for path in tmp_path.glob("*.csv")) == ["problems.csv", "test.csv"]
    assert invoke(*line, "--force")[0] == 0
    assert len(rows(tmp_path / "test.csv")) == 6


def test_another_kind_of_file_is_refused_before_the_table_is_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="written as CSV"):
        invoke("data", "clean", "none.csv", "--out", str(tmp_path / "clean.jsonl"))


@pytest.mark.parametrize("verb", ["clean", "split", "augment"])
def test_a_seed_below_zero_is_a_fault_of_the_line(verb: str, table: Path, tmp_path: Path) -> None:
    out = ("--out-dir", tmp_path) if verb == "split" else ("--out", tmp_path / "out.csv")
    done = front_door.kiyas("data", verb, table, *out, "--seed", "-1")
    assert done.code == 2
    assert "--seed" in done.said


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("a ≥ b", "cp1254"), ("half \ud83d", "utf-8")],
    ids=["windows", "half an emoji"],
)
@pytest.mark.parametrize("form", [(), ("--json",)], ids=["text", "json"])
def test_signs_that_the_terminal_cannot_show_are_escaped(
    form: tuple[str, ...],
    text: str,
    encoding: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cells = [(text, 7), ("ç one", 0), ("two", 1), ("three", 0), ("four", 1)]
    source = tmp_path / "t.jsonl"
    lines = [json.dumps({"text": cell, "label": label}) for cell, label in cells]
    source.write_text("\n".join(lines), encoding="utf-8")
    shown = io.BytesIO()
    line = ["kiyas", "data", "clean", str(source), "--out", str(tmp_path / "out.csv")]
    monkeypatch.setattr(sys, "argv", [*line, "--no-suspects", *form])
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, encoding=encoding))
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    sys.stdout.flush()
    told = shown.getvalue().decode(encoding)
    assert (
        (json.loads(told)["set_aside"][0]["text"] == text) if form else (ascii(text)[1:-1] in told)
    )


def test_clean_sets_rows_aside_by_name_and_drops_none_in_silence(
    table: Path, tmp_path: Path
) -> None:
    with table.open("a", encoding="utf-8") as file:
        file.write("  ,1\n")
    out = tmp_path / "clean.csv"
    _, told = invoke("data", "clean", str(table), "--out", str(out), "--no-suspects")
    assert len(rows(out)) == 40
    assert [item["row"] for item in told["set_aside"]] == [42]


def test_split_writes_one_table_a_split_and_loses_no_row(table: Path, tmp_path: Path) -> None:
    _, told = invoke("data", "split", str(table), "--out-dir", str(tmp_path / "splits"))
    files = [Path(path) for path in told["files"].values()]
    assert [path.name for path in files] == ["train.csv", "validation.csv", "test.csv"]
    questions = [row["Question"] for path in files for row in rows(path)]
    assert sorted(questions) == sorted(row["Question"] for row in rows(table))


def test_shares_that_cannot_be_read_are_one_clear_error(table: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="shares cannot be read"):
        invoke("data", "split", str(table), "--out-dir", str(tmp_path), "--shares", "most")


def test_augment_names_the_parent_of_every_new_row(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "more.csv"
    _, told = invoke("data", "augment", str(table), "--out", str(out), "--share", "0.5")
    new = rows(out)[40:]
    assert len(new) == len(told["new_rows"]) > 0
    assert all(row["parent"] for row in new)


def test_sandbox_check_tells_its_level_and_every_act_it_tried() -> None:
    _, told = invoke("sandbox", "check")
    assert told["isolation"]["level"] in (1, 2, 3)
    assert len(told["self_test"]) >= 10
    assert all(act["ok"] or act["residual"] for act in told["self_test"])
