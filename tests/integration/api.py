"""The JSON API as its clients use it: callers with number and code, staff with a session."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from intake.identity import staff_cookie
from router.handlers import think
from shared import people
from shared.consumer import drain, through_ledger
from shared.domain.follow_ups import JobKind
from shared.people import NewStaff
from tests.integration.site import Site
from tests.integration.stage import Stage

BODY = "锦江区春熙路昨天起停水，打电话没人管。"


@dataclass
class Api:
    """Clients of both surfaces. A visitor of the public one comes from an address of its own unless told another."""

    site: Site
    ids: dict[str, int] = field(default_factory=dict)
    _count: Callable[[], int] = field(default_factory=lambda: itertools.count(1).__next__)

    @property
    def stage(self) -> Stage:
        return self.site.stage

    def public(self, address: str | None = None) -> FlaskClient:
        """Return a client on the internet."""
        client = self.site.public.test_client()
        client.environ_base["REMOTE_ADDR"] = address or f"198.51.100.{self._count() % 256}"
        return client

    def staff(self, login: str | None = None) -> FlaskClient:
        """Return a client in the building, as one of `PEOPLE` or as nobody."""
        client = self.site.staff.test_client()
        if login is not None:
            with self.stage.engine.begin() as connection:
                token = people.open_session(connection, self.staff_id(connection, login))
            client.set_cookie(staff_cookie(), token)
        return client

    def staff_id(self, connection: Any, login: str) -> int:
        """Return the id of one of `PEOPLE`, whose account is made on first need, without a password."""
        if login not in self.ids:
            new = NewStaff(city=self.site.city, login=login, password=None, **self.site.accounts[login])
            self.ids[login] = people.add_staff(connection, new)
        return self.ids[login]

    def key(self) -> dict[str, str]:
        """Return a fresh Idempotency-Key header."""
        return {"Idempotency-Key": f"key-{self._count():08d}"}

    def file(self, **said: Any) -> dict[str, Any]:
        """File a request as a citizen and return what they take away."""
        response = self.public().post("/api/v1/tickets", json={"body": BODY} | said, headers=self.key())
        assert response.status_code == 201, response.json
        return dict(response.json)

    def file_at_console(self, **said: Any) -> dict[str, Any]:
        """Register a request as an operator."""
        response = self.staff("lin").post("/api/v1/tickets", json={"body": BODY} | said, headers=self.key())
        assert response.status_code == 201, response.json
        return dict(response.json)

    def act(self, login: str, number: str, act: str, **form: Any) -> TestResponse:
        """Do something to a ticket as one of `PEOPLE`."""
        return self.staff(login).post(f"/api/v1/tickets/{number}/{act}", json=form)

    def done(self, login: str, number: str, act: str, **form: Any) -> dict[str, Any]:
        """Do something that must succeed."""
        response = self.act(login, number, act, **form)
        assert response.status_code == 200, response.json
        return dict(response.json)

    def follow(self, accepted: dict[str, Any], **options: Any) -> TestResponse:
        """Look at a ticket as its caller."""
        code = options.pop("code", accepted["pick_up_code"])
        client = self.public(options.pop("address", None))
        return client.get(f"/api/v1/tickets/{accepted['number']}", headers={"Pick-Up-Code": code})

    def route(self) -> None:
        """Let the router work off what is due."""
        drain(self.stage.engine, JobKind.ROUTE, through_ledger(self.stage.ledger, think), 5)
