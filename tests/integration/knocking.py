"""Knocks at a route as somebody, about something, and says what the answer was, with what must differ taken out."""

import hashlib
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from intake.identity import follow_cookie, staff_cookie
from shared import api_keys, attachments, people
from shared.api_keys import NewKey, Scope
from shared.attachments import FileState, NewFile
from shared.domain import commands as c
from shared.domain.numbers import LARGEST_ID, number_of, ticket_id_of
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from shared.people import NewStaff
from shared.storage import storage
from tests.integration.api import Api
from tests.integration.route_table import GONE, NOBODY, OTHER_OPERATOR, Way
from tests.integration.stage import MONDAY, OTHER_UNIT, UNIT, rules_of

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
MISSING = "missing"
_VARYING = {"X-Request-Id", "Content-Length", "Date", "Set-Cookie", "ETag"}


def routes(app: Flask) -> dict[str, str]:
    """Return `METHOD endpoint` → rule of every route; two rules of one endpoint are two routes only by method."""
    found = {}
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) & METHODS:
            found[f"{method} {rule.endpoint}"] = rule.endpoint
    return found


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `text` is the body without what differs between two equal answers."""

    status: int
    location: str
    headers: tuple[tuple[str, str], ...]
    text: str

    @property
    def is_door(self) -> bool:
        """Tell whether somebody unknown was sent to the entrance."""
        return self.status == 401 or (self.status == 303 and self.location in ("/login", "/"))


class World:
    """A city with one object of every kind and secrecy, so that every row of the table can be tried."""

    def __init__(self, api: Api) -> None:
        self.api = api
        stage = api.stage
        stage.as_owner("ALTER TABLE staff ALTER COLUMN id RESTART WITH 7000001")  # ids that no page holds by chance
        with stage.engine.begin() as connection:
            operator, other = (Viewer(Role.OPERATOR, "chengdu", api.staff_id(connection, n)) for n in ("lin", "he"))
            handler = Viewer(Role.HANDLER, "chengdu", api.staff_id(connection, "zhou"), UNIT)
            abroad = NewStaff(city="qinghe", login="far", name="Far", password=None, role=Role.OPERATOR)
            self.person_ids = {
                "of the city": api.staff_id(connection, "he"),
                "of another city": people.add_staff(connection, abroad),
                "missing": 10**6,
            }
            admins = {"of the city": Viewer(Role.ADMIN, "chengdu"), "of another city": Viewer(Role.ADMIN, "qinghe")}
            # An id that is not also a digit of the page.
            stage.as_owner("ALTER TABLE api_key ALTER id RESTART WITH 900001")
            new = NewKey(name="the district's system", scopes=frozenset({Scope.REGISTER}))
            self.key_ids = {name: api_keys.add(connection, admin, new)[0] for name, admin in admins.items()}
            self.key_ids["missing"] = 10**6
        confidential = stage.register(actor=other, confidential=True)
        stage.act(c.Dispatch, confidential, other, unit=OTHER_UNIT)
        at_seat, withdrawn = stage.register(actor=operator), stage.dispatched(actor=operator).id
        stage.act(c.SendToSeat, at_seat, operator, skill="tax")
        stage.act(c.Withdraw, withdrawn, operator, reason="x", seen_seq=stage.ticket(withdrawn).seq)
        self.ticket_ids = {
            "of the unit": stage.dispatched(actor=operator).id,
            "of another unit": stage.dispatched(OTHER_UNIT, actor=operator).id,
            "against the unit": stage.dispatched(OTHER_UNIT, actor=operator, accused_unit=UNIT).id,
            "confidential": confidential,
            "with hidden identity": stage.dispatched(actor=operator, hidden_identity=True).id,
            "at a seat": at_seat,
            "withdrawn": withdrawn,
        }
        self.handler = handler
        zone = rules_of("chengdu").zone
        self.numbers = {
            name: number_of(ticket_id, stage.ticket(ticket_id).registered_at, zone)
            for name, ticket_id in self.ticket_ids.items()
        }
        self.numbers |= {
            "missing": number_of(LARGEST_ID - 1, MONDAY, zone),
            "of another city": self._abroad(zone),
            "not a number": "xyz",
        }
        self.caller_id = self.ticket_ids["of the unit"]
        self.files = {name: self._file(ticket_id_of(number)) for name, number in self.numbers.items()}

    def _abroad(self, zone: Any) -> str:
        """Return the number of a ticket that stands in the same database but belongs to another city."""
        ticket_id = self.api.stage.dispatched().id
        with self.api.stage.owner.begin() as connection:
            connection.execute(sa.text("UPDATE ticket SET city = 'qinghe' WHERE id = :id"), {"id": ticket_id})
        return number_of(ticket_id, self.api.stage.ticket(ticket_id).registered_at, zone)

    def _file(self, ticket_id: int | None) -> str:
        """Let a ticket have a file and return its id, a random one where there is no such ticket."""
        place, content = storage(), b"hello"
        assert place is not None
        with self.api.stage.engine.begin() as connection:
            known = connection.execute(sa.text("SELECT city FROM ticket WHERE id = :id"), {"id": ticket_id}).scalar()
            if known is None:
                return secrets.token_hex(16)
            new = NewFile(known, None, None, "txt", len(content), hashlib.sha256(content).hexdigest())
            file_id = attachments.begin(connection, new)
            attachments.set_state(connection, file_id, FileState.UNSCANNED)
            row = {"id": file_id, "sha256": new.sha256, "ticket_id": ticket_id, "seq": 1, "place": 0, "is_inner": False}
            attachments.bind(connection, [row])
        place.put(attachments.stored_as(file_id), content)
        return file_id

    def objects(self, kind: str | None) -> Mapping[str, Mapping[str, Any]]:
        """Return the objects of a kind by name: what the route's path and query call them."""
        match kind:
            case "ticket":
                return {name: {"number": number} for name, number in self.numbers.items()}
            case "person":
                return {name: {"staff_id": staff_id} for name, staff_id in self.person_ids.items()}
            case "key":
                return {name: {"key_id": key_id} for name, key_id in self.key_ids.items()}
            case "by code":
                return {name: {"number": number} for name, number in self.numbers.items()}
            case "file" | "file by code" | "file of the caller":
                return {name: {"number": number, "file_id": self.files[name]} for name, number in self.numbers.items()}
            case "link":
                return {name: {"token": token} for name, token in self._links().items()}
            case None:
                return {"": {}}
        raise LookupError(kind)

    def _links(self) -> dict[str, str]:
        keys, mine, version = self.api.stage.keys, self.caller_id, self.api.stage.ticket(self.caller_id).code_version
        return {
            "of the caller": keys.link_token(mine, version),
            "revoked": keys.link_token(mine, version + 1),
            "missing": keys.link_token(LARGEST_ID - 1, 1),
            "not a link": "xyz",
        }

    def code(self) -> dict[str, str]:
        """Return the header with the pick-up code of the caller's own ticket."""
        version = self.api.stage.ticket(self.caller_id).code_version
        return {"Pick-Up-Code": self.api.stage.keys.pick_up_code(self.caller_id, version)}

    def staff(self, who: str) -> FlaskClient:
        """Return a client with a fresh session, or what is left of one."""
        if who == NOBODY:
            return self.api.staff()
        if who != GONE:
            return self.api.staff(who)
        client = self.api.site.staff.test_client()
        with self.api.stage.engine.begin() as connection:
            new = NewStaff(city="chengdu", login=secrets.token_hex(8), name="Gone", password=None, role=Role.SUPERVISOR)
            gone = people.add_staff(connection, new)
            client.set_cookie(staff_cookie(), people.open_session(connection, gone))
            people.deactivate(connection, Viewer(Role.ADMIN, "chengdu"), gone)
        return client

    def caller(self, who: str) -> FlaskClient:
        """Return a browser on the internet: of nobody, of a caller, or with a link that has been revoked."""
        client = self.api.public()
        if who != NOBODY:
            version = self.api.stage.ticket(self.caller_id).code_version + (who == "revoked")
            client.set_cookie(follow_cookie(), self.api.stage.keys.link_token(self.caller_id, version))
        return client

    def written(self) -> list[Mapping[str, Any]]:
        """Return what would have changed had anything been written to a ticket."""
        return self.api.stage.rows("SELECT id, seq, head FROM ticket ORDER BY id")

    def forget_tries(self) -> None:
        """Let nobody have guessed yet."""
        self.api.stage.as_owner("DELETE FROM attempt")

    def restore_person(self) -> None:
        """Let the person at whom administrators try things be as before."""
        statement = "UPDATE staff SET is_active = true, extension = NULL, one_time_until = NULL WHERE login = :login"
        self.api.stage.as_owner(statement, login=OTHER_OPERATOR)


@dataclass(frozen=True, slots=True)
class Door:
    """One surface, one person's client, and what else they show."""

    app: Flask
    client: FlaskClient
    headers: Mapping[str, str] | None = None


def knock(door: Door, route: str, way: Way, named: Mapping[str, Any]) -> Answer:
    """Go to a route about one object."""
    app, client, headers = door.app, door.client, dict(door.headers or {})
    method, endpoint = route.split(" ")
    arguments = next(iter(rule.arguments for rule in app.url_map.iter_rules() if rule.endpoint == endpoint))
    values = {name: value for name, value in {**way.path, **named}.items() if name in arguments}
    with app.test_request_context():
        path = app.url_map.bind("localhost").build(endpoint, values)
    if way.query:
        path += "?" + way.query.format(**named)
    is_api = path.startswith("/api/")
    body: dict[str, Any] = {"json": dict(way.form)} if is_api and method != "GET" else {}
    if not is_api and method == "POST":
        body = {"data": dict(way.form)}
    return read(client.open(path, method=method, headers=headers, buffered=True, **body), named)


def read(response: TestResponse, named: Mapping[str, Any]) -> Answer:
    """Return the answer with request ids, tokens, times and the object's own name taken out."""
    text = re.sub(r"[0-9a-f]{32}", "ID", response.get_data(as_text=True))  # before a short id is found within it
    location = response.headers.get("Location", "")
    for value in named.values():
        spelt = re.compile(r"[\s-]*".join(map(re.escape, str(value))))  # a number is also shown in groups
        text, location = spelt.sub("#", text), spelt.sub("#", location)
    text = re.sub(r'name="(csrf_token|key)"[^>]*value="[^"]*"', "TOKEN", text)
    headers = tuple(sorted((k, v) for k, v in response.headers.items() if k not in _VARYING and k != "Location"))
    return Answer(response.status_code, location, headers, text)


def tries(table: Mapping[str, tuple[Way, ...]]) -> Iterator[tuple[str, Way]]:
    """Yield every way of every route."""
    for route, ways in table.items():
        for way in ways:
            yield route, way
