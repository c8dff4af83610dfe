"""Files of samples in every known form, whole and broken."""

import gzip
import json

import pytest

from kiyas.data.sample_files import read_samples, task_ids_of
from kiyas.errors import DataError

IDS = ("HumanEval/0", "HumanEval/1", "HumanEval/2")


def write_lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def human_eval(tmp_path, rows, name="samples.jsonl"):
    lines = [{"task_id": task_id, "completion": text} for task_id, text in rows]
    return write_lines(tmp_path / name, lines)


def test_human_eval_samples_are_numbered_in_order_of_appearance(tmp_path):
    path = human_eval(tmp_path, [("HumanEval/0", " a"), ("HumanEval/1", "b"), ("HumanEval/0", "c")])
    file = read_samples(path)
    assert file.format == "human-eval"
    assert [(s.task_id, s.sample, s.text, s.row) for s in file.samples] == [
        ("HumanEval/0", 0, " a", 1),
        ("HumanEval/1", 0, "b", 2),
        ("HumanEval/0", 1, "c", 3),
    ]
    assert {s.kind for s in file.samples} == {"completion"}


def test_evalplus_solutions_are_whole_programs_even_beside_a_completion(tmp_path):
    rows = [{"task_id": "Mbpp/2", "solution": "def f(): pass", "completion": "pass"}]
    [sample] = read_samples(write_lines(tmp_path / "s.jsonl", rows)).samples
    assert (sample.kind, sample.text) == ("solution", "def f(): pass")


def test_a_compressed_file_is_read(tmp_path):
    path = tmp_path / "s.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"task_id": "HumanEval/0", "completion": "x"}\n'))
    assert len(read_samples(path).samples) == 1


def test_an_evalplus_folder_is_read_in_order_of_number(tmp_path):
    folder = tmp_path / "HumanEval_1"
    folder.mkdir()
    for number in (10, 2, 0):
        (folder / f"{number}.py").write_text(f"# {number}\n", encoding="utf-8")
    file = read_samples(tmp_path, IDS)
    assert file.format == "evalplus-folder"
    assert [(s.task_id, s.text) for s in file.samples] == [
        ("HumanEval/1", "# 0\n"),
        ("HumanEval/1", "# 2\n"),
        ("HumanEval/1", "# 10\n"),
    ]


def test_lm_eval_gives_the_raw_responses_of_its_first_filter(tmp_path):
    rows = [
        {"doc": {"task_id": "HumanEval/0"}, "resps": [[" x", " y"]], "filter": name}
        for name in ("create_test", "other")
    ]
    file = read_samples(write_lines(tmp_path / "samples_humaneval.jsonl", rows))
    assert [(s.sample, s.text, s.kind) for s in file.samples] == [
        (0, " x", "completion"),
        (1, " y", "completion"),
    ]


def test_lm_eval_numbers_of_mbpp_get_the_name_of_the_benchmark(tmp_path):
    rows = [{"doc": {"task_id": 11}, "resps": [["x"]]}]
    [sample] = read_samples(write_lines(tmp_path / "s.jsonl", rows)).samples
    assert sample.task_id == "Mbpp/11"


def test_bigcode_takes_its_ids_from_the_benchmark(tmp_path):
    path = tmp_path / "generations.json"
    path.write_text(json.dumps([["a", "b"], ["c", "d"]]), encoding="utf-8")
    file = read_samples(path, IDS)
    assert [(s.task_id, s.sample) for s in file.samples] == [
        ("HumanEval/0", 0),
        ("HumanEval/0", 1),
        ("HumanEval/1", 0),
        ("HumanEval/1", 1),
    ]
    assert {s.kind for s in file.samples} == {"solution"}


def test_bigcode_without_a_benchmark_is_refused(tmp_path):
    path = tmp_path / "generations.json"
    path.write_text("[[]]", encoding="utf-8")
    with pytest.raises(DataError, match="does not name its problems"):
        read_samples(path)
    assert task_ids_of(path) == ()


def test_kiyas_samples_keep_protocol_and_end(tmp_path):
    row = {
        "task_id": "HumanEval/0",
        "sample": 3,
        "protocol": "chat",
        "completion": "x",
        "finish_reason": "length",
        "num_tokens": 9,
    }
    [sample] = read_samples(write_lines(tmp_path / "s.jsonl", [row])).samples
    assert (sample.sample, sample.protocol, sample.finish_reason, sample.num_tokens) == (
        3,
        "chat",
        "length",
        9,
    )


def test_a_sample_that_occurs_twice_is_refused_with_both_lines(tmp_path):
    row = {"task_id": "HumanEval/0", "sample": 0, "protocol": "chat", "completion": "x"}
    with pytest.raises(DataError, match="occurs twice") as caught:
        read_samples(write_lines(tmp_path / "s.jsonl", [row, row]))
    assert "line 2" in str(caught.value)
    assert "already on line 1" in str(caught.value)


def test_missing_problems_are_told_as_k_of_n(tmp_path):
    file = read_samples(human_eval(tmp_path, [("HumanEval/0", "x")]), IDS)
    [fault] = file.faults
    assert fault.kind == "missing-problems"
    assert fault.text.startswith("1 of 3 problems are answered; missing: HumanEval/1, HumanEval/2")


def test_mixed_numbers_of_samples_are_told_with_their_lines(tmp_path):
    rows = [("HumanEval/0", "x"), ("HumanEval/1", "y"), ("HumanEval/1", "y"), ("HumanEval/2", "z")]
    faults = {fault.kind: fault for fault in read_samples(human_eval(tmp_path, rows), IDS).faults}
    assert faults["mixed-k"].rows == (2, 3)
    assert faults["copied-samples"].rows == (3,)


def test_another_benchmark_is_named_as_one(tmp_path):
    path = human_eval(tmp_path, [("Mbpp/2", "x")])
    with pytest.raises(DataError, match="answers another benchmark"):
        read_samples(path, IDS)


def test_a_single_foreign_problem_is_refused_with_its_line(tmp_path):
    path = human_eval(tmp_path, [("HumanEval/0", "x"), ("HumanEval/9", "y")])
    with pytest.raises(DataError, match="problems that the benchmark does not have") as caught:
        read_samples(path, IDS)
    assert "line 2" in str(caught.value)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"task_id": "HumanEval/1", "completion": 7}', "no usable `completion`"),
        ('{"task_id": "HumanEval/1"}', "no usable `completion`"),
        ('{"task_id": 1, "completion": "x"}', "no usable `task_id`"),
        ('{"task_id": "HumanEval/1", "comp', "not complete JSON"),
    ],
)
def test_a_broken_line_is_named(tmp_path, line, told):
    path = tmp_path / "s.jsonl"
    path.write_text('{"task_id": "HumanEval/0", "completion": "x"}\n' + line, encoding="utf-8")
    with pytest.raises(DataError, match=told) as caught:
        read_samples(path)
    assert "line 2" in str(caught.value)


def test_an_unknown_form_says_what_is_known(tmp_path):
    path = write_lines(tmp_path / "s.jsonl", [{"task_id": "HumanEval/0", "completions": "x"}])
    with pytest.raises(DataError, match="no form of samples") as caught:
        read_samples(path)
    assert "did you mean 'completions'" in str(caught.value)


def test_empty_samples_are_kept_and_told(tmp_path):
    file = read_samples(human_eval(tmp_path, [("HumanEval/0", " \n")]))
    assert len(file.samples) == 1
    assert [fault.kind for fault in file.faults] == ["empty-samples"]
