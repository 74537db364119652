"""What a caller is told of a step, in the city's own words: who does what by when. Pure."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from shared.domain.events import EventKind, Recorded
from shared.domain.labels import Label
from shared.domain.limits import TimeUnit
from shared.domain.rules import Rules
from shared.domain.terms import HolderKind
from shared.domain.ticket import Ticket

NO_LIMIT = "dispatched_without_due"
NO_DUE = Label("不设时限", "no limit")
_HOTLINE = Label("热线", "The line")
_WEEKDAYS = (
    ("星期一", "Monday"), ("星期二", "Tuesday"), ("星期三", "Wednesday"), ("星期四", "Thursday"),
    ("星期五", "Friday"), ("星期六", "Saturday"), ("星期日", "Sunday"),
)  # fmt: skip
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_UNITS: Mapping[TimeUnit, tuple[str, str, str]] = {
    TimeUnit.MINUTES: ("{n} 分钟", "{n} minute", "{n} minutes"),
    TimeUnit.HOURS: ("{n} 小时", "{n} hour", "{n} hours"),
    TimeUnit.WORKING_MINUTES: ("{n} 个工作分钟", "{n} working minute", "{n} working minutes"),
    TimeUnit.WORKING_HOURS: ("{n} 个工作小时", "{n} working hour", "{n} working hours"),
    TimeUnit.SAME_DAY: ("当日", "the same day", "the same day"),
    TimeUnit.DAYS: ("{n} 天", "{n} day", "{n} days"),
    TimeUnit.WORKING_DAYS: ("{n} 个工作日", "{n} working day", "{n} working days"),
}
_DAYTIMES = ((6, "凌晨"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))


def step_sentence(rules: Rules, recorded: Recorded, ticket: Ticket) -> Label | None:
    """Return the sentence for a step; `ticket` is as the step left it. None where the caller is told nothing."""
    holder = ticket.unit or recorded.facts.get("unit")
    if ticket.holder_kind is HolderKind.SEAT:
        holder = ticket.holder_id
    return public_sentence(rules, recorded.kind, holder, ticket.promised_at)


def public_sentence(rules: Rules, kind: EventKind, holder: str | None, due_at: datetime | None) -> Label | None:
    """Fill the city's sentence for `kind`, None where it has none.

    `holder` is a unit's or a skill's code, `due_at` the date promised to the caller.
    """
    wording = rules.wording.get(kind)
    if wording is not None and due_at is None and "{due}" in wording[0]:
        wording = rules.wording.get(NO_LIMIT)
    if wording is None:
        return None
    due = instant_in_words(due_at, rules.zone) if due_at is not None else Label("", "")
    return _filled(wording, {"unit": holder_name(rules, holder), "due": due})


def unit_notice(rules: Rules, kind: EventKind, ticket: Ticket, number: str) -> Label | None:
    """Fill the city's notice to the unit that holds the ticket; None where the city has none for `kind`."""
    notice = rules.notices.get(kind)
    if notice is None:
        return None
    due = instant_in_words(ticket.due_at, rules.zone) if ticket.due_at is not None else NO_DUE
    return _filled(notice, {"unit": holder_name(rules, ticket.unit), "due": due, "number": Label(number, number)})


def _filled(sentence: tuple[str, str], values: Mapping[str, Label]) -> Label:
    chinese, english = sentence
    chinese = chinese.replace("{due}前", "{due} 前")
    for name, value in values.items():
        chinese, english = chinese.replace(f"{{{name}}}", value.zh), english.replace(f"{{{name}}}", value.en)
    return Label(chinese, english)


def holder_name(rules: Rules, code: str | None) -> Label:
    """Return the name of a unit or of a skill's experts; the hotline's own where there is none."""
    known = rules.units.get(code or "") or rules.skills.get(code or "")
    return _HOTLINE if known is None else Label(known.name, known.name_en)


def limit_in_words(amount: int, unit: TimeUnit) -> Label:
    """Return a time limit as it is said: `7 个工作日`, `7 working days`."""
    zh, one, many = _UNITS[unit]
    return Label(zh.replace("{n}", str(amount)), (one if amount == 1 else many).replace("{n}", str(amount)))


def instant_in_words(at: datetime, zone: ZoneInfo) -> Label:
    """Return an instant as citizens read it: `10 月 12 日（星期一）上午 10:30`, `Monday 12 October, 10:30`."""
    local = at.astimezone(zone)
    weekday = _WEEKDAYS[local.weekday()]
    daytime = next(word for until, word in _DAYTIMES if local.hour < until)
    hour = local.hour - 12 if local.hour > 12 else local.hour
    return Label(
        f"{local.month} 月 {local.day} 日（{weekday[0]}）{daytime} {hour}:{local.minute:02d}",
        f"{weekday[1]} {local.day} {_MONTHS[local.month - 1]}, {local.hour}:{local.minute:02d}",
    )
