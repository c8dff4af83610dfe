"""Arguments are copies: what a solution does to them counts only where a test asks for it."""

from __future__ import annotations

import pytest

from kiyas.sandbox import Problem


def problem(test, prompt=""):
    return Problem("p", prompt, "add", test)


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ("candidate(xs)\nassert xs == [1, 2, 3]", "passed"),
        ("assert candidate(xs) is None\nassert xs == [1, 2, 3]", "passed"),
        ("_ = candidate(xs)\nassert xs == [1, 2, 3]", "passed"),
        # What the test compares with must not be what the solution made of it.
        ("assert candidate(xs) == xs", "failed"),
        ("got = candidate(xs)\nassert got == xs", "failed"),
    ],
)
def test_an_argument_comes_back_only_where_the_value_of_the_call_is_not_used(
    judge_one, lines, outcome
):
    indented = lines.replace("\n", "\n    ")
    test = problem(f"def check(candidate):\n    xs = [3, 1, 2]\n    {indented}\n")
    assert judge_one("def add(xs):\n    xs.sort()\n", test).outcome == outcome


def test_an_argument_keeps_its_identity_when_it_is_changed_in_place(judge_one):
    test = problem(
        "import collections\n"
        "def check(candidate):\n"
        "    row, seen, queue = [1, 2], collections.defaultdict(list), collections.deque([1])\n"
        "    grid = [row, (row, 5)]\n"
        "    candidate(grid, seen, queue=queue)\n"
        "    assert grid[0] is row and row == [0, 2] and grid[1][0] == [0, 2] and grid[2] == 9\n"
        "    assert seen == {'a': [1]} and list(queue) == [1, 7]\n"
    )
    solution = (
        "def add(grid, seen, queue):\n"
        "    grid[0][0] = grid[1][0][0] = 0\n    grid.append(9)\n"
        "    seen['a'] = [1]\n    queue.append(7)\n"
    )
    verdict = judge_one(solution, test)
    assert (verdict.outcome, verdict.detail) == ("passed", "")


def test_an_argument_that_stays_as_it_was_keeps_its_type(judge_one):
    test = problem(
        "import collections\n"
        "Point = collections.namedtuple('Point', 'x y')\n"
        "def check(candidate):\n"
        "    points = [Point(1, 2), (3, 4)]\n"
        "    candidate(points)\n"
        "    assert points[0].x == 1 and points[1] == (3, 5) and points[2] is None\n"
    )
    solution = "def add(points):\n    points[1] = (3, 5)\n    points.append(None)\n"
    verdict = judge_one(solution, test)
    assert (verdict.outcome, verdict.detail) == ("passed", "")


def test_an_argument_that_comes_back_in_another_form_is_not_taken_over(judge_one):
    test = problem("def check(candidate):\n    xs = [1]\n    candidate(xs)\n    assert xs == [1]\n")
    forged = (
        "import os\n"
        "def add(xs):\n"
        '    data = b\'{"value": null, "arguments": [7, {"set": []}]}\'\n'
        "    os.write(3, len(data).to_bytes(4, 'big') + data)\n"
    )
    assert judge_one(forged, test).outcome == "passed"


def test_a_test_that_needs_objects_of_the_solution_is_marked_in_cell(judge_one):
    test = problem("assert add(Pair(1, 2)) == 3\n")
    pair = "class Pair:\n    def __init__(self, a, b):\n        self.a, self.b = a, b\n"
    right = judge_one(pair + "def add(pair):\n    return pair.a + pair.b\n", test)
    wrong = judge_one(pair + "def add(pair):\n    return 0\n", test)
    assert (right.outcome, right.strength) == ("passed", "in-cell")
    assert (wrong.outcome, wrong.strength) == ("failed", "in-cell")


def test_a_test_that_passes_objects_of_the_prompt_is_marked_in_cell(judge_one):
    prompt = "class Pair:\n    def __init__(self, a, b):\n        self.a, self.b = a, b\n"
    test = problem("def check(c):\n    assert c(Pair(1, 2)) == 3\n", prompt=prompt)
    right = "def add(pair):\n    return pair.a + pair.b\n"
    for solution in (prompt + right, right):
        verdict = judge_one(solution, test)
        assert (verdict.outcome, verdict.strength) == ("passed", "in-cell")
    assert judge_one("def add(pair):\n    return 0\n", test).outcome == "failed"


def test_a_test_that_passes_functions_is_marked_in_cell(judge_one):
    test = problem("def check(candidate):\n    assert candidate(lambda n: n + 1, 2) == 3\n")
    verdict = judge_one("def add(f, n):\n    return f(n)\n", test)
    assert (verdict.outcome, verdict.strength) == ("passed", "in-cell")


def test_a_solution_cannot_bring_its_test_into_its_own_cell(judge_one):
    test = problem("def check(candidate):\n    assert candidate(candidate(1)) == 2\n")
    endless = "import itertools\ndef add(n):\n    return itertools.count()\n"
    verdict = judge_one(endless, test)
    assert (verdict.outcome, verdict.strength) == ("unsupported", "split")
