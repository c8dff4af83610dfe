"""Completions of a base in memory, without an engine to choose or a cache to fill."""

from contextlib import closing

from kiyas.execution import Progress
from kiyas.prediction import predict_completions
from kiyas.prediction.engine_choice import open_engine
from kiyas.prediction.questions import ask


def decode(requests, base, *, benchmark, predict, protocol="chat", progress=None):
    """Yield the answers of checkpoints, as ``predict_completions`` gives them."""
    predict = predict.model_copy(update={"cache": False})
    questions = ask(base, benchmark, protocol, predict)
    with (
        closing(open_engine(base, predict)) as engine,
        closing(
            predict_completions(requests, questions, engine, progress or Progress())
        ) as answers,
    ):
        yield from answers
