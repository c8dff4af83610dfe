"""docs/formulas.md has every public function of the statistics, as its source describes it."""

import inspect
import runpy
from pathlib import Path

import kiyas.statistics

ROOT = Path(__file__).parents[1]
SCRIPT = runpy.run_path(str(ROOT / "scripts" / "write_formulas.py"))


def test_the_page_is_what_the_docstrings_say():
    told = "stale: run python scripts/write_formulas.py"
    assert SCRIPT["PAGE"].read_text(encoding="utf-8") == SCRIPT["page"](), told


def test_no_public_function_is_left_out():
    public = {
        name
        for name in kiyas.statistics.__all__
        if inspect.isfunction(getattr(kiyas.statistics, name))
    }
    assert len(public) > 30
    assert set(SCRIPT["documented"]()) == public
