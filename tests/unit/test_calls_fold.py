"""A call is what its events tell, in whatever order they came and however often."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.calls import Call, CallEvent, CallState, Step, fold

NOON = datetime(2026, 9, 7, 4, 0, tzinfo=UTC)
PHONE = "+8613800000000"


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def step(name: Step, seconds: float, **more: object) -> CallEvent:
    return CallEvent(id=f"pbx:1:{name}:{seconds}", step=name, at=at(seconds), **more)  # type: ignore[arg-type]


def an_answered_call() -> list[CallEvent]:
    return [
        step(Step.OFFERED, 0, phone=PHONE),
        step(Step.QUEUED, 1),
        step(Step.RINGING, 2, seat="801"),
        step(Step.RINGING, 12, seat="802"),
        step(Step.ANSWERED, 16, seat="802"),
        step(Step.HELD, 30),
        step(Step.RESUMED, 45),
        step(Step.RATED, 100, digit="5"),
        step(Step.ENDED, 102),
        step(Step.RECORDED, 110, recording="r-1.wav"),
    ]


events = st.lists(
    st.builds(
        CallEvent,
        id=st.uuids().map(str),
        step=st.sampled_from(Step),
        at=st.integers(0, 5).map(at),  # few instants, so that many are the same
        phone=st.sampled_from([None, PHONE, "+862887654321"]),
        withheld=st.booleans(),
        seat=st.sampled_from([None, "801", "802"]),
        has_failed=st.booleans(),
        digit=st.sampled_from([None, "1", "5"]),
        recording=st.sampled_from([None, "a.wav", "b.wav"]),
    ),
    min_size=1,
    max_size=8,
)


@given(events, st.data())
def test_order_and_repeats_of_any_events_change_nothing(told: list[CallEvent], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(told), max_size=5))
    assert fold(data.draw(st.permutations(told + again))) == fold(told)


@given(events, st.sampled_from(an_answered_call()))
def test_another_event_never_takes_a_known_phone_or_answer_away(told: list[CallEvent], late: CallEvent) -> None:
    before, after = fold(told), fold([*told, late])
    assert (before.phone is None) or (after.phone is not None)
    assert (before.answered_at is None) or (after.answered_at is not None)
    assert (before.state is not CallState.ENDED) or (after.state is CallState.ENDED)


@given(events)
def test_a_call_that_is_over_rings_nowhere_and_only_an_abandoned_one_was_abandoned(told: list[CallEvent]) -> None:
    known = fold(told)
    assert (known.abandoned_at is not None) == (known.state is CallState.ABANDONED)
    if known.state in (CallState.ENDED, CallState.ABANDONED):
        assert known.rings_at is None
    assert known.held >= timedelta()


def test_a_whole_call_is_told_by_its_stamps() -> None:
    assert fold(an_answered_call()) == Call(
        state=CallState.ENDED, began_at=at(0), queued_at=at(1), ringing_at=at(2), answered_at=at(16), ended_at=at(102),
        phone=PHONE, seat="802", held=timedelta(seconds=15), is_rating_asked=True, digit="5", recordings=("r-1.wav",),
    )  # fmt: skip


def test_the_last_seat_that_rings_is_the_one_that_is_shown() -> None:
    ringing = fold(an_answered_call()[:4])
    assert (ringing.state, ringing.rings_at, ringing.seat) == (CallState.RINGING, "802", None)


def test_a_colleague_who_is_asked_rings_while_the_first_one_speaks() -> None:
    asked = fold([*an_answered_call()[:5], step(Step.RINGING, 50, seat="803")])
    assert (asked.state, asked.rings_at, asked.seat) == (CallState.ANSWERED, "803", "802")


def test_a_transfer_that_failed_leaves_the_call_where_it_was() -> None:
    failed = step(Step.TRANSFERRED, 60, seat="803", has_failed=True)
    assert fold([*an_answered_call(), failed]).seat == "802"
    assert fold([*an_answered_call(), step(Step.TRANSFERRED, 60, seat="803")]).seat == "803"


def test_news_of_an_answer_after_abandoned_makes_it_a_call_that_ended() -> None:
    missed = [step(Step.OFFERED, 0), step(Step.ABANDONED, 20)]
    assert fold(missed).state is CallState.ABANDONED
    known = fold([*missed, step(Step.ANSWERED, 10, seat="801")])
    assert (known.state, known.ended_at, known.abandoned_at) == (CallState.ENDED, at(20), None)


def test_asked_without_a_key_is_not_a_rating() -> None:
    known = fold([step(Step.RATED, 5)])
    assert (known.is_rating_asked, known.digit) == (True, None)


def test_a_hold_that_nothing_ended_lasts_until_the_end() -> None:
    assert fold([step(Step.HELD, 10), step(Step.ENDED, 25)]).held == timedelta(seconds=15)
