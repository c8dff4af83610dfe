import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for the support modules here: tests are no package


@pytest.fixture(scope="session")
def checkpoints():
    from synthetic_report import make_checkpoints

    return make_checkpoints(steps=(100, 400))


@pytest.fixture(scope="session")
def pages(checkpoints):
    from synthetic_report import make_pages

    return make_pages(checkpoints, 30)


@pytest.fixture(scope="session")
def findings(checkpoints, pages):
    from synthetic_report import make_findings

    return make_findings(checkpoints, pages)


@pytest.fixture(scope="session")
def histories(checkpoints):
    from synthetic_report import make_histories

    return make_histories(checkpoints)


@pytest.fixture(scope="session")
def english():
    from kiyas.report.languages import load_language

    return load_language("en")


@pytest.fixture(scope="session")
def turkish():
    from kiyas.report.languages import load_language

    return load_language("tr")


@pytest.fixture(scope="session")
def splits():
    from trained_report import load_splits

    return load_splits()


@pytest.fixture(scope="session")
def topics(splits):
    """Return the findings of a classification study."""
    from trained_report import make_classification_findings

    return make_classification_findings(splits)


@pytest.fixture(scope="session")
def texts(splits):
    """Return the texts of its test rows."""
    return splits["test"][0]
