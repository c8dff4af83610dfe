"""A page in the browser, with everything it asked the network for and complained about."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import BrowserContext, Page, expect


@dataclass
class OpenedPage:
    """A page whose drawer is ready."""

    page: Page
    requests: list[str]
    """Addresses asked for, the page's own included."""
    complaints: list[str]
    """Errors and warnings of the console, and uncaught exceptions."""
    dialogs: list[str]
    """What ``alert`` and its kin would have said."""

    @classmethod
    def open(cls, context: BrowserContext, address: str) -> OpenedPage:
        page = context.new_page()
        opened = cls(page, [], [], [])
        page.on("request", lambda request: opened.requests.append(request.url))
        page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        page.on("console", opened._hear)
        page.on("dialog", opened._dismiss)
        page.goto(address)
        expect(page.locator("#browser")).to_be_visible(timeout=30_000)
        return opened

    def _hear(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _dismiss(self, dialog):
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    @property
    def names_listed(self) -> list[str]:
        """Return the ids of the entries that the list shows."""
        shown = "#entry-list li:not([hidden]) a"
        links = self.page.eval_on_selector_all(shown, "all => all.map(a => a.getAttribute('href'))")
        return [link.removeprefix("#") for link in links]

    @property
    def title(self) -> str:
        """Return the name of the entry that is open."""
        return self.page.locator("#entry-name").inner_text()
