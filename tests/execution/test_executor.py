"""Independent jobs: in this process in their order, and cut to the workers there are."""

import pytest

from kiyas.execution import Job, LocalExecutor, share_out


def test_local_jobs_run_in_their_order_over_the_opened_run():
    done = []

    def work(run, task):
        done.append((run, task))
        return [f"did {task}"] if task != "nothing" else []

    jobs = [Job(name, name) for name in ("b", "nothing", "a")]
    assert LocalExecutor().map("run", work, jobs) == ["did b", "did a"]
    assert done == [("run", "b"), ("run", "nothing"), ("run", "a")]


class Workers(LocalExecutor):
    def __init__(self, number: int) -> None:
        self.num_workers = number


@pytest.mark.parametrize(
    ("num_items", "number", "sizes"), [(5, 2, [2, 3]), (2, 4, [1, 1]), (4, 1, [4])]
)
def test_items_are_cut_into_neighbours_of_about_equal_number(num_items, number, sizes):
    parts = share_out(range(num_items), Workers(number))
    assert [len(part) for part in parts] == sizes
    assert [item for part in parts for item in part] == list(range(num_items))


def test_without_items_nobody_asks_for_workers():
    class Cluster(LocalExecutor):
        @property
        def num_workers(self):
            raise AssertionError("joined for nothing")

    assert share_out([], Cluster()) == []
