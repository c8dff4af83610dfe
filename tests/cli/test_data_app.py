"""``kiyas data`` and ``kiyas sandbox``: the verbs, from file to file."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

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
