"""The way from start to due in words for a terminal: the days that counted, and what was skipped. No I/O."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta, tzinfo
from itertools import groupby

from shared.domain.labels import Label
from shared.domain.segments import Segment, SegmentKind
from shared.domain.working_year import TICK

_KINDS = {
    SegmentKind.COUNTED: Label("计入", "counted"),
    SegmentKind.NOT_YET: Label("受理当日不计", "day of receipt, not counted"),
    SegmentKind.CLOSED: Label("非工作时间", "outside working hours"),
    SegmentKind.REST: Label("周末", "weekend"),
    SegmentKind.HOLIDAY: Label("节假日", "holiday"),
    SegmentKind.HELD: Label("挂起", "held"),
    SegmentKind.GIVEN_BACK: Label("补回当日挂起", "held on the day of receipt, given back"),
}
_WEEKDAYS = (("一", "Mon"), ("二", "Tue"), ("三", "Wed"), ("四", "Thu"), ("五", "Fri"), ("六", "Sat"), ("日", "Sun"))
_SAID = (SegmentKind.REST, SegmentKind.HOLIDAY)


class Clockwork:
    """Writes instants, days and stretches in one zone and one language."""

    def __init__(self, zone: tzinfo, *, english: bool) -> None:
        self._zone, self._english = zone, english

    def say(self, label: Label) -> str:
        """Return a label in the language."""
        return label.en if self._english else label.zh

    def instant(self, at: datetime) -> str:
        """Return an instant on the city's wall clock."""
        local = at.astimezone(self._zone)
        seconds = f":{local:%S}" if local.second or local.microsecond else ""
        return f"{local:%Y-%m-%d %H:%M}{seconds} {self._weekday(local.date())}"

    def day(self, day: date) -> str:
        """Return a day without its year."""
        return f"{day:%m-%d}{' ' * self._english}{self._weekday(day)}"

    def span(self, length: timedelta) -> str:
        """Return a length in hours, minutes and seconds."""
        minutes, seconds = divmod(round(length.total_seconds()), 60)
        hours, minutes = divmod(minutes, 60)
        parts = [(hours, Label("时", "h")), (minutes, Label("分", "min")), (seconds, Label("秒", "s"))]
        return " ".join(f"{n} {self.say(unit)}" for n, unit in parts if n) or f"0 {self.say(parts[1][1])}"

    def kind(self, part: Segment) -> str:
        """Return what became of a stretch; a holiday by its name."""
        if part.kind is SegmentKind.HOLIDAY and part.name:
            return part.name_en if self._english else part.name
        return self.of_kind(part.kind)

    def of_kind(self, kind: SegmentKind) -> str:
        """Return a kind of stretch in words."""
        return self.say(_KINDS[kind])

    def counted_days(self, parts: Sequence[Segment]) -> str:
        """Return the days that counted, each once; days and nights on end as from and to."""
        return " ".join(dict.fromkeys(self._days(part) for part in parts if part.kind is SegmentKind.COUNTED))

    def skipped(self, parts: Sequence[Segment]) -> Iterator[str]:
        """Yield the weekends, holidays and suspensions on the way."""
        whole = [part for part in parts if part.kind in _SAID]
        for (_, name), group in groupby(whole, key=lambda part: (part.kind, self.kind(part))):
            for part in group:
                yield f"{self._days(part)} {name}"
        for part in parts:
            if part.kind in (SegmentKind.HELD, SegmentKind.GIVEN_BACK):
                yield f"{self.instant(part.start)} {self.span(part.length)} {self.kind(part)}"

    def table(self, parts: Sequence[Segment]) -> Iterator[str]:
        """Yield every stretch on a line."""
        for part in parts:
            mark = "+" if part.kind is SegmentKind.COUNTED else " "
            end = self.instant(part.end)
            yield f"{mark} {self.instant(part.start)}  {end}  {self.span(part.length)}  {self.kind(part)}"

    def _days(self, part: Segment) -> str:
        first, last = self._date(part.start), self._date(part.end - TICK)
        return self.day(first) if first == last else f"{self.day(first)}–{self.day(last)}"

    def _date(self, at: datetime) -> date:
        return at.astimezone(self._zone).date()

    def _weekday(self, day: date) -> str:
        return _WEEKDAYS[day.weekday()][1] if self._english else "周" + _WEEKDAYS[day.weekday()][0]
