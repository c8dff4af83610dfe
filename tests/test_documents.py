"""The documents say what the program does."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = runpy.run_path(str(ROOT / "scripts" / "write_references.py"))["pages"]()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_generated_text_is_up_to_date(path: Path) -> None:
    told = "stale: run python scripts/write_references.py"
    assert path.read_text(encoding="utf-8") == PAGES[path], told


def test_every_page_of_the_site_is_named_in_its_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = [path.name for path in (ROOT / "docs").glob("*.md")]
    assert len(pages) >= 6
    assert [name for name in pages if name not in navigation] == []
