"""The matrix of REQUIREMENTS 3.4, D1 to D22, as the provincial profiles hold it: each row, and the profile swapped."""

from datetime import timedelta

import pytest

from shared.cities.load import files_of, read_pack
from shared.cities.time_limits import PROFILE, PROFILES
from shared.domain.limits import Case, TimeUnit, count
from shared.domain.rules import Rules
from shared.domain.terms import Channel, Nature, Stage, UnitKind, Urgency
from tests.unit.calendars import at

N, U, C, S, T = Nature, Urgency, Channel, Stage, TimeUnit
TICK = timedelta(microseconds=1)
RECEIVED = "2026-09-29T10:00"  # a Tuesday, two days before the National Day holiday


def under(profile: str) -> Rules:
    """The city's pack, swapped to a profile as an administrator would: data only."""
    files = files_of("chengdu", None) | {PROFILE: (PROFILES / f"{profile}.csv").read_bytes()}
    return read_pack("chengdu", {name: content for name, content in files.items() if name != "limits.csv"})


RULES = {path.stem: under(path.stem) for path in PROFILES.glob("*.csv")}


# Row of the matrix, profile, stage, case, start, due. Wednesday 2026-09-16 has whole working weeks around it.
WD = "2026-09-16T10:00"
MATRIX = [
    ("D3", "sichuan", S.ACCEPT, Case(N.HELP, U.NORMAL, C.WEB), WD, "2026-09-16T12:00"),
    ("D4", "sichuan", S.DISPATCH, Case(N.HELP, U.URGENT, C.PHONE), WD, "2026-09-16T10:05"),
    ("D4", "sichuan", S.DISPATCH, Case(N.HELP, U.NORMAL, C.PHONE), WD, "2026-09-16T10:15"),
    ("D5", "zhuhai_firms", S.DISPATCH, Case(N.HELP, U.NORMAL, C.PHONE), "2026-09-19T10:00", "2026-09-20T09:00"),
    ("D6", "beijing_draft", S.SIGN, Case(N.HELP, U.NORMAL, C.PHONE), "2026-09-16T23:00", "2026-09-17T01:00"),
    ("D6", "sichuan", S.SIGN, Case(N.HELP, U.NORMAL, C.PHONE), WD, "2026-09-17T17:00"),
    ("D7", "sichuan", S.FIRST_CONTACT, Case(N.HELP, U.NORMAL, C.PHONE), WD, "2026-09-17T17:00"),
    ("D7", "zhuhai_firms", S.FIRST_CONTACT, Case(N.HELP, U.NORMAL, C.PHONE), WD, "2026-09-16T11:00"),
    ("D8", "shandong", S.RETURN, Case(N.HELP, U.NORMAL, C.PHONE), WD, "2026-09-18T17:00"),
    ("D9", "sichuan", S.REPLY, Case(N.CONSULTATION, U.NORMAL, C.PHONE), RECEIVED, "2026-10-09T17:00"),
    ("D9", "sichuan", S.REPLY, Case(N.HELP, U.NORMAL, C.PHONE), RECEIVED, "2026-10-14T17:00"),
    ("D9", "sichuan", S.REPLY, Case(N.SUGGESTION, U.NORMAL, C.PHONE), RECEIVED, "2026-10-14T17:00"),
    ("D9", "sichuan", S.REPLY, Case(N.COMPLAINT, U.NORMAL, C.PHONE), RECEIVED, "2026-10-26T17:00"),
    ("D9", "sichuan", S.REPLY, Case(N.REPORT, U.NORMAL, C.PHONE), RECEIVED, "2026-10-26T17:00"),
    ("D10", "guangdong", S.REPLY, Case(N.CONSULTATION, U.NORMAL, C.PHONE), RECEIVED, "2026-10-08T17:00"),
    ("D10", "guangdong", S.REPLY, Case(N.HELP, U.NORMAL, C.PHONE), RECEIVED, "2026-10-19T17:00"),
    ("D10", "guangdong", S.REPLY, Case(N.COMPLAINT, U.NORMAL, C.PHONE), RECEIVED, "2026-10-26T17:00"),
    ("D11", "shandong", S.REPLY, Case(N.CONSULTATION, U.NORMAL, C.PHONE), RECEIVED, "2026-10-12T17:00"),
    ("D11", "shandong", S.REPLY, Case(N.REPORT, U.NORMAL, C.PHONE), RECEIVED, "2026-10-12T17:00"),
    ("D13", "beijing_draft", S.REPLY, Case(N.HELP, U.CRITICAL, C.PHONE), WD, "2026-09-16T12:00"),
    ("D13", "beijing_draft", S.REPLY, Case(N.HELP, U.URGENT, C.PHONE), WD, "2026-09-17T10:00"),
    ("D13", "beijing_draft", S.REPLY, Case(N.HELP, U.NORMAL, C.PHONE), RECEIVED, "2026-10-07T00:00"),
    ("D14", "zhuhai_firms", S.REPLY, Case(N.CONSULTATION, U.NORMAL, C.PHONE), RECEIVED, "2026-10-08T17:00"),
    ("D14", "zhuhai_firms", S.REPLY, Case(N.COMPLAINT, U.NORMAL, C.PHONE), RECEIVED, "2026-10-10T17:00"),
    ("D21", "sichuan", S.FOLLOW_UP, Case(N.HELP, U.NORMAL, C.PHONE), RECEIVED, "2026-09-30T17:00"),
    ("D22", "sichuan", S.REDO, Case(N.CONSULTATION, U.NORMAL, C.PHONE), RECEIVED, "2026-10-08T17:00"),
    ("D22", "sichuan", S.REDO, Case(N.HELP, U.NORMAL, C.PHONE), RECEIVED, "2026-10-10T17:00"),
    ("D22", "sichuan", S.REDO, Case(N.COMPLAINT, U.NORMAL, C.PHONE), RECEIVED, "2026-10-15T17:00"),
    ("D22", "sichuan", S.REDO, Case(N.HELP, U.CRITICAL, C.PHONE), WD, "2026-09-16T11:00"),
]


@pytest.mark.parametrize(("row", "profile", "stage", "case", "start", "due_at"), MATRIX)
def test_the_matrix_holds_on_time_at_the_due_instant_and_overdue_just_after(
    row: str, profile: str, stage: Stage, case: Case, start: str, due_at: str
) -> None:
    rules = RULES[profile]
    limit = rules.limits.find(stage, case)
    assert limit is not None
    assert limit.source
    due = count(limit, rules.calendar, at(start))
    assert due.due_at == at(due_at)
    assert due.overdue_at == at(due_at) + TICK


@pytest.mark.parametrize("profile", sorted(RULES))
@pytest.mark.parametrize("nature", Nature)
def test_every_reply_and_redo_has_a_limit_but_praise(profile: str, nature: Nature) -> None:
    for kind in (None, *UnitKind):
        case = Case(nature, U.NORMAL, C.PHONE, kind)
        for stage in (S.REPLY, S.REDO):
            assert (RULES[profile].limits.find(stage, case) is None) is (nature is N.PRAISE)


@pytest.mark.parametrize("profile", sorted(RULES))
def test_a_redo_takes_half_of_the_reply_and_a_part_of_a_day_is_a_day(profile: str) -> None:
    for nature in set(Nature) - {N.PRAISE}:
        for urgency in Urgency:
            case = Case(nature, urgency, C.PHONE)
            reply, redo = (RULES[profile].limits.find(stage, case) for stage in (S.REPLY, S.REDO))
            assert reply is not None
            assert redo is not None
            assert (redo.amount, redo.unit) == ((reply.amount + 1) // 2, reply.unit)


def test_swapping_the_profile_alone_changes_the_due_time() -> None:
    case = Case(N.HELP, U.NORMAL, C.PHONE)
    limits = {name: rules.limits.find(S.REPLY, case) for name, rules in RULES.items()}
    amounts = {name: (limit.amount, limit.unit) for name, limit in limits.items() if limit}
    assert amounts == {
        "sichuan": (7, T.WORKING_DAYS), "guangdong": (10, T.WORKING_DAYS), "shandong": (5, T.WORKING_DAYS),
        "beijing_draft": (7, T.DAYS), "zhuhai_firms": (4, T.WORKING_DAYS),
    }  # fmt: skip
    assert len({rules.version for rules in RULES.values()}) == len(RULES)
