"""People with real browsers: each has a context of their own, as on a machine of their own."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.faults.stack import Stack

sync_api = pytest.importorskip("playwright.sync_api", reason="needs the dependency group `browser`")

SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
NAMES = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def chromium() -> Iterator[Any]:
    """Start a headless Chromium; skips where there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("needs Chromium (Debian: apt-get install chromium)")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=SWITCHES)
        yield browser
        browser.close()


@dataclass
class Person:
    """One browser context with one page, and everything alarming that it saw."""

    page: Any
    instance: Stack
    alarms: list[str] = field(default_factory=list)

    def open(self, path: str, *, public: bool = False) -> "Person":
        """Go to a page of the staff's or of the citizens' surface."""
        self.page.goto((self.instance.public_url if public else self.instance.staff_url) + path)
        return self

    def sees(self, selector: str, seconds: float = 15) -> None:
        """Wait until something is on the page."""
        self.page.wait_for_selector(selector, timeout=seconds * 1000)

    def log_in(self, login: str) -> "Person":
        """Log in with a demo account."""
        self.open("/login")
        self.page.fill("#login-login", login)
        self.page.fill("#login-password", self.instance.passwords[login])
        self.page.click("button.first")
        self.page.wait_for_url("**/")
        return self

    def follow(self, number: str, code: str) -> "Person":
        """Open a ticket as its caller."""
        self.open("/", public=True)
        self.page.fill("#follow-number", number)
        self.page.fill("#follow-code", code)
        self.page.click("form[action='/follow'] button")
        self.page.wait_for_url("**/ticket")
        return self

    def file(self, body: str) -> tuple[str, str]:
        """File a request on the web; return number and pick-up code."""
        self.open("/new", public=True)
        self.page.fill("#new-body", body)
        self.page.click("button.first")
        self.page.wait_for_url("**/new/done")
        number, code = self.page.locator(".number").all_inner_texts()
        return number.replace(" ", ""), code.replace(" ", "")


@contextmanager
def person(browser: Any, instance: Stack, **options: Any) -> Iterator[Person]:
    """Give somebody a browser; whatever a page pops up or its policy stops is an alarm."""
    context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
    someone = Person(context.new_page(), instance)

    def alarm(dialog: Any) -> None:
        someone.alarms.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    someone.page.on("dialog", alarm)
    someone.page.on("pageerror", lambda error: someone.alarms.append(f"script error: {error}"))
    someone.page.on(
        "console", lambda said: someone.alarms.append(said.text) if "Content Security Policy" in said.text else None
    )
    yield someone
    context.close()
