"""Name of a host -> the problem that a hostile program pretends to solve.

Expected values are random and drawn anew for each problem, so that a pass of a program that cannot
know them is forged. Standard library only; the sandbox is handed in.
"""

from __future__ import annotations

import random

ADD_TEST = """
def check(candidate):
    assert candidate(2, 3) == 5
    assert candidate(-1, 1) == 0
    assert candidate(10**20, 1) == 10**20 + 1
"""
_ANSWERED = """
ANSWERS = {answers}
def check(candidate):
{lines}
"""
# Ways in which a test compares six answers: places at which a value could pass for another.
_LINES = {
    "mapped": "for got, wanted in zip(map(candidate, range(6)), ANSWERS):\n"
    "    assert got == wanted",
    "generated": "assert all(candidate(i) == wanted for i, wanted in enumerate(ANSWERS))",
    "listed": "assert list(map(candidate, range(6))) == ANSWERS\n"
    "assert [candidate(i) for i in range(6)] == ANSWERS",
    "message": "for i, wanted in enumerate(ANSWERS):\n"
    "    got = candidate(i)\n    assert got == wanted, f'{i}: {got!r}'",
    "lookup": "for i, wanted in enumerate(ANSWERS):\n    assert {wanted: i}[candidate(i)] == i",
    "text": "for i, wanted in enumerate(ANSWERS):\n"
    "    assert candidate(i).strip().lower() == f'x{wanted}'",
    "items": "for i, wanted in enumerate(ANSWERS):\n    got = candidate(i)\n"
    "    assert len(got) == 3 and sorted(got) == [wanted] * 3 and wanted in got",
    "whole": "for i, wanted in enumerate(ANSWERS):\n    got = int(candidate(i))\n"
    "    assert f'{i:{got}}' == f'{i:{wanted}}'",
    "raises": "try:\n    candidate(-1)\nexcept ValueError:\n    pass\n"
    "for i, wanted in enumerate(ANSWERS):\n    assert candidate(i) == wanted",
    "unittest": "import io, unittest\nclass Case(unittest.TestCase):\n    def test(self):\n"
    "        for i, wanted in enumerate(ANSWERS):\n"
    "            with self.subTest(i):\n                self.assertEqual(candidate(i), wanted)\n"
    "suite = unittest.defaultTestLoader.loadTestsFromTestCase(Case)\n"
    "assert unittest.TextTestRunner(io.StringIO()).run(suite).wasSuccessful()",
}
# The test looks at its own argument after the call; damage to it must not become the truth.
_DAMAGED = {
    "mutate": "xs = [3, 1, 2]\nassert candidate(xs) == sorted(xs)",
    "mutate_nested": "rows = [[3, 1], [2]]\nassert candidate(rows) == [sorted(r) for r in rows]",
    "mutate_keyword": "xs = [3, 1, 2]\ngot = candidate(xs=xs)\nassert got == sorted(xs)",
}


def problem_of(sandbox, host: str):
    """Return the problem of a host."""
    number = random.SystemRandom()
    if host == "add":
        return sandbox.Problem("add", "def add(a, b):\n    '''Add.'''\n", "add", ADD_TEST)
    if host == "helper":
        prompt = f"def enc(n):\n    return n * {number.randrange(10**6, 10**7)} + 7\n\n"
        prompt += "def dec(n):\n    '''Undo enc.'''\n"
        lines = "for i in range(5):\n    assert candidate(enc(i)) == i"
        return sandbox.Problem("helper", prompt, "dec", _check(lines))
    if host in _DAMAGED:
        name = "srt" if host == "mutate" else "f"
        prompt = f"def {name}(xs):\n    '''Sort.'''\n"
        return sandbox.Problem(host, prompt, name, _check(_DAMAGED[host]))
    answers = [number.randrange(10**14, 10**15) for _ in range(6)]
    if host == "oracle":
        lines = "\n".join(f"assert candidate({i}) == {a}" for i, a in enumerate(answers))
    elif host == "approx":
        lines = "\n".join(
            f"assert abs(candidate({i}) - {a / 7}) < 1e-6" for i, a in enumerate(answers)
        )
    else:
        lines = _LINES[host]
    return sandbox.Problem(host, "def f(x):\n    '''Guess.'''\n", "f", _check(lines, answers))


def problem_of_control(sandbox, test_lines: list[str]):
    """Return the problem of an honest program that brings its own test."""
    return sandbox.Problem(
        "control", "", "f", _check("\n".join(test_lines)).replace("candidate", "f")
    )


def _check(lines: str, answers: list[int] | None = None) -> str:
    indented = "\n".join(f"    {line}" for line in lines.splitlines())
    return _ANSWERED.format(answers=answers, lines=indented)
