"""Every route × every role × every kind of object, against the one table (SECURITY 4: S1-S4, S16, S46)."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from intake.stream import create_stream
from tests.integration import route_table as table
from tests.integration.api import Api
from tests.integration.knocking import MISSING, Answer, Door, World, knock, routes, tries
from tests.integration.route_table import NOBODY, Way

Ways = Mapping[str, tuple[Way, ...]]


@pytest.fixture
def world(api: Api) -> World:
    for app in (api.site.staff, api.site.public):
        app.config["WTF_CSRF_ENABLED"] = False  # or every form is refused before anybody asks for the role
    return World(api)


def test_every_route_of_every_surface_has_a_row_and_every_row_a_route(api: Api) -> None:
    assert routes(api.site.staff).keys() == table.STAFF.keys()
    assert routes(api.site.public).keys() == table.PUBLIC.keys()
    assert routes(create_stream()).keys() == table.STREAM


def wrong_for(role: str, way: Way, name: str, answer: Answer, none: Answer) -> str | None:
    """Return what is wrong with an answer, None if it is as the table says. `none` is the answer about nothing."""
    if answer.status >= 500:
        return "broken"
    if role not in way.roles:
        if role in (NOBODY, table.GONE, table.REVOKED):
            return None if answer.is_door else "not sent to the door"
        return None if answer.status == 403 else "let in"
    if way.names is not None and role not in table.SEES[way.names][name]:
        if answer.status < 400 and not way.query and way.names != "person":
            return "not refused"
        return None if answer == none else "not like what does not exist"
    if way.may is not None and role not in way.may:
        return None if answer.status == 403 else "may not do this, yet"
    if NOBODY in way.roles:
        return None  # what is open to all asks for a proof of its own
    is_refused = answer.status in (401, 403) or (answer.status == 404 and way.names is not None)
    return "refused" if is_refused or (answer.is_door and role in (NOBODY, table.GONE)) else None


def walk(world: World, ways: Ways, role: str, door: Callable[[], Door]) -> list[tuple[object, ...]]:
    """Knock everywhere about everything; return what is not as the table says."""
    wrong: list[tuple[object, ...]] = []
    for route, way in tries(ways):
        objects = world.objects(way.names)
        world.forget_tries()
        none = knock(door(), route, way, objects[MISSING]) if way.names else None
        for name, named in tried(objects, way, role):
            before = world.written()
            answer = knock(door(), route, way, named)
            said = wrong_for(role, way, name, answer, none or answer)
            if said is None and not is_seen(role, way, name) and world.written() != before:
                said = "written"
            if said is not None:
                wrong.append((route, dict(way.path), way.query, name, said, answer.status, answer.location))
            if way.names == "person":
                world.restore_person()
    return wrong


def tried(objects: Mapping[str, Mapping[str, Any]], way: Way, role: str) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the objects to ask about: one is enough for whom the route is closed whatever it is about."""
    wanted = [(name, named) for name, named in objects.items() if way.only is None or name in way.only]
    return wanted if role in way.roles else wanted[:1]


@pytest.mark.parametrize("role", sorted(table.ANYBODY))
def test_every_staff_route_answers_about_every_object_as_the_table_says(world: World, role: str) -> None:
    wrong = walk(world, table.STAFF, role, lambda: Door(world.api.site.staff, world.staff(role)))
    assert wrong == [], "\n".join(map(str, wrong))


@pytest.mark.parametrize("role", sorted(table.ALL_CALLERS))
def test_every_public_route_answers_about_every_object_as_the_table_says(world: World, role: str) -> None:
    wrong = walk(world, table.PUBLIC, role, lambda: Door(world.api.site.public, world.caller(role), world.code()))
    assert wrong == [], "\n".join(map(str, wrong))


def is_seen(role: str, way: Way, name: str) -> bool:
    """Tell whether the object exists for the role and the act is theirs."""
    if role not in (way.roles if way.may is None else way.may):
        return False
    return way.names is None or role in table.SEES[way.names][name]


def test_reading_changes_nothing(world: World) -> None:
    stage = world.api.stage
    query = (
        "SELECT count(*) AS events, (SELECT max(xmin::text) FROM ticket), (SELECT count(*) FROM job) FROM ticket_event"
    )
    before = stage.rows(query)
    for route, way in tries(table.STAFF):
        if route.startswith("GET ") and table.SUPERVISOR in way.roles:
            for named in world.objects(way.names).values():
                knock(Door(world.api.site.staff, world.staff(table.SUPERVISOR)), route, way, named)
    assert stage.rows(query) == before


def test_who_asked_for_a_ticket_of_another_unit_is_written_down(world: World) -> None:
    number, ticket_id = world.numbers["of another unit"], world.ticket_ids["of another unit"]
    assert world.staff(table.HANDLER).get(f"/api/v1/tickets/{number}").status_code == 404
    noted = world.api.stage.rows("SELECT role, action FROM access_log WHERE ticket_id = :id", id=ticket_id)
    assert noted == [{"role": "handler", "action": "denied"}]
