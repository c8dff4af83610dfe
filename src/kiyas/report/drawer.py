"""The browser of all problems or items, as records, and the words that its script says.

What an entry holds is the task's own matter: a script and a block of data for each task. List,
search, filters, keys and links are the same for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kiyas.report.entry_block import EntryBlock
from kiyas.report.languages import Catalogue


@dataclass(frozen=True)
class Choice:
    """A select element of the filters; the first option, ``any``, is not listed."""

    name: str
    """Its id."""
    title: str
    """Its label."""
    options: Mapping[str, str]
    """Words by value; empty where the script fills them in from the data."""


@dataclass(frozen=True)
class Drawer:
    """A section that shows every problem or item with what each checkpoint or trial made of it."""

    name: str
    """Anchor."""
    title: str
    """Heading, and link in the navigation."""
    intro: str
    """What is in it."""
    block: EntryBlock
    """The entries."""
    choices: tuple[Choice, ...]
    """Filters besides the search and the two that are compared."""
    legend: Mapping[str, str]
    """What a mark means: words by class of the mark."""
    legend_note: str
    """In which order the marks stand."""
    without_script: str
    """What a browser without scripts says."""
    on_paper: str
    """What the print says."""
    script: str
    """Name of the script that unpacks and draws an entry."""
    first: str
    """Label that is compared at first."""
    second: str
    """Label that it is compared with at first."""
    messages: Mapping[str, str]
    """What the scripts say."""


def shared_messages(catalogue: Catalogue) -> dict[str, str]:
    """Return what the scripts of all drawers say."""
    _ = catalogue.gettext
    return {
        "empty": _("empty"),
        "leftOut": _("{count} characters left out here; the whole text is in the run folder"),
        "missing": _("not answered"),
        "showAnswers": _("Answers shown"),
    }
