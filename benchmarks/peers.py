"""A peer's name -> the Python of its environment, and what one of its processes took.

Shared by ``sweep.py`` and ``training.py``. An environment is made once, outside what is timed, from
``requirements-PEER.txt``: one with torch and everything of its own, or, where a peer runs on the
very versions of kiyas, one that borrows kiyas's packages and adds the peer alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import time
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent


def timed(command: list[str]) -> tuple[float, int]:
    """Run a process; return its wall seconds and peak memory in MiB; its output goes to a log."""
    log = Path(os.environ.get("KIYAS_BENCHMARK_LOG", os.devnull))
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    begin = time.perf_counter()
    with log.open("ab") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command)
    return seconds, usage.ru_maxrss // 1024


def environment_of(peer: str, folder: Path, *, borrows: bool = False) -> Path:
    """Return the Python of a peer's environment; make it first if it is not there.

    Args:
        peer: Whose ``requirements-PEER.txt`` is installed.
        folder: Where environments are kept.
        borrows: Whether it sees the packages of the environment that this process runs in.
    """
    target, wanted = folder / peer, HERE / f"requirements-{peer}.txt"
    python, mark = target / "bin" / "python", target / ".made-from"
    ours = sysconfig.get_paths()["purelib"]
    source = wanted.read_text(encoding="utf-8") + (f"# beside {ours}\n" if borrows else "")
    if mark.is_file() and mark.read_text(encoding="utf-8") == source:
        return python
    size = "a few MB" if borrows else "about 2 GB"
    print(f"making the environment of {peer} in {target} ({size}, once)", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(target)], check=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if borrows:
        theirs = subprocess.run(
            [str(python), "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        (Path(theirs) / "beside_kiyas.pth").write_text(ours + "\n", encoding="utf-8")
    else:
        _install_torch(install)
    subprocess.run([*install, "-r", str(wanted)], check=True)
    mark.write_text(source, encoding="utf-8")
    return python


def _install_torch(install: list[str]) -> None:
    """Install the torch of kiyas: its very build where it can be had, else the locked version."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    locked = next(line for line in lock if line.startswith("torch=="))
    # A build for CPUs has no CUDA libraries, which are large.
    own = f"torch=={version('torch')}"
    if subprocess.run([*install, own], check=False, capture_output=True).returncode:
        subprocess.run([*install, locked], check=True)
