"""Reports -> the README's pictures, by headless Chromium: python scripts/take_screenshots.py.

Opens each report (``--code``, ``--topics``) without a network and writes small PNG files of fixed
sizes to ``docs/images``. Takes no picture of a section that a report does not have, and says so.
Pixels are those of this machine's fonts: no test compares them.
"""

from __future__ import annotations

import argparse
import io
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "docs" / "examples"
IMAGES = ROOT / "docs" / "images"
_NUM_COLOURS = 128
"""Flat pictures of text: a palette makes them a third of the size, and nobody sees it."""


@dataclass(frozen=True)
class Shot:
    """One picture."""

    name: str
    """Stem of the file."""
    anchor: str
    """Id of the element that stands at the top; empty for the top of the page."""
    size: tuple[int, int] = (1200, 750)
    """Width and height in pixels."""
    scheme: Literal["light", "dark"] = "light"
    """What the reader's system prefers."""


CODE_SHOTS = (
    Shot("summary", ""),
    Shot("summary-dark", "", scheme="dark"),
    Shot("phone", "", (390, 844)),
    Shot("results", "leaderboard"),
    Shot("audit", "audit"),
    Shot("problems", "problems", (1200, 900)),
)
TOPICS_SHOTS = (
    Shot("topics-summary", ""),
    Shot("topics-roc", "roc-chart"),
    Shot("topics-confusion", "confusion-0"),
)


def main() -> None:
    """Take every picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--code", type=Path, default=EXAMPLES / "codegen-cot-small/index.html")
    parser.add_argument("--topics", type=Path, default=EXAMPLES / "math-topics-small/index.html")
    parser.add_argument("--output", type=Path, default=IMAGES)
    wanted = parser.parse_args()
    wanted.output.mkdir(parents=True, exist_ok=True)
    take_shots({wanted.code: CODE_SHOTS, wanted.topics: TOPICS_SHOTS}, wanted.output)


def take_shots(shots: dict[Path, Sequence[Shot]], folder: Path) -> None:
    """Write the pictures of each report that is there."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, chromium_sandbox=False)
        for report, wanted in shots.items():
            if not report.is_file():
                print(f"{report}: no such report, its pictures are not taken")
                continue
            for shot in wanted:
                take_shot(browser, report, shot, folder / f"{shot.name}.png")
        browser.close()


def take_shot(browser: Browser, report: Path, shot: Shot, path: Path) -> None:
    """Write one picture."""
    width, height = shot.size
    context = browser.new_context(
        offline=True,
        viewport={"width": width, "height": height},
        color_scheme=shot.scheme,
        reduced_motion="reduce",
        locale="en-GB",
    )
    page = context.new_page()
    page.goto(report.resolve().as_uri())
    page.wait_for_selector("#entry h3", timeout=120_000)
    if shot.anchor and not _scroll_to(page, shot.anchor):
        print(f"{report}: no #{shot.anchor}, {path.name} is not taken")
    else:
        picture = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
        picture.quantize(_NUM_COLOURS).save(path, optimize=True)
        print(f"{path}: {width} x {height}, {path.stat().st_size // 1000} KB")
    context.close()


def _scroll_to(page: Page, anchor: str) -> bool:
    """Bring an element to the top; return whether there is one."""
    found = page.locator(f"#{anchor}")
    if not found.count():
        return False
    found.evaluate("(element) => element.scrollIntoView({ block: 'start' })")
    return True


if __name__ == "__main__":
    main()
