import dataclasses

from kiyas.config.prediction import PredictSettings
from kiyas.prediction.determinism import count_equal_verdicts, probe_determinism
from kiyas.prediction.engines import Capacity, DecodedRow
from kiyas.prediction.questions import ask
from kiyas.prediction.transformers_engine import TransformersEngine
from kiyas.records import Benchmark, Completion, Problem
from kiyas.records.determinism import DeterminismProbe

PROBLEMS = tuple(
    Problem(f"Tiny/{index:02}", f"def f{index}(x):\n" + "    # more\n" * (index % 3), "f", "")
    for index in range(12)
)
BENCHMARK = Benchmark("tiny", PROBLEMS, "0" * 64)


class BatchedEngine:
    """Answers with the number of rows in the call for the problems that it is told to."""

    name, context_tokens, capacity = "fake", None, Capacity()

    def __init__(self, shaky=()):
        self.shaky, self.calls = shaky, []

    def decode(self, rows, settings):
        self.calls.append(len(rows))
        for row in rows:
            text = f"{row.seed}" + (f" among {len(rows)}" if row.seed in self.shaky else "")
            yield DecodedRow(row.index, text, (1, 2), "stop", 0.0)

    def close(self):
        pass


def completions_of(questions, texts):
    return [
        Completion(q.task_id, q.sample, "chat", q.prompt_hash, text, 2, "stop", 0.0)
        for q, text in zip(questions.rows, texts, strict=True)
    ]


def test_every_chosen_problem_is_decoded_alone_and_differing_texts_are_kept(tiny_base):
    questions = ask(tiny_base, BENCHMARK, "chat", PredictSettings())
    seeds = [question.seed for question in questions.rows]
    # Of 12 problems, 4 evenly spaced are 0, 3, 6 and 9; 3 and 5 depend on their batch.
    engine = BatchedEngine(shaky={seeds[3], seeds[5]})
    together = [f"{s}" + (" among 12" if s in engine.shaky else "") for s in seeds]
    in_batch = completions_of(questions, together)
    probe = probe_determinism(questions, in_batch, engine, dtype="bfloat16", num_problems=4)
    assert engine.calls == [1, 1, 1, 1]
    assert (probe.num_problems, probe.num_equal_texts) == (4, 3)
    assert [found.task_id for found in probe.differing] == ["Tiny/03"]
    assert probe.differing[0].completion == f"{seeds[3]} among 1"
    assert DeterminismProbe.from_dict(probe.to_dict()) == probe


def test_a_verdict_that_changes_with_the_text_is_counted():
    alone = tuple(Completion(f"Tiny/{n}", 0, "chat", "", "text", 1, "stop", 0.0) for n in (1, 2, 3))
    probe = DeterminismProbe("fake", "bfloat16", 8, 5, alone)
    in_batch = {(f"Tiny/{n}", 0): "passed" for n in range(8)}
    outcomes = {("Tiny/1", 0): "passed", ("Tiny/2", 0): "wrong", ("Tiny/3", 0): "passed"}
    assert count_equal_verdicts(probe, in_batch, outcomes) == 7


def test_in_float32_the_engine_of_this_machine_gives_every_text_again(tiny_base):
    questions = ask(tiny_base, BENCHMARK, "chat", PredictSettings(max_new_tokens=12))
    from kiyas.prediction.engines import Row

    engine = TransformersEngine(tiny_base, batch_size=12)
    rows = [Row(i, q.prompt_ids, None, q.seed) for i, q in enumerate(questions.rows)]
    decoded = sorted(engine.decode(rows, questions.settings), key=lambda row: row.index)
    in_batch = [
        dataclasses.replace(found, finish_reason=row.finish_reason)
        for found, row in zip(
            completions_of(questions, [row.text for row in decoded]), decoded, strict=True
        )
    ]
    probe = probe_determinism(questions, in_batch, engine, dtype="float32", num_problems=8)
    assert (probe.num_equal_texts, probe.num_problems) == (8, 8)


def test_a_benchmark_smaller_than_the_probe_is_probed_whole(tiny_base):
    benchmark = Benchmark("tiny", PROBLEMS[:3], "0" * 64)
    questions = ask(tiny_base, benchmark, "chat", PredictSettings())
    in_batch = completions_of(questions, [str(q.seed) for q in questions.rows])
    probe = probe_determinism(questions, in_batch, BatchedEngine(), dtype="float32", num_problems=8)
    assert (probe.num_problems, probe.num_equal_texts) == (3, 3)
