"""Reports of many arms: seconds to build, size, and the first paint in headless Chromium.

The study is made up (``tests/report/large_report.py``); what is timed is ``write_report``: page,
Markdown, tables, figures and technical report. Wall seconds are rough on a busy machine, so that
processor seconds stand beside them. One row a size:

    python benchmarks/report.py                    # 10 x 9 and 200 x 10
    python benchmarks/report.py --size 10x9 --profile
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import resource
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "report"))

from large_report import make_large_study
from synthetic_report import ORIGIN

from kiyas.report import write_report

if TYPE_CHECKING:
    from playwright.sync_api import Page

MB = 1e6
PAUSE_MS = 125
"""A little more than the page waits for the next letter of a search."""


@dataclass(frozen=True)
class Target:
    """What a report of a size must keep to."""

    build_s: float
    size_mb: float
    first_paint_ms: float | None = None


TARGETS = {"10x9": Target(6, 3, 1000), "200x10": Target(30, 25)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", action="append", help="ARMSxCHECKPOINTS; may be repeated")
    parser.add_argument("--problems", type=int, default=164)
    parser.add_argument("--profile", action="store_true", help="where the processor seconds go")
    parser.add_argument("--keep", type=Path, help="folder in which the reports stay")
    wanted = parser.parse_args()
    for size in wanted.size or TARGETS:
        folder = (wanted.keep or Path(tempfile.mkdtemp())) / size
        measure(size, wanted.problems, folder, is_profiled=wanted.profile)
        if wanted.keep is None:
            shutil.rmtree(folder.parent)


def measure(size: str, num_problems: int, folder: Path, *, is_profiled: bool) -> None:
    """Build one report, look at it, print what was seen."""
    num_arms, num_steps = map(int, size.split("x"))
    study = make_large_study(num_arms, num_steps, num_problems)
    profile = cProfile.Profile()
    wall, processor = time.perf_counter(), time.process_time()
    files = profile.runcall(write_report, *study, ORIGIN, folder) if is_profiled else None
    files = files or write_report(*study, ORIGIN, folder)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    peak_gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    size_mb = files.index.stat().st_size / MB
    print(
        f"{size} x {num_problems}: {wall:.1f} s ({processor:.1f} s of processor), "
        f"{size_mb:.2f} MB, peak {peak_gib:.2f} GiB; target {TARGETS.get(size)}",
        flush=True,
    )
    if is_profiled:
        pstats.Stats(profile).sort_stats("cumulative").print_stats(45)
    print("  " + look_at(files.index), flush=True)


def look_at(index: Path) -> str:
    """Return what a reader waits for: the first paint, the browser of problems, a search, a click.

    All in milliseconds; the first paint since navigation began, the others on their own.
    """
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, chromium_sandbox=False)
        page = browser.new_context(offline=True, viewport={"width": 1280, "height": 900}).new_page()
        page.goto(index.as_uri(), wait_until="commit", timeout=120_000)
        page.wait_for_selector("#entry h3", timeout=120_000)
        timing = page.evaluate(
            "() => [performance.getEntriesByName('first-contentful-paint')[0].startTime,"
            " performance.now(), document.querySelectorAll('*').length]"
        )
        clicked = _wait_after(page, "document.querySelectorAll('#entry-list a')[5].click()")
        searched = _wait_after(
            page, "const box = document.getElementById('search'); box.value = 'window';"
            "box.dispatchEvent(new Event('input'))"
        )  # fmt: skip
        browser.close()
    return (
        f"first paint {timing[0]:.0f} ms, problems ready {timing[1]:.0f} ms, "
        f"{timing[2]} elements, click {clicked:.0f} ms, search {searched:.0f} ms"
    )


def _wait_after(page: Page, action: str) -> float:
    """Return milliseconds from an action to the frame that shows it, less the search's pause."""
    return float(
        page.evaluate(
            f"""async () => {{
                const begin = performance.now();
                {action};
                await new Promise((done) => setTimeout(done, {PAUSE_MS}));
                await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
                return performance.now() - begin - {PAUSE_MS};
            }}"""
        )
    )


if __name__ == "__main__":
    main()
