"""Hostile texts, and the tags of a page."""

from html.parser import HTMLParser

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
