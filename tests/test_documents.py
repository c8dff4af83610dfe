"""The documents say what the program does."""

import re
import runpy
import tomllib
from pathlib import Path
from typing import get_args

import pytest

import kiyas
from kiyas.records import Protocol
from kiyas.records.taxonomy import OUTCOME_GROUPS
from kiyas.scoring import EXTRACTION_RULES

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


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def rows_under(page: str, heading: str) -> list[str]:
    """Return the rows of the tables of one section, heads left out."""
    section = page.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("| ") and "`" in line]


def named_in(rows: list[str], column: int) -> list[str]:
    return [name for row in rows for name in re.findall(r"`([\w-]+)", row.split("|")[column])]


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/data-flow.md"])
def test_a_page_has_the_floors_that_the_check_holds(page: str) -> None:
    contracts = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    floors = " > ".join(contracts[0]["layers"])
    assert floors in " ".join(read(page).split())


def test_every_protocol_rule_and_outcome_is_explained() -> None:
    page = read("docs/words.md")
    assert named_in(rows_under(page, "Protocols"), 1) == list(get_args(Protocol))
    assert set(EXTRACTION_RULES) <= set(named_in(rows_under(page, "Extraction rules"), 1))
    assert named_in(rows_under(page, "Outcomes"), 2) == list(OUTCOME_GROUPS)


def test_every_extra_is_explained() -> None:
    extras = tomllib.loads(read("pyproject.toml"))["project"]["optional-dependencies"]
    rows = read("docs/install.md").splitlines()
    assert set(named_in([row for row in rows if row.startswith("| `")], 1)) == set(extras)


def test_every_name_of_the_package_is_explained() -> None:
    rows = rows_under(read("docs/notebooks.md"), "Names")
    assert sorted(named_in(rows, 1)) == sorted(kiyas.__all__)
