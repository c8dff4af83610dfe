import dataclasses
import json
from contextlib import contextmanager

import pytest
from decoding import decode

from kiyas.config.prediction import PredictSettings
from kiyas.errors import PredictionError, RunFolderError
from kiyas.execution.progress import Bar, Progress
from kiyas.prediction import CheckpointRequest, predict_completions
from kiyas.prediction.engines import Capacity, DecodedRow
from kiyas.prediction.questions import ask
from kiyas.records import Benchmark, Checkpoint, Problem
from kiyas.run_folder import read_completions

BASE = Checkpoint("base/tiny", 0)
TRAINED = Checkpoint("deep/seed-0", 5, arm="deep", seed=0)
PREDICT = PredictSettings(max_new_tokens=12, num_samples=2, temperature=1.0, batch_size=4)
PROBLEMS = tuple(
    Problem(f"Tiny/{index}", f"def f{index}(x):\n" + "    # more\n" * (index % 4), "f", "")
    for index in range(9)
)
BENCHMARK = Benchmark("tiny", PROBLEMS, "0" * 64)


@pytest.fixture
def predict(tiny_base):
    def run(requests, *, benchmark=BENCHMARK, protocol="chat", predict=PREDICT, progress=None):
        return decode(
            requests,
            tiny_base,
            benchmark=benchmark,
            protocol=protocol,
            predict=predict,
            progress=progress,
        )

    return run


@pytest.fixture
def requests(tmp_path, make_adapter):
    return [
        CheckpointRequest(BASE, None, tmp_path / "base" / "samples.jsonl"),
        CheckpointRequest(TRAINED, make_adapter(1), tmp_path / "trained" / "samples.jsonl"),
    ]


def without_times(samples):
    """Return the completions of a file, in order of problem and sample."""
    return [
        dataclasses.replace(found, seconds=0.0, elapsed_s=None)
        for found in read_completions(samples)
    ]


class CountingProgress(Progress):
    def __init__(self):
        self.bars, self.advanced, self.notes = [], 0, []

    @contextmanager
    def bar(self, title, total, done=0):
        self.bars.append((total, done))
        outer = self

        class Counting(Bar):
            def advance(self, amount=1):
                outer.advanced += amount

            def note(self, text):
                outer.notes.append(text)

        yield Counting()


def test_every_problem_is_answered_k_times_by_every_checkpoint(predict, requests):
    given = list(predict(requests))
    assert len(given) == 2 * 9 * 2
    for request in requests:
        pairs = [(found.task_id, found.sample) for found in read_completions(request.samples)]
        assert pairs == [(problem.task_id, sample) for problem in PROBLEMS for sample in (0, 1)]


def test_a_completion_is_on_disk_before_it_is_given(predict, requests):
    for answer in predict(requests):
        last = answer.request.samples.read_text(encoding="utf-8").splitlines()[-1]
        assert json.loads(last) == dataclasses.asdict(answer.completion)


def test_the_last_answer_of_a_checkpoint_says_so(predict, requests):
    last = [answer.request for answer in predict(requests) if answer.is_last]
    assert sorted(last, key=requests.index) == requests


@pytest.mark.parametrize("num_lines", [0, 1, 7, 18, 25, 36])
def test_a_killed_run_goes_on_and_reaches_the_same_completions(
    predict, requests, tmp_path, num_lines
):
    list(predict(requests))
    whole = [without_times(request.samples) for request in requests]
    again = [
        dataclasses.replace(request, samples=tmp_path / "again" / f"{index}.jsonl")
        for index, request in enumerate(requests)
    ]
    running = predict(again)
    for _ in range(num_lines):
        next(running)
    running.close()
    started = [request.samples for request in again if request.samples.exists()]
    for samples in started:  # the line in writing when the kill came
        with samples.open("a", encoding="utf-8") as file:
            file.write('{"task_id": "Tiny/3", "sam')
    assert len(list(predict(again))) == 36 - num_lines
    assert [without_times(request.samples) for request in again] == whole


def test_an_engine_that_ends_before_every_row_is_answered_is_an_error_and_keeps_what_it_gave(
    tiny_base, requests
):
    class Forgetful:
        name, context_tokens, capacity = "forgetful", None, Capacity()

        def decode(self, rows, settings):
            yield DecodedRow(rows[0].index, "pass", (1,), "stop", 0.0)

        def close(self):
            pass

    questions = ask(tiny_base, BENCHMARK, "chat", PREDICT)
    with pytest.raises(PredictionError, match="before it had answered every row") as raised:
        list(predict_completions(requests[:1], questions, Forgetful(), Progress()))
    assert (raised.value.received, raised.value.expected) == ("1 answers", "18 answers")
    assert len(read_completions(requests[0].samples)) == 1


def test_a_finished_run_decodes_nothing(predict, requests):
    list(predict(requests))
    before = [request.samples.read_bytes() for request in requests]
    assert list(predict(requests)) == []
    assert [request.samples.read_bytes() for request in requests] == before


def test_more_samples_a_problem_leave_those_that_are_there(predict, requests):
    list(predict(requests[:1]))
    before = without_times(requests[0].samples)
    more = PREDICT.model_copy(update={"num_samples": 3})
    assert {answer.completion.sample for answer in predict(requests[:1], predict=more)} == {2}
    kept = [found for found in without_times(requests[0].samples) if found.sample < 2]
    assert kept == before


def test_arms_share_the_seeds_of_sampling(predict, requests, tmp_path):
    twin = CheckpointRequest(BASE, None, tmp_path / "twin.jsonl")
    list(predict([requests[0], twin]))
    assert without_times(twin.samples) == without_times(requests[0].samples)


def test_another_seed_of_the_study_gives_other_samples(predict, requests, tmp_path):
    other = CheckpointRequest(BASE, None, tmp_path / "other.jsonl")
    list(predict(requests[:1]))
    list(predict([other], predict=PREDICT.model_copy(update={"seed": 1})))
    assert without_times(other.samples) != without_times(requests[0].samples)


def test_completions_of_other_prompts_are_not_taken_for_these(predict, requests):
    list(predict(requests[:1]))
    with pytest.raises(RunFolderError, match="another prompt"):
        list(predict(requests[:1], protocol="completion"))


def test_a_prompt_longer_than_the_context_names_its_problem(predict, requests):
    long = Problem("Tiny/long", "# " + "x" * 600, "f", "")  # the tiny base has 512 positions
    benchmark = Benchmark("tiny", (*PROBLEMS, long), "0" * 64)
    with pytest.raises(PredictionError, match="Tiny/long"):
        list(predict(requests, benchmark=benchmark))


def test_a_completion_protocol_cuts_at_the_next_statement(predict, requests):
    for answer in predict(requests[:1], protocol="completion"):
        assert "\ndef " not in answer.completion.completion
        assert answer.completion.protocol == "completion"


def test_progress_counts_rows_and_shows_speed(predict, requests):
    running = predict(requests)
    for _ in range(10):
        next(running)
    running.close()
    progress = CountingProgress()
    list(predict(requests, progress=progress))
    assert progress.bars == [(36, 10)]
    assert progress.advanced == 26
    assert progress.notes[-1].endswith("tokens/s")


def test_a_round_cut_short_gives_the_texts_of_a_whole_one_in_low_precision(tiny_folder, tmp_path):
    from kiyas.models import load_base

    base = load_base(str(tiny_folder), dtype="bfloat16", device="cpu")

    def begin(name, stop_after=None):
        request = CheckpointRequest(BASE, None, tmp_path / name / "samples.jsonl")
        given = decode([request], base, benchmark=BENCHMARK, predict=PREDICT)
        for count, _ in enumerate(given, start=1):
            if count == stop_after:
                given.close()
                break
        return request.samples

    whole = begin("whole")
    begin("killed", stop_after=5)
    assert without_times(begin("killed")) == without_times(whole)
