"""Random lives of tickets through the real interface, database and consumers: whatever happens in whatever order.

After every step what the model knows is what the database holds, and the audit finds nothing: every holder can act,
the log replays to the row by legal steps, instants fire once and never early (FAULTS 5.3, I4 to I6). At the end of each
life everything that went wrong is over, and nothing that is due is left. Longer: `--hypothesis-profile=long`.
"""

from collections import Counter
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from shared.command import audit_stream
from shared.domain.follow_ups import JobKind
from shared.ledger import Item
from shared.packs import store
from tests.integration.api import Api
from tests.integration.conftest import read_pack_once
from tests.integration.lives import (
    CALLER,
    EVERY_ACT,
    FORMS,
    KINDS,
    REFUSALS,
    REQUESTS,
    TICK,
    WORKERS,
    Known,
    Lives,
    open_acts,
)
from tests.integration.town import Town

MOST_TICKETS, MOST_RARITIES = 4, 3
LEAST_ACTS = 8  # different ones that were accepted, or the lives were none
Seen = st.SearchStrategy[int | None] | None
STRAIGHT_ON = [
    *((act, "lin") for act in ("dispatch", "follow_up")), ("confirm", CALLER),
    *((act, who) for act in ("sign", "reply", "approve", "resolve") for who in ("chen", "luo")),
]  # fmt: skip
kinds = st.sampled_from(KINDS)


class RandomLives(RuleBasedStateMachine):
    """Everybody asks for anything; consumers come, think, apply late, twice or never; time passes."""

    def __init__(self, lives: Lives, accepted: Counter[str]) -> None:
        super().__init__()
        self.lives, self.accepted = lives, accepted
        self.pockets: list[list[Item]] = []
        self.rarities = 0
        lives.begin()

    @initialize(data=st.data(), said=REQUESTS, steps=st.integers(0, 6))
    def begin_somewhere_on_the_way(self, data: st.DataObject, said: dict[str, Any], steps: int) -> None:
        self.file("lin", said)
        self.hurry(data, self.one(data), steps)

    @precondition(lambda self: len(self.lives.tickets) < MOST_TICKETS)
    @rule(who=st.sampled_from((CALLER, "lin", "zheng")), said=REQUESTS, confidential=st.booleans())
    def register(self, who: str, said: dict[str, Any], confidential: bool) -> None:
        if who == CALLER:
            said = {name: value for name, value in said.items() if name in ("body", "county", "phone")}
        self.file(who, said | ({"confidential": True} if confidential and who != CALLER else {}))

    @rule(data=st.data(), steps=st.integers(1, 4))
    def go_on_as_the_table_says(self, data: st.DataObject, steps: int) -> None:
        for _ in range(steps):
            known = self.one(data)
            if found := open_acts(known):
                self.ask(data, known, *data.draw(st.sampled_from(found)))

    @rule(data=st.data(), steps=st.integers(1, 4))
    def go_straight_on(self, data: st.DataObject, steps: int) -> None:
        self.hurry(data, self.one(data), steps)

    @rule(data=st.data(), asked=st.sampled_from(EVERY_ACT))
    def ask_for_anything(self, data: st.DataObject, asked: tuple[str, str]) -> None:
        self.ask(data, self.one(data), *asked)

    @rule(kind=kinds)
    def ring_twice(self, kind: JobKind) -> None:
        self.lives.work(kind)
        self.lives.learn()
        before = self.lives.rows()
        self.lives.work(kind)
        assert self.lives.rows() == before

    @rule(kind=kinds)
    def claim_and_think(self, kind: JobKind) -> None:
        if items := self.lives.claim_and_think(kind):
            self.pockets.append(items)

    @precondition(lambda self: self.pockets)
    @rule(data=st.data(), again=st.booleans())
    def apply_what_was_thought(self, data: st.DataObject, again: bool) -> None:
        ledger = self.lives.api.stage.ledger
        items = self.pockets.pop(data.draw(st.integers(0, len(self.pockets) - 1)))
        ledger.execute_many(items)
        self.lives.learn()
        if again:
            ledger.execute_many(items)

    @precondition(lambda self: self.pockets)
    @rule(crash=st.booleans())
    def let_leases_end(self, crash: bool) -> None:
        self.lives.api.stage.end_leases()
        if crash:  # else whoever thinks may still come
            self.pockets.clear()

    @rule(hours=st.integers(0, 120))
    def let_time_pass(self, hours: int) -> None:
        self.lives.set_clock(self.lives.now + timedelta(hours=hours))

    @rule(early=st.booleans())
    def wait_for_the_next_instant(self, early: bool) -> None:
        if at := self.lives.next_instant():
            self.lives.set_clock(at - TICK if early else at)  # nothing is due a moment before

    @precondition(lambda self: self.rarities < MOST_RARITIES)
    @rule(kind=kinds, limits=st.booleans())
    def do_what_is_rare(self, kind: JobKind, limits: bool) -> None:
        self.rarities += 1
        if limits:
            self.lives.change_limits()
        else:
            self.lives.kill_at_every_attempt(kind)

    @invariant()
    def the_database_holds_what_the_model_knows(self) -> None:
        assert self.lives.rows() == {known.id: known.row for known in self.lives.tickets.values()}

    @invariant()
    def the_audit_finds_nothing(self) -> None:
        assert self.lives.differences() == []

    def teardown(self) -> None:
        self.lives.heal()
        assert self.lives.differences() == []
        for known in self.lives.tickets.values():
            answer = self.lives.client(CALLER).get(
                f"/api/v1/tickets/{known.number}", headers={"Pick-Up-Code": known.code}
            )
            assert (answer.status_code, answer.json["status"]) == (200, known.state)

    def file(self, who: str, said: dict[str, Any]) -> None:
        answer = self.lives.register(who, said)
        assert answer.status_code == 201, answer.json

    def hurry(self, data: st.DataObject, known: Known, steps: int) -> None:
        for _ in range(steps):
            if found := [asked for asked in open_acts(known) if asked in STRAIGHT_ON]:
                self.ask(data, known, *data.draw(st.sampled_from(found)), seen=st.none())

    def one(self, data: st.DataObject) -> Known:
        return data.draw(st.sampled_from(sorted(self.lives.tickets.values(), key=lambda known: known.number)))

    def ask(self, data: st.DataObject, known: Known, act: str, who: str, seen: Seen = None) -> None:
        form: dict[str, Any] = data.draw(FORMS.get(act, st.just({})))
        if act == "hand_over":
            form = {"staff_id": self.lives.api.site.id_of(data.draw(st.sampled_from(WORKERS[2:5])))}
        seen_seq = data.draw(st.none() | st.integers(1, known.seq) if seen is None else seen)
        was = (known.row, known.code)
        material = self.lives.api.stage.ticket(known.id).material_seq
        answer = self.lives.ask(known, who, act, form | ({} if seen_seq is None else {"seen_seq": seen_seq}))
        note(f"{who} {act} {form}: {answer.status_code} {answer.json.get('code', '')}")
        may = (act, who) in open_acts_of(was[0], known)
        if answer.status_code == 200:
            assert may, answer.json
            assert seen_seq is None or seen_seq >= material
            self.accepted[act] += 1
        else:
            assert answer.status_code in REFUSALS, answer.json
            assert (known.row, known.code) == was
            assert answer.status_code != HTTPStatus.FORBIDDEN or not may or seen_seq is not None, answer.json


def open_acts_of(row: tuple[str, str, str, int], known: Known) -> list[tuple[str, str]]:
    return open_acts(Known(known.id, known.number, known.code, row[0], (row[1], row[2]), row[3]))


def test_whatever_happens_in_whatever_order_every_ticket_has_a_holder_a_whole_log_and_its_instants(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_LIMITS", "intake_phone=100000/3600 intake_address=100000/60")
    for module in (audit_stream, store):
        monkeypatch.setattr(module, "read_pack", read_pack_once)
    lives = Lives(api, Town.of(api.stage))
    is_long = settings.get_current_profile_name() == "long"
    given = settings() if is_long else settings(max_examples=8, stateful_step_count=30, derandomize=True, database=None)
    # Without shrinking: it takes minutes, and the steps of an unshrunk life are few enough to read.
    how_long = settings(given, phases=(Phase.reuse, Phase.generate), report_multiple_bugs=False)
    accepted: Counter[str] = Counter()
    run_state_machine_as_test(partial(RandomLives, lives, accepted), settings=how_long)
    assert len(accepted) >= LEAST_ACTS, accepted
