"""Files of verdicts, of predictions and of reported results."""

import json

import pytest

from kiyas.analysis.table_figures import read_result
from kiyas.data.prediction_files import read_predictions
from kiyas.data.reported_tables import read_reported
from kiyas.data.score_files import read_scores
from kiyas.errors import DataError


def write(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_verdicts_are_read_with_what_they_carry(tmp_path):
    line = {"task_id": "HumanEval/0", "outcome": "passed", "isolation": "strong", "seconds": 0.5}
    [score] = read_scores(write(tmp_path, "s.jsonl", json.dumps(line))).scores
    assert (score.passed, score.isolation, score.benchmark) == (True, "strong", "")


def test_a_verdict_given_twice_is_refused_with_both_lines(tmp_path):
    line = '{"task_id": "A/0", "outcome": "passed"}\n'
    with pytest.raises(DataError) as caught:
        read_scores(write(tmp_path, "s.jsonl", line * 2))
    assert "already on line 1" in str(caught.value)


def test_results_of_evalplus_pass_only_if_base_and_added_inputs_do(tmp_path):
    results = {
        "eval": {
            "HumanEval/0": [{"base_status": "pass", "plus_status": "fail"}],
            "HumanEval/1": [{"base_status": "pass", "plus_status": "pass"}],
        }
    }
    path = write(tmp_path, "eval_results.json", json.dumps(results))
    assert [(s.base_passed, s.passed) for s in read_scores(path).scores] == [
        (True, False),
        (True, True),
    ]
    assert [s.passed for s in read_scores(path, part="base").scores] == [True, True]


def evalplus(tmp_path, *statuses):
    samples = [{"base_status": base, "plus_status": plus} for base, plus in statuses]
    results = {"eval": {f"HumanEval/{i}": [sample] for i, sample in enumerate(samples)}}
    return write(tmp_path, "eval_results.json", json.dumps(results))


@pytest.mark.parametrize("marker", [None, "NOT_RAN"])
def test_results_of_evalplus_on_base_inputs_alone_are_read_as_such(tmp_path, marker):
    scores = read_scores(evalplus(tmp_path, ("pass", marker), ("fail", marker))).scores
    assert [score.passed for score in scores] == [True, False]
    assert {score.benchmark for score in scores} == {"humaneval"}


def test_results_of_evalplus_that_lack_some_added_inputs_name_the_sample(tmp_path):
    with pytest.raises(DataError) as caught:
        read_scores(evalplus(tmp_path, ("pass", "pass"), ("pass", None)))
    assert "HumanEval/1, sample 0: a sample was not run on the added inputs" in str(caught.value)


def test_a_sample_that_fails_on_base_inputs_needs_no_added_ones(tmp_path):
    scores = read_scores(evalplus(tmp_path, ("pass", "pass"), ("timeout", None))).scores
    assert [score.outcome for score in scores] == ["passed", "evalplus_timeout"]


@pytest.mark.parametrize(
    "problem",
    [{"nfiles": 1, "base": [["success", [1]]]}, [["success"]], [{"base_status": "success"}]],
)
def test_results_of_evalplus_in_another_form_are_one_clear_error(tmp_path, problem):
    path = write(tmp_path, "r.json", json.dumps({"eval": {"HumanEval/0": problem}}))
    with pytest.raises(DataError, match=r"another form|no file of verdicts"):
        read_scores(path)


@pytest.mark.parametrize(
    "cell",
    ['"sample": "a"', '"sample": null', '"sample": -1', '"seconds": "0,5"', '"seconds": NaN'],
)
def test_a_verdict_with_a_broken_cell_names_its_line(tmp_path, cell):
    line = f'{{"task_id": "A/0", "outcome": "passed", {cell}}}\n'
    with pytest.raises(DataError) as caught:
        read_scores(write(tmp_path, "s.jsonl", line))
    assert "line 1" in str(caught.value)
    assert cell.replace('"', "", 2) in str(caught.value)


def test_predictions_are_read_with_their_probabilities(tmp_path):
    text = "y_true,y_pred,prob_class_0,prob_class_1\n0,0,0.9,0.1\n1,0,0.6,0.4\n"
    file = read_predictions(write(tmp_path, "preds_test.csv", text))
    assert file.labels == (0, 1)
    assert file.predictions == (0, 0)
    assert file.probabilities == ((0.9, 0.1), (0.6, 0.4))


def test_predictions_without_probabilities_are_fine(tmp_path):
    assert read_predictions(write(tmp_path, "p.csv", "y_true,y_pred\n1,1\n")).probabilities == ()


def test_doubtful_probabilities_are_told_with_their_lines(tmp_path):
    text = "y_true,y_pred,prob_class_0,prob_class_1\n0,0,0.2,0.8\n1,1,0.9,0.9\n"
    file = read_predictions(write(tmp_path, "p.csv", text))
    assert {fault.kind: fault.rows for fault in file.faults} == {
        "not-the-most-probable": (2,),
        "probability-sums": (3,),
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("y_true,y_pred\n0,algebra\n", "`y_pred` cannot be used"),
        ("y_true,y_pred,prob_class_0\n0,0,1.5\n", "`prob_class_0` cannot be used"),
        ("y_true,y_pred,prob_class_0\n0,1,1.0\n", "no probability column"),
        ("y_true,y_pred,prob_class_1\n0,1,1.0\n", "gaps"),
        ("y_true,prediction\n0,1\n", "no column `y_pred`"),
    ],
)
def test_predictions_that_cannot_be_read_are_refused(tmp_path, text, told):
    with pytest.raises(DataError, match=told):
        read_predictions(write(tmp_path, "p.csv", text))


def test_a_table_is_read_as_printed(tmp_path):
    text = "name,score,n,group,step,classes\nDeep,26.83 %,164,deep,400,\nMath,0.96,,,,4/8\n"
    first, second = read_reported(write(tmp_path, "t.csv", text)).results
    assert (first.value, first.n, first.step, first.is_share) == (0.2683, 164, 400, True)
    assert first.half_unit == pytest.approx(0.00005)
    assert (second.value, second.classes) == (0.96, (4, 8))


def test_a_score_may_be_a_fraction(tmp_path):
    [result] = read_reported(write(tmp_path, "t.csv", "name,score\na,44/164\n")).results
    assert (result.k, result.n) == (44, 164)


def test_passes_without_a_number_of_problems_are_shown_alone(tmp_path):
    [result] = read_reported(write(tmp_path, "t.csv", "name,k\na,44\n")).results
    assert (result.text, result.k, result.n) == ("44", 44, None)


@pytest.mark.parametrize(("score", "count"), [("0", 0), ("1", 164), ("0.0", None), ("1 %", None)])
def test_a_bare_0_or_1_is_none_or_all_of_the_problems(tmp_path, score, count):
    [result] = read_reported(write(tmp_path, "t.csv", f"name,score,n\na,{score},164\n")).results
    counts = read_result(result, 0.95).counts
    assert counts == (count,) if count is not None else len(counts) > 1


def test_a_bare_1_and_a_smaller_count_contradict_each_other(tmp_path):
    [result] = read_reported(write(tmp_path, "t.csv", "name,score,k,n\na,1,12,164\n")).results
    assert read_result(result, 0.95).status == "impossible"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name,k,n\na,12,164²\n", "`n` is no whole number"),
        ("name,scores\na,1\n", "did you mean 'score'"),
        ("name,score\na,many\n", "no number"),
        ("name,score\na,70.7\n", "carries a %"),
        ("name,score\n,0.5\n", "no name or no figure"),
        ("name,k,n\na,9,8\n", "more passes than problems"),
        ("name,score,role\na,0.5,best\n", "role is not known"),
        ("name,score,paired\na,0.5,perhaps\n", "yes or no"),
        ("name,score\na,0.5\na,0.6\n", "already on line 2"),
    ],
)
def test_a_table_that_cannot_be_read_says_why(tmp_path, text, told):
    with pytest.raises(DataError) as caught:
        read_reported(write(tmp_path, "t.csv", text))
    assert told in str(caught.value)
