"""docs/audit-of-the-references.md says what the program says."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[1]
SCRIPT = runpy.run_path(str(ROOT / "scripts" / "write_reference_audits.py"))


def test_the_page_is_what_the_audit_prints():
    told = "stale: run python scripts/write_reference_audits.py"
    page = (ROOT / "docs" / "audit-of-the-references.md").read_text(encoding="utf-8")
    assert SCRIPT["page"]() == page, told


def test_study_1_keeps_its_gain_and_loses_its_conclusions():
    page = SCRIPT["page"]().partition("## reference-2.csv")[0]
    can, _, cannot = page.partition("What cannot be concluded")
    assert "70.7 %" in can
    assert "also a k/41" in can
    assert "That training made the model better at the task" in cannot
    assert "That Deep step 400 is better than Diverse step 400" in cannot
    assert "one seed a row" in cannot


def test_study_2_lacks_n_a_baseline_and_four_classes():
    page = SCRIPT["page"]().partition("## reference-2.csv")[2]
    for words in ("without n", "no row is a cheap baseline", "4 chosen classes of 8", "95.5"):
        assert words in page
