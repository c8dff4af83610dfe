"""A node's job on a storage: what is half done there for the study of now goes on."""

import dataclasses
import uuid

import pytest

from kiyas.execution import Job, Progress
from kiyas.execution.ray_worker import Order, carry_out
from kiyas.records import Trial
from kiyas.run_folder import Mirror, RunFolder, write_text

pytest.importorskip("fsspec", reason="fsspec is not installed")
pytest.importorskip("ray", reason="Ray is not installed: pip install 'kiyas[ray]'")
TRIAL = Trial("deep/seed-0", "deep", 0)
NAME = "trials/deep/seed-0"


@dataclasses.dataclass(frozen=True)
class Opened:
    """A study that is opened on a node, as far as a job of this test needs it."""

    folder: RunFolder
    progress: Progress


def reopen(folder, progress):
    return Opened(RunFolder(folder), progress)


def begin_again(run, seed):
    return [run.folder.trial(TRIAL).begin({"seed": seed}).status]


class Mailbox:
    """A mailbox without a cluster, which forgets what it is told."""

    @property
    def put(self):
        return self

    def remote(self, message):
        del message


@pytest.mark.parametrize(("seed", "found"), [(0, "complete"), (1, "partial")])
def test_a_node_goes_on_with_what_the_study_of_now_asks_for(tmp_path, monkeypatch, seed, found):
    monkeypatch.setattr("ray.util.get_node_ip_address", lambda: "10.0.0.1")
    address = f"memory://{uuid.uuid4().hex}/study"
    finished = RunFolder(tmp_path / "head").trial(TRIAL)
    finished.begin({"seed": 0})
    write_text(finished.history, "finished\n")
    finished.finish({"seed": 0})
    Mirror(address, tmp_path / "head").push([NAME])
    RunFolder(tmp_path / "node").trial(TRIAL).begin({"seed": 1})
    job = Job("training", seed, writes=(NAME,))
    order = Order(0, job, begin_again, reopen, tmp_path / "node", address, str(tmp_path))
    assert carry_out(order, Mailbox()) == [found]
