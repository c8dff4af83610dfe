"""Labelled tables: what is read, what is said, what is refused, with file, line and cure."""

import csv
import json
from pathlib import Path

import pandas as pd
import pytest

from kiyas.data import ClassNames, load_table, read_table, write_table
from kiyas.errors import DataError

GOOD = "Question,label\nWhat is 2+3?,0\nArea of a square?,1\nWhat is 7-1?,0\nDraw a line.,1\n"
TOPICS = ClassNames(("algebra", "geometry"), ("Cebir", "Geometri"))


def write(folder: Path, text: str | bytes, name: str = "t.csv") -> str:
    (folder / name).write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
    return name


def refusal(folder: Path, text: str | bytes, **options: object) -> DataError:
    with pytest.raises(DataError) as caught:
        load_table(write(folder, text), base_dir=folder, **options)
    error = caught.value
    assert all([error.what, error.where, error.received, error.expected, error.next_step])
    return error


def test_a_table_is_read_with_the_line_of_each_row(tmp_path):
    text = 'Question,label\n"two\nlines",0\nWhat?,1\n'
    table = load_table(write(tmp_path, text), base_dir=tmp_path)
    assert table.texts == ("two\nlines", "What?")
    assert (table.labels, table.rows, table.num_classes) == ((0, 1), (2, 4), 2)


@pytest.mark.parametrize(
    "header",
    [
        "Question,label",
        "question,LABEL",
        "text,label",
        "soru,etiket",
        "METİN,ETİKET",
        "problem,topic",
    ],
)
def test_the_columns_are_found_by_their_usual_names(header, tmp_path):
    text = GOOD.replace("Question,label", header)
    assert load_table(write(tmp_path, text), base_dir=tmp_path).labels == (0, 1, 0, 1)


def test_the_columns_can_be_named(tmp_path):
    text = GOOD.replace("Question,label", "label,y")
    name = write(tmp_path, text)
    table = load_table(name, text_column="label", label_column="y", base_dir=tmp_path)
    assert table.texts[0] == "What is 2+3?"


def test_a_misspelt_column_is_answered_with_the_nearest(tmp_path):
    error = refusal(tmp_path, GOOD.replace("Question", "Questoin"))
    assert "did you mean 'Questoin'" in error.next_step
    error = refusal(tmp_path, GOOD, text_column="Qestion")
    assert "did you mean 'Question'" in error.next_step


def test_a_file_without_a_header_is_refused_and_the_header_asked_for(tmp_path):
    error = refusal(tmp_path, GOOD.partition("\n")[2])
    assert "first line is a header" in error.next_step


def test_other_columns_are_carried_along(tmp_path):
    text = "label,Question,language\n0,a b,en\n1,ç d,tr\n"
    table = load_table(write(tmp_path, text), base_dir=tmp_path)
    assert table.other_columns == {"language": ("en", "tr")}


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_another_delimiter_is_read_and_said(mark, tmp_path):
    table = load_table(write(tmp_path, GOOD.replace(",", mark)), base_dir=tmp_path)
    assert table.labels == (0, 1, 0, 1)
    assert [w.kind for w in table.warnings] == ["delimiter"]
    assert repr(mark) in table.warnings[0].text


def test_a_delimiter_that_nobody_uses_is_asked_about(tmp_path):
    assert "is the delimiter another one?" in refusal(tmp_path, GOOD.replace(",", "^")).received


def test_turkish_windows_1254_is_read_and_said_with_a_line_to_check(tmp_path):
    text = "Question,label\nplain,0\nİki sayının çarpımı şöyle ığ,1\nx,0\ny,1\n"
    table = load_table(write(tmp_path, text.encode("cp1254")), base_dir=tmp_path)
    assert table.texts[1] == "İki sayının çarpımı şöyle ığ"
    (warning,) = table.warnings
    assert warning.kind == "encoding"
    assert warning.where.endswith("t.csv, line 3")
    assert "çarpımı" in warning.text
    assert "iconv -f WINDOWS-1254 -t UTF-8 t.csv" in warning.next_step


def test_bytes_of_no_known_encoding_are_refused_at_their_line(tmp_path):
    error = refusal(tmp_path, GOOD.encode() + b"caf\x81\xe9,1\n")
    assert error.where.endswith("t.csv, line 6")


def test_a_mixture_of_encodings_is_refused_at_the_first_foreign_line(tmp_path):
    mixed = "Question,label\nşu üçgen,1\n".encode() + "şu sayı,0\n".encode("cp1254")
    error = refusal(tmp_path, mixed)
    assert "mixes" in error.what
    assert error.where.endswith("line 3")


def test_utf16_is_refused_with_the_cure(tmp_path):
    assert "iconv -f UTF-16" in refusal(tmp_path, GOOD.encode("utf-16")).next_step


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path):
    name = write(tmp_path, b"\xef\xbb\xbf" + GOOD.encode())
    table = load_table(name, base_dir=tmp_path)
    assert (table.labels, table.warnings) == ((0, 1, 0, 1), ())


def table_of(num_rows: int, broken: dict[int, str]) -> str:
    """A table whose row on line n is ``"question n",0`` unless ``broken`` says otherwise."""
    rows = [broken.get(n, f'"question {n}",{n % 2}') for n in range(2, num_rows + 2)]
    return "\n".join(["Question,label", *rows]) + "\n"


@pytest.mark.parametrize(
    "broken",
    [
        '"an open quote,0',  # swallows the next line
        '"a "bare" quote",0',
        '"text" after,0',
    ],
)
def test_a_quote_broken_at_line_812_is_refused_at_line_812(broken, tmp_path):
    error = refusal(tmp_path, table_of(2000, {812: broken}))
    assert error.where.endswith("t.csv, line 812")
    assert "line 812" in error.next_step


def test_a_quote_left_open_at_the_last_line_is_refused_there(tmp_path):
    assert refusal(tmp_path, table_of(811, {812: '"open,0'})).where.endswith("line 812")


def test_rows_that_an_open_quote_has_swallowed_are_warned_of(tmp_path):
    # The quote of line 3 closes after 12 on line 5, so that the reader sees one good record.
    text = 'Question,label\nfirst,0\n"second one,1\nthird,0\na screen of 12",1\nfifth,0\nsixth,1\n'
    table = load_table(write(tmp_path, text), base_dir=tmp_path)
    assert len(table.texts) == 4
    (warning,) = table.warnings
    assert (warning.kind, warning.where) == ("swallowed-rows", f"{tmp_path / 't.csv'}, line 3")


def test_a_comma_too_many_is_refused_at_its_line(tmp_path):
    error = refusal(tmp_path, "Question,label\nIf x, y are equal,0\n")
    assert error.where.endswith("line 2")
    assert "3 cells" in error.what


@pytest.mark.parametrize("text", ["", "\n\n", "Question,label\n"])
def test_a_table_without_rows_is_refused(text, tmp_path):
    assert "no rows" in refusal(tmp_path, text).what


@pytest.mark.parametrize("name", ["t.jsonl", "t.json", "t.parquet"])
def test_other_kinds_of_file_give_the_same_table(name, tmp_path):
    rows = [{"Question": "a", "label": 0}, {"Question": "b", "label": 1}]
    if name == "t.parquet":
        pd.DataFrame(rows).to_parquet(tmp_path / name)
    elif name == "t.json":
        write(tmp_path, json.dumps(rows), name)
    else:
        write(tmp_path, "\n".join(json.dumps(row) for row in rows), name)
    write(tmp_path, "Question,label\na,0\nb,1\n")
    assert (
        load_table(name, base_dir=tmp_path).sha256 == load_table("t.csv", base_dir=tmp_path).sha256
    )


def test_what_is_written_is_read_back(tmp_path):
    text = 'Question,label,language\n"a ""quoted"", text",0,en\n"two\nlines",1,tr\n'
    table = load_table(write(tmp_path, text), base_dir=tmp_path)
    write_table(table, tmp_path / "new" / "out.csv")
    again = load_table("new/out.csv", base_dir=tmp_path)
    assert (again.sha256, again.other_columns) == (table.sha256, table.other_columns)
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["out.csv"]


def test_classes_are_written_by_name_so_that_another_order_of_them_reads_them_right(tmp_path):
    source = write(tmp_path, "Question,label\nx + 1,algebra\nangle,geometry\n2 x,Algebra\n")
    write_table(load_table(source, base_dir=tmp_path), tmp_path / "out.csv")
    other_order = ClassNames(("geometry", "algebra"))
    assert load_table("out.csv", classes=other_order, base_dir=tmp_path).labels == (1, 0, 1)


def test_a_column_of_its_own_called_label_is_kept_under_another_name(tmp_path):
    text = "body,topic,label,question\na b,x,one,q\nc d,y,two,r\n"
    source = write(tmp_path, text)
    table = load_table(source, text_column="body", label_column="topic", base_dir=tmp_path)
    write_table(table, tmp_path / "out.csv")
    again = load_table("out.csv", base_dir=tmp_path)
    assert (again.texts, again.labels) == (table.texts, table.labels)
    assert again.other_columns == {
        "label_original": ("one", "two"),
        "question_original": ("q", "r"),
    }


def test_a_carriage_return_in_a_text_is_read_back(tmp_path):
    source = write(tmp_path, 'Question,label,note\n"one\rtwo",0,"x\ry"\nthree,1,z\n')
    table = load_table(source, base_dir=tmp_path)
    write_table(table, tmp_path / "out.csv")
    again = load_table("out.csv", base_dir=tmp_path)
    assert (again.texts, again.other_columns) == (table.texts, table.other_columns)
    assert again.texts[0] == "one\rtwo"


def test_a_table_is_not_written_to_a_file_of_another_kind(tmp_path):
    table = load_table(write(tmp_path, GOOD), base_dir=tmp_path)
    with pytest.raises(DataError, match=r"written as CSV") as caught:
        write_table(table, tmp_path / "out.jsonl")
    assert caught.value.next_step == "name it out.csv"


@pytest.mark.parametrize("row", [{"text": ["a"], "label": 0}, {"text": "a", "label": {"is": 1}}])
def test_a_list_or_an_object_is_no_text_and_no_label(row, tmp_path):
    lines = [json.dumps({"text": "sound", "label": 1}), json.dumps(row)]
    name = write(tmp_path, "\n".join(lines), "t.jsonl")
    with pytest.raises(DataError, match="1 of 2 rows hold a list or an object") as caught:
        read_table(name, base_dir=tmp_path)
    assert caught.value.where.endswith("line 2")


def write_half(folder, text, note):
    rows = [{"text": text, "label": 0, "note": note}, {"text": "two", "label": 1, "note": ""}]
    return write(folder, "\n".join(map(json.dumps, rows)), "t.jsonl")


def test_half_an_emoji_is_refused_at_its_row(tmp_path):
    name = write_half(tmp_path, "half \ud83d", "")
    with pytest.raises(DataError, match="half an emoji") as caught:
        load_table(name, base_dir=tmp_path)
    assert caught.value.where.endswith("t.jsonl, line 1")


def test_half_an_emoji_in_another_column_is_an_error_that_leaves_no_file(tmp_path):
    name = write_half(tmp_path, "one", "\ud83d")
    table = load_table(name, base_dir=tmp_path)
    with pytest.raises(DataError, match="cannot be written as UTF-8"):
        write_table(table, tmp_path / "out.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["t.jsonl"]


def test_utf16_without_its_mark_is_refused_with_the_cure(tmp_path):
    for encoding in ("UTF-16LE", "UTF-16BE"):
        error = refusal(tmp_path, GOOD.encode(encoding))
        assert "not UTF-8" in error.what
        assert encoding in error.next_step


def test_a_missing_column_names_the_key_and_the_option(tmp_path):
    error = refusal(tmp_path, GOOD.replace("Question", "stuff"))
    assert "`text_column` (`--text` of `kiyas data`)" in error.next_step


def test_a_home_folder_that_is_not_there_is_one_clear_error(tmp_path):
    with pytest.raises(DataError, match="no such home folder"):
        read_table("~nobody-of-this-name/t.csv", base_dir=tmp_path)


def test_a_table_that_cannot_be_written_is_an_error_with_a_cure(tmp_path):
    table = load_table(write(tmp_path, GOOD), base_dir=tmp_path)
    write(tmp_path, "a file, not a folder", "blocked")
    with pytest.raises(DataError, match="cannot be written"):
        write_table(table, tmp_path / "blocked" / "out.csv")


def test_reading_judges_no_cell(tmp_path):
    raw = read_table(write(tmp_path, "Question,label\n,x\nNaN,\n"), base_dir=tmp_path)
    assert (raw.texts, raw.label_cells) == (("", "NaN"), ("x", ""))


def test_the_reader_agrees_with_the_standard_library_on_real_problems(tmp_path):
    folder = Path(__file__).parents[3] / "shared" / "data" / "math_topics"
    if not folder.exists():
        pytest.skip("needs the shared folder with real mathematics problems")
    for name, num_rows in {"train.csv": 1065, "val.csv": 234, "test.csv": 310}.items():
        table = load_table(name, base_dir=folder)
        with (folder / name).open(encoding="utf-8", newline="") as file:
            expected = [(row["Question"], int(row["label"])) for row in csv.DictReader(file)]
        assert list(zip(table.texts, table.labels, strict=True)) == expected
        assert (len(expected), table.warnings) == (num_rows, ())
