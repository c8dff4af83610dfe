"""Arguments are copies: what a solution does to them counts only where a test asks for it."""

from __future__ import annotations

import pytest

from kiyas.sandbox import Cage, Problem


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


def test_an_argument_that_stays_as_it_was_keeps_its_type():
    test = problem(
        "import numpy\n"
        "def check(candidate):\n"
        "    items = [numpy.float64(1), numpy.int64(2), (3, 4)]\n"
        "    candidate(items)\n"
        "    assert type(items[0]) is numpy.float64 and items[1] == 5 and items[2] == (3, 4)\n"
    )
    solution = "def add(items):\n    items[1] = 5\n"
    with Cage(num_workers=1, packages=("numpy",), allow_weak=True) as cage:
        [(_, verdict)] = cage.judge([("numpy", test, solution)])
    assert (verdict.outcome, verdict.detail, verdict.strength) == ("passed", "", "split")


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


@pytest.mark.parametrize(
    ("made", "argument", "body"),
    [
        (
            "from typing import NamedTuple\nclass Point(NamedTuple):\n    x: int\n    y: int\n",
            "Point(3, 4)",
            "value.x * value.y",
        ),
        ("from enum import IntEnum\nclass Month(IntEnum):\n    MAY = 12\n", "Month.MAY", "value"),
        ("class Twelve(list):\n    total = 12\n", "{'a': [Twelve()]}", "value['a'][0].total"),
        (
            "import collections\n",
            "collections.defaultdict(lambda: 12)",
            "value['missing']",
        ),
    ],
    ids=["named tuple", "enumeration", "nested", "factory of its own"],
)
def test_a_test_that_passes_values_of_derived_classes_is_marked_in_cell(
    judge_one, made, argument, body
):
    test = problem(f"def check(candidate):\n    assert candidate({argument}) == 12\n", made)
    right = judge_one(f"{made}def add(value):\n    return {body}\n", test)
    wrong = judge_one("def add(value):\n    return 0\n", test)
    assert (right.outcome, right.strength) == ("passed", "in-cell")
    assert (wrong.outcome, wrong.strength) == ("failed", "in-cell")


@pytest.mark.parametrize(
    ("argument", "body"),
    [
        ("Counter('aab')", "value.most_common(1)[0][0] == 'a' and value['z'] == 0"),
        ("defaultdict(list, a=[1])", "value['z'] == [] and value['a'] == [1]"),
        ("OrderedDict(b=1, a=2)", "value.popitem(last=False) == ('b', 1)"),
        ("deque([1, 2], maxlen=2)", "value.append(3) or list(value) == [2, 3]"),
    ],
)
def test_containers_of_the_standard_library_arrive_whole_outside_of_the_test(
    judge_one, argument, body
):
    imports = "from collections import Counter, OrderedDict, defaultdict, deque\n"
    test = problem(f"{imports}def check(candidate):\n    assert candidate({argument}) is True\n")
    verdict = judge_one(f"def add(value):\n    return {body}\n", test)
    assert (verdict.outcome, verdict.detail, verdict.strength) == ("passed", "", "split")


def test_containers_of_the_standard_library_are_changed_in_place(judge_one):
    test = problem(
        "from collections import Counter, OrderedDict, deque\n"
        "def check(candidate):\n"
        "    count, ordered, queue = Counter('ab'), OrderedDict(a=[1], b=2), deque([1], 2)\n"
        "    held = [count, ordered, queue, ordered['a']]\n"
        "    candidate([count, ordered, queue])\n"
        "    assert (count, list(ordered), list(queue)) == (Counter('aab'), ['b', 'a'], [1, 7])\n"
        "    assert held[3] is ordered['a'] and held[3] == [1, 5] and queue.maxlen == 2\n"
    )
    solution = (
        "def add(values):\n"
        "    count, ordered, queue = values\n"
        "    count.update('a')\n    ordered.move_to_end('a')\n"
        "    ordered['a'].append(5)\n    queue.append(7)\n"
    )
    verdict = judge_one(solution, test)
    assert (verdict.outcome, verdict.detail, verdict.strength) == ("passed", "", "split")


def test_a_later_value_of_a_derived_class_cannot_bring_a_test_into_the_cell(judge_one):
    made = "class Own(list):\n    pass\n"
    test = problem(
        "def check(candidate):\n    if candidate([]) == 1:\n        candidate(Own())\n", made
    )
    verdict = judge_one("def add(value):\n    return 1\n", test)
    assert (verdict.outcome, verdict.strength) == ("unsupported", "split")


def test_a_solution_cannot_bring_its_test_into_its_own_cell(judge_one):
    test = problem("def check(candidate):\n    assert candidate(candidate(1)) == 2\n")
    endless = "import itertools\ndef add(n):\n    return itertools.count()\n"
    verdict = judge_one(endless, test)
    assert (verdict.outcome, verdict.strength) == ("unsupported", "split")
