"""Both surfaces on a stage's database, and people who use them by form, as a browser without scripts would."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from shared import people
from shared.cities.load import load_city
from shared.domain.numbers import number_of
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from shared.people import NewStaff
from tests.integration.stage import CITY, OTHER_UNIT, UNIT, Stage

PASSWORD = "a long enough one"
PEOPLE: dict[str, dict[str, Any]] = {
    "lin": {"name": "Lin Xiao", "role": Role.OPERATOR},
    "he": {"name": "He Li", "role": Role.OPERATOR},
    "zhou": {"name": "Zhou Min", "role": Role.HANDLER, "unit": UNIT},
    "chen": {"name": "Chen Ke", "role": Role.HANDLER, "unit": UNIT, "leads_unit": True},
    "luo": {"name": "Luo Jin", "role": Role.HANDLER, "unit": OTHER_UNIT},
    "wu": {"name": "Wu Lan", "role": Role.EXPERT, "skills": ("tax",)},
    "zheng": {"name": "Zheng Ning", "role": Role.SUPERVISOR},
    "root": {"name": "Admin", "role": Role.ADMIN},
}


class _Text(HTMLParser):
    """The text of a page as it is read, and what its scripts and styles are."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)


@dataclass
class Page:
    """One answer."""

    response: TestResponse
    html: str
    text: str
    tags: list[tuple[str, dict[str, str | None]]]

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def location(self) -> str:
        return str(self.response.headers.get("Location", ""))

    def value(self, name: str) -> str:
        """Return what a field of a form holds."""
        found = [attrs for tag, attrs in self.tags if tag == "input" and attrs.get("name") == name]
        return (found[0].get("value") or "") if found else ""

    def typed(self, element: str) -> str:
        """Return what the text area with this id holds."""
        found = re.search(rf'<textarea id="{element}"[^>]*>([^<]*)</textarea>', self.html)
        assert found, f"no text area {element}"
        return found[1]


class Visitor:
    """Somebody with a browser of their own."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()
        self.token = ""

    def get(self, path: str, **options: Any) -> Page:
        return self._page(self.client.get(path, **options))

    def post(self, path: str, **form: Any) -> Page:
        """Send a form with the token that the last page held."""
        return self._page(self.client.post(path, data={"csrf_token": self.token, **form}))

    def follow(self, page: Page) -> Page:
        """Go where a page sends."""
        assert page.status == 303, page.text
        return self.get(page.location)

    def _page(self, response: TestResponse) -> Page:
        html = response.get_data().decode(errors="replace")
        parser = _Text()
        parser.feed(html)
        page = Page(response, html, " ".join("".join(parser.pieces).split()), parser.tags)
        self.token = page.value("csrf_token") or self.token
        return page


@dataclass
class Site:
    """The two surfaces and the people at work."""

    stage: Stage
    public: Flask
    staff: Flask
    at_work: dict[str, Visitor] = field(default_factory=dict)
    city: str = CITY
    accounts: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: PEOPLE)

    def visitor(self) -> Visitor:
        """Return a citizen with a browser."""
        return Visitor(self.public)

    def caller(self, ticket_id: int) -> Visitor:
        """Return the ticket's caller, who came by the link."""
        known = self.stage.ticket(ticket_id)
        visitor = self.visitor()
        visitor.follow(visitor.get(f"/f/{self.stage.keys.link_token(known.id, known.code_version)}"))
        return visitor

    def person(self, login: str) -> Visitor:
        """Return a member of staff, logged in."""
        if login not in self.at_work:
            self.add(login)
            visitor = Visitor(self.staff)
            visitor.get("/login")
            assert visitor.post("/login", login=login, password=PASSWORD).status == 303
            visitor.get("/")
            self.at_work[login] = visitor
        return self.at_work[login]

    def add(self, login: str) -> None:
        """Make sure that the account exists."""
        with self.stage.engine.begin() as connection:
            known = {person.login for person in people.list_staff(connection, Viewer(Role.ADMIN, self.city))}
            if login not in known:
                new = NewStaff(city=self.city, login=login, password=PASSWORD, **self.accounts[login])
                people.add_staff(connection, new)

    def id_of(self, login: str) -> int:
        """Return the id of a member of staff."""
        self.add(login)
        return int(self.stage.rows("SELECT id FROM staff WHERE login = :login", login=login)[0]["id"])

    def number(self, ticket_id: int) -> str:
        """Return a ticket's number."""
        return number_of(ticket_id, self.stage.ticket(ticket_id).registered_at, load_city(self.city).zone)
