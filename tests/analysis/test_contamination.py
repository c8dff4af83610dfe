"""What stands in a training set is found, and what was not found is never called absent."""

import time

from kiyas.analysis.contamination import (
    WORDS_A_SEQUENCE,
    BenchmarkIndex,
    SharedProblem,
    TrainingRow,
    report_contamination,
    state_contamination,
)
from kiyas.analysis.scored import ScoredCheckpoint
from kiyas.records import Checkpoint, Problem, Score
from kiyas.records.contamination import TrainingSetOverlap

WORDS = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron".split()


def problem(number: int, *, prompt: str = "", test: str = "") -> SharedProblem:
    own = " ".join(f"{word}{number}" for word in WORDS)
    text = f"def f{number}(x):\n    '''{prompt or own}'''\n"
    return SharedProblem(
        Problem(f"t/{number}", text, f"f{number}", test, f"    return {number}\n"),
        frozenset({f"print-{number}"}),
    )


PROBLEMS = [problem(number) for number in range(20)]


def find(*texts: str, problems: list[SharedProblem] | None = None) -> dict[str, tuple[str, ...]]:
    index = BenchmarkIndex(problems or PROBLEMS)
    rows = [TrainingRow(row, text) for row, text in enumerate(texts, start=1)]
    return {overlap.task_id: overlap.kinds for overlap in index.find(rows)}


def test_thirteen_shared_words_are_found_and_twelve_are_not() -> None:
    words = [f"{word}7" for word in WORDS]
    assert find("We say: " + " ".join(words[:WORDS_A_SEQUENCE])) == {"t/7": ("prompt",)}
    assert find("We say: " + " ".join(words[: WORDS_A_SEQUENCE - 1])) == {}


def test_case_layout_and_punctuation_do_not_hide_a_copy() -> None:
    text = ",\n  ".join(f"{word.upper()}7" for word in WORDS)
    assert find(text) == {"t/7": ("prompt",)}


def test_a_sequence_does_not_reach_from_one_row_into_the_next() -> None:
    words = [f"{word}7" for word in WORDS]
    assert find(" ".join(words[:8]), " ".join(words[8:])) == {}


def test_the_frame_that_most_problems_share_is_evidence_for_none() -> None:
    frame = " ".join(WORDS)
    many = [problem(number, test=frame) for number in range(11)]
    assert find(frame, problems=many) == {}
    assert find(frame, problems=many[:10]).keys() == {f"t/{n}" for n in range(10)}


def test_a_row_of_numbers_is_no_evidence() -> None:
    numbers = " ".join(str(n) for n in range(30))
    assert find(numbers, problems=[problem(1, test=numbers)]) == {}


def test_rows_are_counted_and_the_first_is_named() -> None:
    copy = PROBLEMS[3].problem.prompt
    rows = [TrainingRow(n, copy if n in (4, 9) else "nothing") for n in range(1, 12)]
    rows.append(TrainingRow(12, "", frozenset({"print-3", "other"})))
    (overlap,) = BenchmarkIndex(PROBLEMS).find(rows)
    assert (overlap.num_rows, overlap.first_row) == (3, 4)
    assert overlap.kinds == ("prompt", "same code")
    assert len(overlap.excerpt.split()) == WORDS_A_SEQUENCE


def scored(passes: set[int]) -> ScoredCheckpoint:
    scores = tuple(
        Score(f"t/{n}", 0, "passed" if n in passes else "wrong_answer", "", "", "", 0.0, "strong")
        for n in range(20)
    )
    checkpoint = Checkpoint("deep/seed-0", 1, "deep", 0)
    return ScoredCheckpoint(checkpoint, "base/b/step-0", scores)


def training_set(arm: str, *texts: str) -> TrainingSetOverlap:
    overlaps = BenchmarkIndex(PROBLEMS).find(TrainingRow(1, text) for text in texts)
    status = "found" if overlaps else "not found"
    return TrainingSetOverlap(arm, "own.jsonl", status, len(texts), overlaps)  # type: ignore[arg-type]


def test_scores_stand_with_and_without_the_flagged_problems() -> None:
    copies = [PROBLEMS[n].problem.prompt for n in (1, 2)]
    found = report_contamination(
        PROBLEMS, [training_set("deep", *copies), training_set("wide", "x")], [scored({1, 2, 3})]
    )
    assert found.flagged == ("t/1", "t/2")
    (score,) = found.scores
    counts = [(p.k, p.n) for p in (score.all_problems, score.unflagged, score.flagged)]
    assert counts == [(3, 20), (1, 18), (2, 2)]
    alarm, note = state_contamination(found)
    assert alarm.severity == "alarm"
    assert "2 of 20" in alarm.text
    assert "wide" in note.text


def test_nothing_found_is_never_called_clean() -> None:
    found = report_contamination(PROBLEMS, [training_set("deep", "x")], [scored({1})])
    assert (found.flagged, found.scores) == ((), ())
    (finding,) = state_contamination(found)
    assert "No problem of the benchmark was found" in finding.text
    assert "not seen this way" in finding.text
    assert "clean" not in finding.text.lower()


def test_a_set_that_cannot_be_read_is_said_to_be_unchecked() -> None:
    unread = TrainingSetOverlap("deep", "owner/name", "not checked", 0, reason="no network")
    (finding,) = state_contamination(report_contamination(PROBLEMS, [unread], [scored({1})]))
    assert finding.severity == "warning"
    assert "no network" in finding.text


def test_hostile_rows_are_searched_in_bounded_time() -> None:
    start = time.process_time()
    assert find("\x00\ud800" * 10_000, "a" * 1_000_000, "1 " * 300_000, "") == {}
    assert time.process_time() - start < 5
