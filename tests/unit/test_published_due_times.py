"""Worked examples that other projects publish in their documentation and tests, told as facts and counted by us.

Where `ours` stands we differ on purpose: a budget used up at closing is due at closing, not the next morning (K5); a
start outside hours is moved to the first working instant before days are counted (K6); a day closes once, in the
evening, not at lunch.
"""

import csv
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from shared.command.due_inputs import calendar_of, limit_in
from shared.domain.calendar import WorkingCalendar
from shared.domain.limits import count
from shared.domain.segments import counted, segments

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
WEEK = (*WEEKDAYS, "saturday", "sunday")


def calendar(hours: str | dict[str, str], rest: tuple[str, ...] = (), zone: str = "UTC") -> dict[str, Any]:
    week = dict.fromkeys(WEEKDAYS, hours) if isinstance(hours, str) else hours
    spans = {day: text.split("|") for day, text in week.items()}
    return {"zone": zone, "week": spans, "days": [{"date": day, "kind": "rest"} for day in rest]}


NINE, SHORT, WHOLE, LUNCH = "09:00-17:00", "10:00-16:00", "00:00-24:00", "09:00-12:00|13:00-18:00"
TWO_SHIFTS = "07:00-12:00|13:00-18:00"
CALENDARS = {
    "nine_to_five": calendar(NINE),
    "fifth_of_july": calendar(NINE, ("2010-07-05",)),
    "first_of_may": calendar(NINE, ("2014-05-01",)),
    "fourth_of_january": calendar(NINE, ("2023-01-04",)),
    "tokyo": calendar(NINE, zone="Asia/Tokyo"),
    "singapore": calendar(NINE, zone="Asia/Singapore"),
    "three_days": calendar({"monday": NINE, "friday": NINE, "saturday": "10:00-15:00"}),
    "two_whole_days": calendar({"monday": WHOLE, "friday": WHOLE, "saturday": "11:00-15:00"}),
    "fridays": calendar({"friday": NINE}),
    "whole_mondays": calendar({"monday": WHOLE}),
    "mondays_with_lunch": calendar({"monday": TWO_SHIFTS}),
    "mondays_and_wednesdays": calendar({"monday": NINE, "wednesday": NINE}, ("2014-04-09",)),
    "biz": calendar({
        "monday": NINE, "tuesday": SHORT, "wednesday": NINE, "thursday": SHORT, "friday": NINE,
        "saturday": "11:00-14:30",
    }),
    "with_saturday": calendar(dict.fromkeys((*WEEKDAYS, "saturday"), NINE)),
    "without_monday": calendar(dict.fromkeys(WEEKDAYS[1:], NINE)),
    "eight_to_six": calendar("08:00-18:00"),
    "eight_to_eight": calendar("08:00-20:00"),
    "five_whole_days": calendar(WHOLE),
    "whole_week": calendar(dict.fromkeys(WEEK, WHOLE)),
    "nine_to_six_with_lunch": calendar(LUNCH),
    "chatwoot": calendar(
        {
            "monday": LUNCH, "tuesday": LUNCH, "wednesday": "09:00-12:00", "thursday": "09:00-18:00",
            "friday": "09:00-18:00",
        },
        ("2024-03-08", "2024-03-09", "2024-03-10"),
    ),
}  # fmt: skip
with (Path(__file__).parent / "published_due_times.csv").open(encoding="utf-8") as file:
    EXAMPLES = list(csv.DictReader(file))


def _at(text: str, along: WorkingCalendar) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=along.zone)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: f"{one['project']}-{one['start']}-{one['limit']}")
def test_others_worked_examples_come_out_as_they_say_or_as_we_mean(example: dict[str, str]) -> None:
    along = calendar_of(CALENDARS[example["calendar"]])
    limit = limit_in(example["limit"], example["ends"] or None, None, None)
    held = [example["held"].split("/")] if example["held"] else []
    due = count(limit, along, _at(example["start"], along), [(_at(a, along), _at(b, along)) for a, b in held])
    assert due.due_at == _at(example["ours"] or example["theirs"], along)
    if example["ours"]:
        assert due.due_at != _at(example["theirs"], along)
    if "working_hour" in example["limit"]:
        assert counted(segments(due)).total_seconds() == limit.amount * 3600


def test_there_are_enough_examples_of_enough_projects() -> None:
    agreeing = [example for example in EXAMPLES if not example["ours"]]
    assert len(agreeing) >= 25
    assert len({example["project"] for example in agreeing}) >= 4


@pytest.mark.parametrize(("name", "start", "end", "hours"), [
    ("eight_to_eight", "2019-01-01T07:00", "2019-01-01T09:00", 1),  # GLPI
    ("eight_to_eight", "2019-01-01T06:00", "2019-01-01T07:00", 0),
    ("eight_to_eight", "2019-01-01T00:00", "2019-01-08T00:00", 60),
    ("eight_to_eight", "2019-01-08T00:00", "2019-01-01T00:00", 0),
    ("nine_to_six_with_lunch", "2016-01-18T09:00", "2016-01-22T18:00", 40),  # businesstimedelta
])  # fmt: skip
def test_others_measured_stretches_are_as_long_as_they_say(name: str, start: str, end: str, hours: int) -> None:
    along = calendar_of(CALENDARS[name])
    assert along.between(_at(start, along), _at(end, along)).total_seconds() == hours * 3600
