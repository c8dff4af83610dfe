"""Every bad table gets an error or a warning that names file, row and cure, at both front doors."""

import codecs
import json
from pathlib import Path

import pytest
from front_door import kiyas
from tiny_base import save_tiny_base
from tiny_classifiers import LETTERS, topic_rows, write_rows, write_topic_tables

STUDY = """\
name: bad
task: classification
data: {train: train.csv, validation: val.csv, test: test.csv}
latency: {enabled: false}
"""


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return save_tiny_base(tmp_path_factory.mktemp("base"))


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines(keepends=True)


def change_label(line: int, label: str):
    def change(folder: Path) -> None:
        rows = lines_of(folder / "train.csv")
        text = rows[line - 1].rpartition(",")[0]
        rows[line - 1] = f"{text},{label}\n"
        (folder / "train.csv").write_text("".join(rows), encoding="utf-8")

    return change


def change_text(line: int, text: str):
    def change(folder: Path) -> None:
        rows = lines_of(folder / "train.csv")
        rows[line - 1] = f"{text},{rows[line - 1].rpartition(',')[2]}"
        (folder / "train.csv").write_text("".join(rows), encoding="utf-8")

    return change


def relabel(names: dict[int, str], file: str = "train.csv", num_rows: int = 48, seed: int = 0):
    def change(folder: Path) -> None:
        rows = [(text, names.get(label, label)) for text, label in topic_rows(num_rows, seed)]
        write_rows(folder / file, rows)

    return change


def without_class(file: str, label: int, kept: int = 0, num_rows: int = 18, seed: int = 1):
    def change(folder: Path) -> None:
        rows, left = [], kept
        for text, own in topic_rows(num_rows, seed):
            left -= own == label
            if own != label or left >= 0:
                rows.append((text, own))
        write_rows(folder / file, rows)

    return change


def with_delimiter(mark: str):
    def change(folder: Path) -> None:
        text = (folder / "train.csv").read_text(encoding="utf-8").replace(",", mark)
        (folder / "train.csv").write_text(text, encoding="utf-8")

    return change


def in_turkish_windows(folder: Path) -> None:
    rows = lines_of(folder / "train.csv")
    rows[4] = f"{LETTERS[0]} olasılığı şöyle,0\n"
    (folder / "train.csv").write_bytes("".join(rows).encode("windows-1254"))


def with_byte_order_mark(folder: Path) -> None:
    content = (folder / "train.csv").read_bytes()
    (folder / "train.csv").write_bytes(codecs.BOM_UTF8 + content)


def with_a_broken_quote(folder: Path) -> None:
    write_rows(folder / "train.csv", topic_rows(900, 0))
    rows = lines_of(folder / "train.csv")
    text, _, label = rows[811].rpartition(",")
    rows[811] = f'"{text},{label}'
    (folder / "train.csv").write_text("".join(rows), encoding="utf-8")


def without_a_header(folder: Path) -> None:
    (folder / "train.csv").write_text("".join(lines_of(folder / "train.csv")[1:]), "utf-8")


def with_nothing(folder: Path) -> None:
    (folder / "train.csv").write_text("", encoding="utf-8")


# What is done to the tables; whether it is refused; what the message names: place and cure.
CASES = {
    "a label as text among numbers": (change_label(7, "algebra"), True, ("train.csv, line 7",)),
    "a label as a float": (change_label(7, "1.5"), True, ("train.csv, line 7", "not a whole")),
    "labels with a decimal point": (
        relabel({0: "0.0", 1: "1.0", 2: "2.0"}),
        False,
        ("train.csv, column 'label'", "decimals", "kiyas data clean"),
    ),
    "labels as names beside tables with numbers": (
        relabel({0: "red", 1: "green", 2: "blue"}),
        True,
        ("val.csv beside", "blue, green, red", "labels.names"),
    ),
    "labels with a gap": (relabel({1: "3"}), True, ("train.csv, column 'label'", "gaps")),
    "a label out of range": (change_label(9, "7777"), True, ("train.csv, line 9", "outside 0..2")),
    "a negative label": (change_label(9, "-1"), True, ("train.csv, line 9", "outside 0..2")),
    "a label in the test table that training does not know": (
        relabel({1: "5"}, "test.csv", 24, 2),
        True,
        ("test.csv, lines 3", "outside 0..2"),
    ),
    "a missing label": (change_label(9, ""), True, ("train.csv, line 9", "no label")),
    "a class missing from a split": (
        without_class("val.csv", 2),
        False,
        ("val.csv", "class 2 has no row", "split again"),
    ),
    "a class with one row": (
        without_class("val.csv", 2, kept=1),
        False,
        ("val.csv", "class 2 has one row", "add rows of it"),
    ),
    "a text that is NaN": (change_text(5, "NaN"), True, ("train.csv, line 5", "hold no text")),
    "an empty text": (change_text(5, ""), True, ("train.csv, line 5", "kiyas data clean")),
    "a text of 100,000 characters": (
        change_text(5, "abc " * 25_000),
        False,
        ("train.csv, line 5", "100,000", "will cut"),
    ),
    "another delimiter": (with_delimiter(";"), False, ("train.csv, line 1", "';'")),
    "a delimiter that is none": (with_delimiter("#"), True, ("train.csv", "delimiter")),
    "Turkish Windows": (in_turkish_windows, False, ("train.csv, line 5", "olasılığı", "iconv")),
    "a quote that is left open": (with_a_broken_quote, True, ("train.csv, line 812", "quote")),
    "no header": (without_a_header, True, ("train.csv", "first line is a header")),
    "an empty file": (with_nothing, True, ("train.csv", "written to its end")),
}


def train(folder: Path, base: Path, *more: object):
    tables = [f"--{name}_path={folder / file}.csv" for name, file in PATHS.items()]
    settings = ("--num_epochs=1", "--batch-size=16", "--max_seq_len=32", "--set=lora.rank=2")
    output = f"--output_dir={folder / 'results'}"
    return kiyas("train", f"--model={base}", *tables, *settings, output, *more)


PATHS = {"train": "train", "val": "val", "test": "test"}


def run(folder: Path, *more: object):
    study = folder / "study.yaml"
    study.write_text(STUDY, encoding="utf-8")
    return kiyas("run", study, "--run-folder", folder / "run", *more)


@pytest.mark.parametrize("verb", ["run", "train"])
@pytest.mark.parametrize("case", CASES)
def test_a_bad_table_is_told_with_its_place_and_cure(base, tmp_path, case, verb):
    damage, is_refused, named = CASES[case]
    write_topic_tables(tmp_path)
    damage(tmp_path)
    told = run(tmp_path) if verb == "run" else train(tmp_path, base)
    message = " ".join(told.said.split())
    assert told.code == int(is_refused), message
    assert is_refused == ("error:" in told.said)
    assert is_refused or "warning:" in told.said
    for part in named:
        assert part in message


@pytest.mark.parametrize("verb", ["run", "train"])
def test_a_byte_order_mark_is_no_part_of_the_first_column(base, tmp_path, verb):
    write_topic_tables(tmp_path)
    with_byte_order_mark(tmp_path)
    told = run(tmp_path) if verb == "run" else train(tmp_path, base)
    assert told.code == 0
    scores = tmp_path / ("run/scores/tfidf" if verb == "run" else "results") / "scores.json"
    assert json.loads(scores.read_text(encoding="utf-8"))["num_rows"] == 24


def test_a_base_without_a_pad_token_is_named_with_what_fills_its_rows(base, tmp_path):
    told = train(write_topic_tables(tmp_path), base)
    assert told.code == 0
    assert f"base {base} has no pad token; its eos token (<|text_end|>) fills" in told.said


def test_a_leak_is_refused_by_name_and_allowed_by_name(base, tmp_path):
    write_topic_tables(tmp_path)
    write_rows(tmp_path / "test.csv", [*topic_rows(23, 2), topic_rows(48, 0)[0]])
    told = train(tmp_path, base)
    assert told.code == 1
    assert "test.csv, line 25" in told.said
    assert "train/test" in told.said
    told = train(tmp_path, base, "--allow-leak=train/test")
    assert told.code == 0
    assert "allowed leak: train/test, 1 rows of test (line 25)" in " ".join(told.said.split())


def test_a_folder_of_other_things_is_never_moved_aside(base, tmp_path):
    write_topic_tables(tmp_path)
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "thesis.tex").write_text("x", encoding="utf-8")
    told = train(tmp_path, base)
    assert told.code == 1
    assert "thesis.tex" in told.said
    assert (tmp_path / "results" / "thesis.tex").exists()
