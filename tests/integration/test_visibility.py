"""Which tickets exist for whom: SQL says what the pure function says, and nothing leaks (SECURITY 2.1, 2.3)."""

from dataclasses import fields, replace
from types import SimpleNamespace

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Connection

from shared.domain import commands as c
from shared.domain.terms import HolderKind, Role
from shared.domain.viewer import Seen, Viewer, may_identify, may_see
from shared.reads.queues import Only, Queue, counts, counts_by_holder, queue
from shared.reads.tickets import find_by_number, reveal, ticket_view
from shared.reads.visibility import visible_to
from shared.tables.ticket import ticket as t
from tests.integration.site import Site
from tests.integration.stage import (
    CITY,
    EXPERT,
    HANDLER,
    OPERATOR,
    OTHER_UNIT,
    SUPERVISOR,
    UNIT,
    Stage,
    rules_of,
)

CITIES, UNITS = st.sampled_from((CITY, "qinghe")), st.none() | st.sampled_from((UNIT, OTHER_UNIT))
PEOPLE, SKILLS, IDS = st.none() | st.integers(1, 3), ("tax", "household"), st.integers(1, 4)

VIEWERS = st.builds(
    Viewer,
    role=st.sampled_from(Role),
    city=CITIES,
    id=PEOPLE,
    unit=UNITS,
    skills=st.lists(st.sampled_from(SKILLS), unique=True).map(tuple),
    leads_unit=st.booleans(),
    ticket_id=st.none() | IDS,
    deputy_of=st.lists(st.integers(1, 3), unique=True, max_size=2).map(tuple),
    deputy_of_leader=PEOPLE,
)
TICKETS = st.fixed_dictionaries(
    {
        "id": IDS,
        "city": CITIES,
        "unit": UNITS,
        "handler_id": PEOPLE,
        "registered_by": PEOPLE,
        "confidential": st.booleans(),
        "accused_unit": UNITS,
        "holder_kind": st.sampled_from(HolderKind),
        "holder_id": st.sampled_from(("", UNIT, OTHER_UNIT, *SKILLS)),
    }
)
TYPES = {
    name: t.c[name].type
    for name in (
        "id", "city", "unit", "handler_id", "registered_by", "confidential", "accused_unit", "holder_kind", "holder_id",
    )
}  # fmt: skip


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VIEWERS, st.lists(TICKETS, min_size=1, max_size=8))
def test_the_condition_in_sql_says_what_the_pure_function_says(
    connection: Connection, viewer: Viewer, tickets: list[dict[str, object]]
) -> None:
    # The very condition, on rows that need not fit the table's own checks.
    table = sa.values(*(sa.column(name, kind) for name, kind in TYPES.items()), name="ticket")
    rows = table.data([tuple(seen[name] for name in TYPES) for seen in tickets])
    # Cast, because a column of NULLs alone has no type.
    typed = (sa.cast(rows.c[name], kind).label(name) for name, kind in TYPES.items())
    numbered = sa.select(*typed, sa.func.row_number().over().label("n")).cte("ticket")
    condition = str(visible_to(viewer).compile(connection.engine, compile_kwargs={"literal_binds": True}))
    found = connection.execute(sa.select(numbered.c.n).where(sa.text(condition))).scalars()
    expected = [n for n, seen in enumerate(tickets, 1) if may_see(viewer, SimpleNamespace(**seen))]
    assert sorted(found) == expected


def test_every_field_that_decides_is_in_the_table_above() -> None:
    assert set(TYPES) == {name for name in dir(Seen) if not name.startswith("_")}


def everybody() -> list[Viewer]:
    return [
        OPERATOR,
        replace(OPERATOR, id=9),
        SUPERVISOR,
        HANDLER,
        Viewer(Role.HANDLER, CITY, 10, OTHER_UNIT),
        EXPERT,
        Viewer(Role.EXPERT, CITY, 11, skills=("household",)),
        Viewer(Role.ADMIN, CITY, 12),
        Viewer(Role.CALLER, CITY, ticket_id=1),
        Viewer(Role.CALLER, CITY),
        Viewer(Role.SUPERVISOR, "qinghe", 13),
    ]


def populated(stage: Stage) -> list[int]:
    """Fill a city with tickets of every secrecy, with every holder."""
    ids = [stage.register(), stage.register(confidential=True), stage.register(accused_unit=UNIT)]
    ids += [stage.dispatched().id, stage.dispatched(OTHER_UNIT).id, stage.dispatched(OTHER_UNIT, accused_unit=UNIT).id]
    ids += [stage.resolved().id, stage.resolved(hidden_identity=True).id, stage.dispatched(confidential=True).id]
    for skill in SKILLS:
        ids.append(stage.register())
        stage.act(c.SendToSeat, ids[-1], OPERATOR, skill=skill)
    ids.append(stage.register(confidential=True))
    stage.act(c.SendToTriage, ids[-1], OPERATOR, why="保密")
    return ids


def test_lists_counts_numbers_views_and_phones_all_show_exactly_what_may_be_seen(site: Site) -> None:
    stage = site.stage
    tickets = [stage.ticket(ticket_id) for ticket_id in populated(stage)]
    rules = rules_of(CITY)
    for viewer in everybody():
        mine = {ticket.id for ticket in tickets if may_see(viewer, ticket)}
        with stage.engine.connect() as connection:
            assert {row.ticket_id for row in queue(viewer, connection, rules, Queue())} == mine, viewer
            assert counts(viewer, connection, Queue())["all"] == len(mine)
            assert sum(row["open"] for row in counts_by_holder(viewer, connection)) == len(mine)
            for only in Only:
                listed = queue(viewer, connection, rules, Queue(only=only))
                assert counts(viewer, connection, Queue())[only] == len(listed)
                assert {row.ticket_id for row in listed} <= mine
            for ticket in tickets:
                number, is_mine = site.number(ticket.id), ticket.id in mine
                assert find_by_number(viewer, connection, rules, number) == (ticket.id if is_mine else None)
                view = ticket_view(viewer, connection, rules, ticket.id)
                assert (view is not None) == is_mine
                seen = reveal(viewer, connection, ticket.id, ("name", "phone"))
                hidden = ticket.hidden_identity or ticket.confidential
                assert set(seen) == ({"name", "phone"} if is_mine and may_identify(viewer, hidden) else set()), (
                    viewer,
                    ticket,
                )
                if view is not None:
                    assert (view.caller is not None) == may_identify(viewer, hidden)


def test_the_accused_unit_finds_no_trace_of_a_complaint_about_itself(stage: Stage) -> None:
    ticket = stage.dispatched(OTHER_UNIT, accused_unit=UNIT)
    for viewer in (HANDLER, replace(OPERATOR, unit=UNIT), replace(SUPERVISOR, unit=UNIT), replace(EXPERT, unit=UNIT)):
        with stage.engine.connect() as connection:
            assert queue(viewer, connection, rules_of(CITY), Queue()) == []
            assert counts(viewer, connection, Queue())["all"] == 0
            assert counts_by_holder(viewer, connection) == []
            assert ticket_view(viewer, connection, rules_of(CITY), ticket.id) is None


def test_a_queue_is_read_page_by_page_without_losing_or_repeating_a_ticket(stage: Stage) -> None:
    ids = {stage.register() for _ in range(7)} | {stage.dispatched().id for _ in range(5)}
    seen: list[int] = []
    cursor = None
    with stage.engine.connect() as connection:
        while rows := queue(SUPERVISOR, connection, rules_of(CITY), Queue(limit=3, cursor=cursor)):
            seen += [row.ticket_id for row in rows]
            cursor = (rows[-1].due_at, rows[-1].ticket_id)
    assert (len(seen), set(seen)) == (12, ids)


def test_a_queue_never_gives_more_than_a_hundred_rows(stage: Stage) -> None:
    with stage.engine.connect() as connection:
        compiled = []
        sa.event.listen(connection, "before_cursor_execute", lambda *args: compiled.append(args[3]))
        queue(SUPERVISOR, connection, rules_of(CITY), Queue(limit=10**9))
    assert 100 in dict(compiled[0]).values()


def test_only_the_number_with_the_right_date_finds_a_ticket(site: Site) -> None:
    ticket_id = site.stage.register()
    number = site.number(ticket_id)
    with site.stage.engine.connect() as connection:
        for typed, found in (
            (number, ticket_id),
            (f" {number[:4]} {number[4:8]}-{number[8:]} ", ticket_id),
            (number.translate(str.maketrans("0123456789", "０１２３４５６７８９")), ticket_id),
            (f"{ticket_id}{number[-1]}", ticket_id),
            ("250907" + number[6:], None),
            ("260908" + number[6:], None),
            (number[:-1] + str((int(number[-1]) + 1) % 10), None),
            (f"{number}; DROP TABLE ticket", None),
            ("%", None),
            ("9" * 24, None),
        ):
            assert find_by_number(SUPERVISOR, connection, rules_of(CITY), typed) == found, typed


def test_erased_words_are_said_to_be_erased(site: Site) -> None:
    stage = site.stage
    ticket_id = stage.register()
    stage.as_owner("UPDATE ticket_text SET text = NULL, salt = NULL")
    with stage.engine.connect() as connection:
        view = ticket_view(SUPERVISOR, connection, rules_of(CITY), ticket_id)
    assert view is not None
    assert view.body == "（已按规定删除）"


def test_a_viewer_has_no_field_that_this_test_does_not_vary() -> None:
    names = {field.name for field in fields(Viewer)}
    assert names == {"role", "city", "id", "unit", "skills", "leads_unit", "ticket_id", "deputy_of", "deputy_of_leader"}
