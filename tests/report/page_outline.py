"""Hostile texts, the tags of a page, and the page as a browser shows it."""

import shutil
import subprocess
from html.parser import HTMLParser

import pytest

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- <script>",
    "nul \u0000 escape \u001b[2J bell \u0007",
    "half \ud83d surrogate",
    "right \u202e to left \u200f mark",
    "x" * 1_000_000,
)
VOID = {"meta", "input", "br", "img", "link"}


class Outline(HTMLParser):
    """Collects tags with attributes, and tags that are closed out of turn."""

    def __init__(self):
        super().__init__()
        self.tags, self.open, self.unbalanced = [], [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)


def outline(text):
    parser = Outline()
    parser.feed(text)
    return parser


SHOWN = (
    "&lt;/script&gt;&lt;script&gt;alert(1)",
    "&lt;img src=x onerror=alert(1)&gt;",
    "&lt;!-- &lt;script&gt;",
    '<span class="control">U+0000</span>',
    '<span class="control">U+D83D</span>',
    '<span class="control">U+202E</span>',
    "980,000",
)
"""What a browser makes of each hostile text."""


def dump_dom(address, folder):
    """Return the page's elements after its scripts have run."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no chromium on this machine")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    options += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    options += [f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=4000"]
    done = subprocess.run(
        [chromium, *options, "--dump-dom", address], capture_output=True, timeout=120, check=True
    )
    return done.stdout.decode("utf-8", "replace")
