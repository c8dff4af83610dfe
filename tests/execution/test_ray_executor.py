"""A study on a Ray cluster of two nodes: refused where it cannot run, complete when one dies."""

import json
import threading
import time
from pathlib import Path

import pytest
from front_door import kiyas
from small_runs import CODE, write_small_code
from tiny_cluster import tiny_cluster

pytest.importorskip("ray", reason="Ray is not installed: pip install 'kiyas[ray]'")
# Ray leaves sockets and files of its own to the garbage collector.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

ARMS = """\
  - name: long
    data: {source: rows.jsonl}
    train: {max_steps: 100, checkpoints: [50, 100]}
  - name: longer
    data: {source: rows.jsonl}
    train: {max_steps: 100, checkpoints: [50, 100], learning_rate: 0.02}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cluster")
    write_small_code(folder, CODE + ARMS)
    return folder


@pytest.fixture(scope="module")
def cluster():
    with tiny_cluster() as nodes:
        yield nodes


def run(home: Path, folder: str, cluster, *more: str):
    on_ray = ("--executor", "ray", "--address", cluster[0].address)
    place = ("--run-folder", home / folder)
    return kiyas("run", home / "study.yaml", "--json", *place, *on_ray, *more)


def findings(folder: Path) -> dict:
    """Return the findings without what a clock says."""
    found = json.loads((folder / "findings.json").read_text(encoding="utf-8"))
    del found["costs"]
    return found


def test_a_gpu_that_no_node_has_is_refused_before_any_compute_and_nodes_are_named(home, cluster):
    told = run(home, "no-gpu", cluster, "--set", "execution.gpus=1")
    error = json.loads(told.out)
    assert told.code == 1
    assert error["error"] == "ExecutionError"
    assert error["received"].count("1 processors, 0 GPUs") == 2
    assert not (home / "no-gpu" / "trials").exists()


def test_a_study_with_a_node_killed_in_the_middle_ends_with_the_findings_of_a_local_run(
    home, cluster
):
    assert kiyas("run", home / "study.yaml", "--quiet", "--run-folder", home / "here").code == 0
    killed = threading.Event()

    def kill() -> None:
        """Kill the second node while both nodes train: one trial is half done on it."""
        begun = [home / "there" / "trials" / arm / "seed-0" for arm in ("long", "longer")]
        while not all((path / "history.csv").exists() for path in begun):
            time.sleep(0.02)
        cluster[0].remove_node(cluster[1], allow_graceful=False)
        killed.set()

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    told = run(home, "there", cluster)
    assert told.code == 0, told.said
    assert killed.is_set()
    assert "was lost; begun again" in told.said.replace("\n", " ")
    assert findings(home / "there") == findings(home / "here")
    again = run(home, "there", cluster)
    assert again.code == 0, again.said + again.out
    assert json.loads(again.out)["work"] == []
