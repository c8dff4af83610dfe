"""axe-core finds nothing serious in the report, in light and in dark."""

import pytest

SERIOUS = ("serious", "critical")


def find_serious(opened):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    violations = axe.run(opened.page).response["violations"]
    return [
        (violation["id"], node["target"], node["failureSummary"])
        for violation in violations
        if violation["impact"] in SERIOUS
        for node in violation["nodes"][:3]
    ]


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_page, report, scheme):
    opened = open_page(report, color_scheme=scheme, bypass_csp=True)  # axe is a script of its own
    assert find_serious(opened) == []


@pytest.mark.slow
def test_axe_finds_nothing_serious_on_a_phone(open_page, report):
    phone = {"width": 390, "height": 844}
    opened = open_page(report, viewport=phone, bypass_csp=True)
    assert find_serious(opened) == []
