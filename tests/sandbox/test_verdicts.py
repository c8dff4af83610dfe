"""Every kind of end of a solution has an outcome of its own, and none of them is an exception."""

from __future__ import annotations

import pytest
from small_problem import ADD, RIGHT, WRONG

from kiyas.sandbox import Cage, Limits, Problem, run_tests
from kiyas.sandbox.trial import is_starved
from kiyas.sandbox.zygote_client import Ending


def problem(test, entry_point="add", prompt=""):
    return Problem("p", prompt, entry_point, test)


def test_run_tests_passes_a_right_solution_and_fails_a_wrong_one():
    assert run_tests(ADD, RIGHT, allow_weak=True).outcome == "passed"
    assert run_tests(ADD, WRONG, allow_weak=True).outcome == "failed"


def test_a_failed_assertion_is_told_with_its_line(judge_one):
    verdict = judge_one(WRONG)
    assert (verdict.outcome, verdict.exception) == ("failed", "AssertionError")
    assert verdict.detail == "assert candidate(2, 3) == 5"


def test_an_exception_of_the_solution_is_told_with_its_type_and_line(judge_one):
    verdict = judge_one("def add(a, b):\n    return a / 0\n")
    assert (verdict.outcome, verdict.exception) == ("failed", "ZeroDivisionError")
    assert "return a / 0" in verdict.detail


def test_a_verdict_carries_what_the_solution_used(judge_one):
    verdict = judge_one(RIGHT)
    assert verdict.num_calls == 2
    assert 0 < verdict.cpu_s < 1
    assert 0 < verdict.wall_s < 3
    assert 2**20 < verdict.max_rss_bytes < 2**28
    assert verdict.signal is None
    assert verdict.strength == "split"


@pytest.mark.parametrize(
    ("solution", "exception"),
    [
        ("def add(a, b): return a +", "SyntaxError"),
        ("def add(a, b): return a + b\0", "SyntaxError"),
        ("def add(a, b): return '\ud800'", "UnicodeEncodeError"),
        ("def subtract(a, b): return a - b", "NameError"),
        ("add = 3", "TypeError"),
        ("raise SystemExit(0)", "SystemExit"),
        ("class Own(BaseException): pass\nraise Own('x')", "Own"),
        ("import kiyas_no_such_module", "ModuleNotFoundError"),
    ],
)
def test_a_solution_that_cannot_be_loaded_or_called_is_failed(judge_one, solution, exception):
    verdict = judge_one(solution)
    assert (verdict.outcome, verdict.exception) == ("failed", exception)


def test_a_solution_over_the_size_limit_is_failed_without_being_run(judge_one):
    verdict = judge_one("x" * 50_000_000)
    assert verdict.outcome == "failed"
    assert verdict.cpu_s is None


@pytest.mark.parametrize(
    ("body", "outcome", "signal"),
    [
        ("return [0] * 10**9", "memory", None),
        ("import os; os.abort()", "crashed", 6),
        ("import os; os._exit(0)", "crashed", None),
        ("import ctypes; ctypes.string_at(0)", "crashed", 11),
        ("return 'x' * (9 << 20)", "failed", None),
        ("return object()", "failed", None),
        ("return type('Own', (), {'__eq__': lambda *a: True})()", "unsupported", None),
    ],
)
def test_outcomes_are_kept_apart(judge_one, body, outcome, signal):
    verdict = judge_one(f"def add(a, b):\n    {body}\n")
    assert (verdict.outcome, verdict.signal) == (outcome, signal)


def test_the_verdict_on_an_endless_loop_comes_at_most_a_fifth_of_a_second_late():
    limits = Limits(wall_s=0.5)
    loop = "def add(a, b):\n    while True: pass\n"
    late_s = []
    with Cage(limits, num_workers=1, allow_weak=True) as cage:
        # A busy machine may hold up any one of them; benchmarks/cage.py has the worst of many.
        while len(late_s) < 10 and min(late_s, default=1.0) > 0.2:
            [(_, verdict)] = cage.judge([("loop", ADD, loop)])
            assert verdict.outcome == "timeout"
            assert verdict.cpu_s > 0
            late_s.append(verdict.wall_s - limits.wall_s)
    assert 0 <= min(late_s) <= 0.2


def test_a_solution_that_sleeps_has_used_its_time():
    with Cage(Limits(wall_s=0.3), num_workers=1, allow_weak=True) as cage:
        sleep = "import time\ndef add(a, b):\n    time.sleep(60)\n"
        [(_, verdict)] = cage.judge([("sleep", ADD, sleep)])
    assert verdict.outcome == "timeout"
    assert verdict.wall_s < 30


def test_a_test_may_end_a_call_earlier_than_the_limit():
    # The benchmark of added inputs does so: a limit for each call, far below that of the sample.
    test = problem(
        "import signal\n"
        "def check(candidate):\n"
        "    signal.setitimer(signal.ITIMER_REAL, 0.2, 0.1)\n"
        "    candidate(1, 2)\n"
    )
    with Cage(Limits(wall_s=60.0), num_workers=1, allow_weak=True) as cage:
        spin = "def add(a, b):\n    while True: pass\n"
        [(_, verdict)] = cage.judge([("spin", test, spin)])
    assert verdict.outcome == "timeout"
    assert verdict.wall_s < 30


@pytest.mark.parametrize(
    ("elapsed_s", "cpu_s", "waiting_s", "starved"),
    [
        (4.0, 3.9, 0.1, False),
        (4.0, 0.1, 0.1, False),  # it slept
        (4.0, 0.5, 3.0, True),
        (4.0, 0.5, None, True),  # a system that does not tell how long it waited
        (90.0, 0.5, 3.0, False),
    ],
)
def test_a_timeout_says_nothing_if_the_solution_waited_for_half_of_the_time_that_passed(
    elapsed_s, cpu_s, waiting_s, starved
):
    assert is_starved(elapsed_s, Ending(0, cpu_s, 0), waiting_s) is starved
    assert not is_starved(elapsed_s, None, waiting_s)


@pytest.mark.parametrize(
    "test",
    [
        "def check(candidate):\n    for _ in range(candidate(1, 2)): pass\n",
        "import itertools\ndef check(candidate):\n    sum(itertools.repeat(1, candidate(1, 2)))\n",
    ],
    ids=["in Python", "in C"],
)
def test_a_test_that_runs_on_with_values_of_the_solution_is_a_timeout(test):
    with Cage(Limits(wall_s=0.3), num_workers=1, allow_weak=True) as cage:
        huge = "def add(a, b):\n    return 10**18\n"
        jobs = [("huge", problem(test), huge), ("next", ADD, RIGHT)]
        verdicts = dict(cage.judge(jobs))
    assert verdicts["huge"].outcome == "timeout"
    assert verdicts["next"].outcome == "passed"


@pytest.mark.parametrize(
    ("test", "prompt"),
    [
        ("def check(candidate:\n", ""),
        ("def check(candidate):\n    pass\n", ""),
        ("import kiyas_no_such_module\n", ""),
        ("def check(candidate):\n    assert 1 == 2\n", ""),
        ("assert add(1, 2) == 3\n", "import kiyas_no_such_module\n"),
        ("x = '\0'\n", ""),
    ],
)
def test_a_fault_of_the_problem_is_never_charged_to_the_solution(judge_one, test, prompt):
    verdict = judge_one(RIGHT, problem(test, prompt=prompt))
    assert verdict.outcome == "harness_error"
    assert verdict.detail


def test_an_entry_point_that_is_no_name_is_a_fault_of_the_problem(judge_one):
    verdict = judge_one(RIGHT, problem("def check(candidate): candidate()", "not a name"))
    assert verdict.outcome == "harness_error"


def test_plain_assertions_without_a_check_function_are_a_test(judge_one):
    test = problem("assert add(1, 2) == 3\n", prompt="Write a function that adds.")
    assert judge_one(RIGHT, test).outcome == "passed"
    assert judge_one(WRONG, test).outcome == "failed"


def test_a_solution_may_be_called_check(judge_one):
    test = problem("def check(candidate):\n    assert candidate(1, 2) == 3\n", "check")
    assert judge_one("def check(a, b):\n    return a + b\n", test).outcome == "passed"


def test_a_test_may_expect_an_exception_of_the_solution(judge_one):
    test = problem(
        "def check(candidate):\n"
        "    try:\n        candidate(1, 2)\n"
        "    except ValueError:\n        return\n"
        "    assert False\n"
    )
    own = "class Own(ValueError): pass\ndef add(a, b):\n    raise Own('no')\n"
    assert judge_one(own, test).outcome == "passed"
    assert judge_one(RIGHT, test).outcome == "failed"


@pytest.mark.parametrize(
    ("body", "kind", "holds"),
    [
        ("return {}['k']", "KeyError", "error.args == ('k',) and str(error) == repr('k')"),
        ("return {}[5]", "KeyError", "error.args == (5,)"),
        ("raise ValueError('a', 1)", "ValueError", "error.args == ('a', 1)"),
        ("raise ValueError", "ValueError", "error.args == ()"),
        ("raise ValueError('a' * 400)", "ValueError", "str(error) == 'a' * 400"),
        ("return b'a\\xff'.decode()", "ValueError", "type(error) is UnicodeDecodeError"),
        ("return b'a\\xff'.decode()", "UnicodeDecodeError", "(error.start, error.end) == (1, 2)"),
        ("open('/none')", "OSError", "error.errno and error.filename == '/none'"),
        ("raise Own('a', 1)", "ValueError", "error.args == ('a', 1)"),
        ("raise Worded('a')", "KeyError", "'own words of a' in str(error)"),
        # What cannot be carried is told by its text, as an exception of the nearest class.
        ("raise ValueError(object)", "ValueError", "error.args == (object,)"),
        ("raise ValueError(add)", "ValueError", "'function add' in str(error)"),
        ("raise ValueError('a' * 10**6)", "ValueError", "str(error).startswith('aaa')"),
        ("return (b'\\xff' * 10**6).decode()", "ValueError", "'invalid start' in str(error)"),
        ("raise ExceptionGroup('two', [OSError()])", "Exception", "'two' in str(error)"),
    ],
)
def test_an_exception_reaches_its_test_as_it_was_raised(judge_one, body, kind, holds):
    test = problem(
        "def check(candidate):\n"
        f"    try:\n        candidate()\n    except {kind} as error:\n        assert {holds}\n"
        "    else:\n        raise AssertionError('nothing was raised')\n"
    )
    classes = (
        "class Own(ValueError): pass\n"
        "class Worded(KeyError):\n"
        "    def __str__(self): return f'own words of {self.args[0]}'\n"
    )
    verdict = judge_one(f"{classes}def add():\n    {body}\n", test)
    assert (verdict.outcome, verdict.detail) == ("passed", "")


def test_what_is_shown_of_an_exception_stays_short(judge_one):
    verdict = judge_one("def add(a, b):\n    raise ValueError('a' * 10**5, 'b' * 10**5)\n")
    assert (verdict.outcome, verdict.exception) == ("failed", "ValueError")
    assert len(verdict.detail) == 300


@pytest.mark.parametrize(
    "place",
    ["-(10**12), 1 - 10**12", "10**12, 10**12 + 1", "0, 10**12", "10**30, 10**30 + 1"],
)
def test_an_exception_with_a_place_outside_of_its_text_does_not_reach_the_judge(cage, place):
    # Python itself is killed when it shows a UnicodeDecodeError at a place before its text.
    test = problem(
        "def check(candidate):\n"
        "    try:\n        candidate()\n    except ValueError as error:\n"
        "        assert type(error) is UnicodeError and 'ordinary' in str(error)\n"
    )
    forged = (
        "def add():\n"
        "    error = UnicodeDecodeError('utf-8', b'a', 0, 1, 'ordinary')\n"
        f"    error.args = ('utf-8', b'a', {place}, 'ordinary')\n    raise error\n"
    )
    verdicts = dict(cage.judge([("forged", test, forged), ("next", ADD, RIGHT)]))
    assert (verdicts["forged"].outcome, verdicts["forged"].detail) == ("passed", "")
    assert verdicts["next"].outcome == "passed"


def test_what_a_forged_exception_holds_has_no_behaviour(judge_one):
    test = problem(
        "def check(candidate):\n"
        "    try:\n        candidate()\n    except ValueError as error:\n"
        "        assert error.args[0] == 'secret'\n"
    )
    reply = '{"raised": {"name": "x", "base": "ValueError", "arguments": %s}}'
    forged = (
        "import os\ndef add():\n"
        "    data = %r\n"
        "    os.write(3, len(data).to_bytes(4, 'big') + data)\n"
    )
    outcomes = {'[{"opaque": ["x", true, false]}]': "unsupported", '{"unknown": 1}': "failed"}
    for arguments, outcome in outcomes.items():
        program = forged % (reply % arguments).encode()
        assert judge_one(program, test).outcome == outcome


@pytest.mark.parametrize(
    ("solution", "outcome"),
    [
        ("def add(a: List[int], b) -> Optional[int]:\n    return a + b\n", "failed"),
        ("class Node:\n    other: Unknown\ndef add(a, b):\n    return a + b\n", "failed"),
        ("from typing import List\ndef add(a: List[int], b):\n    return a + b\n", "passed"),
        (
            "def add(a: int, b):\n    return a + b if add.__annotations__['a'] is int else None\n",
            "passed",
        ),
        (
            "from __future__ import annotations\ndef add(a: Unknown, b):\n    return a + b\n",
            "passed",
        ),
    ],
    ids=["no import", "field", "import", "read", "put off"],
)
@pytest.mark.parametrize("where", ["split", "in-cell"])
def test_annotations_mean_what_they_mean_in_plain_python(judge_one, solution, outcome, where):
    ending = "" if where == "split" else "\n    assert extra"
    test = problem(f"def check(candidate):\n    assert candidate(2, 3) == 5{ending}\n")
    verdict = judge_one(solution + ("" if where == "split" else "extra = True\n"), test)
    assert (verdict.outcome, verdict.strength) == (outcome, where)


def test_annotations_of_a_prompt_and_its_test_are_values(judge_one):
    prompt = "def helper(a: int):\n    return a\n"
    test = problem(
        "def own(a: str):\n    pass\n"
        "def check(candidate):\n"
        "    assert (helper.__annotations__, own.__annotations__) == ({'a': int}, {'a': str})\n"
        "    assert candidate(2, 3) == 5\n",
        prompt=prompt,
    )
    verdict = judge_one(RIGHT, test)
    assert (verdict.outcome, verdict.detail) == ("passed", "")


def test_a_test_that_swallows_everything_cannot_pass_a_solution_that_crashed(judge_one):
    test = problem(
        "def check(candidate):\n    try:\n        candidate(1, 2)\n    except BaseException: pass\n"
    )
    verdict = judge_one("import os\ndef add(a, b):\n    os._exit(0)\n", test)
    assert verdict.outcome == "crashed"


@pytest.mark.parametrize("base", ["StopIteration", "StopAsyncIteration"])
def test_an_exception_of_the_solution_cannot_end_a_loop_of_its_test(judge_one, base):
    test = problem(
        "def check(candidate):\n"
        "    for got, wanted in zip(map(candidate, [1, 2], [3, 4]), [4, 6]):\n"
        "        assert got == wanted\n"
    )
    verdict = judge_one(f"def add(a, b):\n    raise {base}\n", test)
    assert (verdict.outcome, verdict.exception) == ("failed", base)
    assert judge_one(RIGHT, test).outcome == "passed"


@pytest.mark.parametrize("value", ["10**6000", "{1: 10**6000}", "[10**6000]"])
def test_a_message_that_cannot_be_written_is_no_fault_of_the_harness(judge_one, value):
    test = problem("def check(c):\n    got = c()\n    raise KeyError(got)\n")
    verdict = judge_one(f"def add():\n    return {value}\n", test)
    assert (verdict.outcome, verdict.exception) == ("failed", "KeyError")


def test_a_test_may_call_from_several_threads(judge_one):
    test = problem(
        "from concurrent.futures import ThreadPoolExecutor\n"
        "def check(candidate):\n"
        "    with ThreadPoolExecutor(8) as pool:\n"
        "        assert list(pool.map(candidate, range(400))) == list(range(400))\n"
    )
    verdict = judge_one("def add(n):\n    return n\n", test)
    assert (verdict.outcome, verdict.num_calls) == ("passed", 400)


@pytest.mark.parametrize(
    "call_on",
    ["candidate(-1)", "[candidate(n) for n in iter(int, 1)]"],
    ids=["waits for an answer", "calls on and on"],
)
def test_a_thread_that_a_test_leaves_behind_has_no_part_in_later_samples(call_on):
    leaving = problem(
        "import threading\n"
        "def check(candidate):\n"
        "    assert candidate(1) == 2\n"
        f"    thread = threading.Thread(target=lambda: {call_on}, daemon=True)\n"
        "    thread.start()\n"
        "    thread.join(0.02)\n"
    )
    plain = problem("def check(c):\n    assert [c(n) for n in range(20)] == list(range(1, 21))\n")
    right = "import time\ndef add(n):\n    time.sleep(60 * (n < 0))\n    return n + 1\n"
    jobs = [(f"{number}", plain if number % 2 else leaving, right) for number in range(60)]
    with Cage(num_workers=1, allow_weak=True) as cage:
        verdicts = dict(cage.judge(jobs))
    assert {key: item for key, item in verdicts.items() if item.outcome != "passed"} == {}


def test_more_threads_than_the_limit_are_failed():
    program = (
        "import threading, time\nthreading.stack_size(32768)\n"
        "def add(a, b):\n"
        "    for _ in range(2000):\n"
        "        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "    time.sleep(60)\n"
    )
    with Cage(Limits(wall_s=30.0, max_threads=50), num_workers=1, allow_weak=True) as cage:
        [(_, verdict)] = cage.judge([("threads", ADD, program)])
    assert (verdict.outcome, verdict.detail) == ("failed", "more than 50 threads")


def test_the_helpers_of_the_prompt_are_the_judges_own(judge_one):
    prompt = "def double(n):\n    return 2 * n\n"
    test = problem("def check(c):\n    assert c(double(4)) == 4\n", prompt=prompt)
    cheat = "def double(n):\n    return n\ndef add(n):\n    return n\n"
    assert judge_one(cheat, test).outcome == "failed"


def test_solutions_are_repeatable(judge_one):
    test = problem("def check(candidate):\n    raise AssertionError(str(candidate()))\n")
    drawn = "import random\ndef add():\n    return random.random(), hash('text'), {'a', 'b', 'c'}\n"
    first, second = judge_one(drawn, test), judge_one(drawn, test)
    assert first.detail == second.detail


def test_one_solution_leaves_nothing_behind_for_the_next(judge_one):
    first = "import math\nmath.pi = 3\ndef add(a, b):\n    return a + b\n"
    second = "import math\ndef add(a, b):\n    return a + b if math.pi != 3 else 0\n"
    assert judge_one(first).outcome == "passed"
    assert judge_one(second).outcome == "passed"


def test_what_a_verdict_says_can_always_be_written_as_utf_8(judge_one):
    verdict = judge_one("def add(a, b):\n    raise ValueError('\\ud800' * 999)\n")
    assert verdict.exception == "ValueError"
    assert 0 < len(verdict.detail.encode("utf-8")) <= 300


def test_an_entry_point_that_the_prompt_misses_is_not_charged_to_a_completion(judge_one):
    prompt = "def total(a, b):\n    '''Add.'''\n"
    test = problem("def check(candidate):\n    assert candidate(1, 2) == 3\n", prompt=prompt)
    completion = judge_one(prompt + "    return a + b\n", test)
    assert (completion.outcome, completion.exception) == ("harness_error", "NameError")
    assert judge_one(RIGHT, test).outcome == "passed"
