"""Likelihoods of reference solutions: equal to a plain forward pass, whatever is beside them."""

import pytest
import torch
from tiny_base import save_tiny_base

from kiyas.models import load_base, locate_base, render_problem
from kiyas.prediction.likelihoods import rate_checkpoint, render_solutions
from kiyas.records import Problem

PROBLEMS = [
    Problem(f"t/{n}", f"def f_{n}(x):\n", f"f_{n}", "", "    return x\n" + "    # more\n" * n)
    for n in range(12)
]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = save_tiny_base(tmp_path_factory.mktemp("base"))
    return load_base(locate_base(str(folder)), dtype="float32")


def rate(base, solutions, done=()):
    return {
        one.task_id: one for batch in rate_checkpoint(base, None, solutions, done) for one in batch
    }


@pytest.mark.parametrize("protocol", ["completion", "chat", "chat-prefill"])
def test_a_likelihood_is_that_of_a_plain_forward_pass_of_one_row(base, protocol):
    rated = rate(base, render_solutions(base, PROBLEMS, protocol))
    assert len(rated) == len(PROBLEMS)
    for problem in PROBLEMS:
        # The tiny tokenizer has one token a byte, so texts may be put together as bytes.
        prompt = list(render_problem(base, problem, protocol).token_ids)
        if protocol == "chat":
            prompt += list(f"```python\n{problem.prompt}".encode())
        solution = list(problem.canonical_solution.encode())
        with torch.no_grad():
            logits = base.model(torch.tensor([[*prompt, *solution]])).logits[0]
        scores = logits.log_softmax(-1)[len(prompt) - 1 : -1]
        expected = scores[range(len(solution)), solution].mean().item()
        assert rated[problem.task_id].log_likelihood == pytest.approx(expected, abs=1e-5)
        assert rated[problem.task_id].num_tokens == len(solution)


def test_a_batch_cut_short_is_done_again_and_gives_only_what_is_missing(base):
    solutions = render_solutions(base, PROBLEMS, "chat")
    whole = rate(base, solutions)
    done = {"t/0", "t/5"}
    rest = rate(base, solutions, done)
    assert rest == {task: one for task, one in whole.items() if task not in done}
    assert rate(base, solutions, set(whole)) == {}


def test_a_problem_without_a_solution_or_without_room_is_left_out(base):
    problems = [
        Problem("none", "def f(x):\n", "f", ""),
        Problem("long", "def f(x):\n", "f", "", "    # " + "x" * 600),  # 512 positions
        PROBLEMS[0],
    ]
    assert [one.task_id for one in render_solutions(base, problems, "chat")] == ["t/0"]
