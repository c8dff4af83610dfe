"""The labels of a drawn chart as boxes, by the width of a character; turned ones are left out."""

from dataclasses import dataclass
from itertools import combinations
from xml.etree import ElementTree

SVG = "{http://www.w3.org/2000/svg}"
WIDTH, HEIGHT = 6.2, 10


@dataclass(frozen=True)
class Box:
    text: str
    left: float
    right: float
    top: float
    bottom: float


def read_labels(svg):
    """Return a box for every label that is not turned."""
    boxes = []
    for node in ElementTree.fromstring(str(svg)).iter(f"{SVG}text"):
        if "transform" in node.attrib:
            continue
        x, y, length = float(node.get("x")), float(node.get("y")), WIDTH * len(node.text or "")
        style = node.get("class", "").split()
        share = 0.5 if {"middle", "inside"} & set(style) else 1.0 if "end" in style else 0.0
        left = x - share * length
        boxes.append(Box(node.text or "", left, left + length, y - HEIGHT, y))
    return boxes


def find_overlaps(svg):
    """Return the pairs of labels that lie on one another."""
    return [
        (one.text, other.text)
        for one, other in combinations(read_labels(svg), 2)
        if one.left < other.right
        and other.left < one.right
        and one.top < other.bottom
        and other.top < one.bottom
    ]


def find_cut(svg):
    """Return the labels that reach over the edge of the drawing."""
    width = float(ElementTree.fromstring(str(svg)).get("viewBox").split()[2])
    return [box.text for box in read_labels(svg) if box.left < 0 or box.right > width + 1]
