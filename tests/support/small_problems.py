"""Problems of a benchmark of one's own: functions that add a number."""

from collections.abc import Iterable


def adding_problems(numbers: Iterable[int]) -> list[dict[str, str]]:
    return [
        {
            "task_id": f"own/{number}",
            "prompt": f"def add_{number}(x: int) -> int:\n",
            "entry_point": f"add_{number}",
            "test": f"def check(candidate):\n    assert candidate(1) == {number + 1}\n",
            "canonical_solution": f"    return x + {number}\n",
        }
        for number in numbers
    ]
