"""An explanation in words for a terminal, Chinese or English. No I/O."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.command.due_words import Clockwork
from shared.command.explanation import Armed, DueTime, Explanation, Step
from shared.domain.clocks import Card
from shared.domain.labels import EVENTS, NATURES, ROLES, STAGES, STATES, URGENCIES, Label
from shared.domain.limits import TimeUnit
from shared.domain.numbers import in_fours
from shared.domain.rules import Rules
from shared.domain.terms import HolderKind, Stage
from shared.domain.wording import limit_in_words

_HOLDERS = {
    HolderKind.ROUTER: Label("自动分派", "the router"),
    HolderKind.TRIAGE: Label("人工分拣", "triage"),
    HolderKind.FOLLOW_UP: Label("回访", "follow-up"),
    HolderKind.ARCHIVE: Label("档案", "the archive"),
}
_ARMED = {
    "route": Label("自动分派", "routing"),
    "warn": Label("预警", "warning"),
    "overdue": Label("超期", "overdue"),
    "red": Label("红牌", "red card"),
    "notify": Label("发通知", "notice"),
}
_CARDS = {
    Card.YELLOW: Label("，已预警", ", warned"),
    Card.OVERDUE: Label("，已超期", ", overdue"),
    Card.RED: Label("，已发红牌", ", red card"),
}
_DAYS = (TimeUnit.DAYS, TimeUnit.WORKING_DAYS, TimeUnit.SAME_DAY)


class Words:
    """Writes explanations of one city's tickets in one language."""

    def __init__(self, rules: Rules, *, english: bool) -> None:
        self._rules, self._english = rules, english
        self._time = Clockwork(rules.zone, english=english)

    def of(self, one: Explanation) -> str:
        """Return the whole explanation, about a screen of lines."""
        parts = [self._head(one), self._why_here(one), self._why_then(one), self._next(one), self._timeline(one)]
        return "\n\n".join("\n".join(part) for part in parts)

    def _say(self, chinese: str, english: str) -> str:
        return english if self._english else chinese

    def _one(self, label: Label) -> str:
        return self._say(label.zh, label.en)

    def _head(self, one: Explanation) -> Iterator[str]:
        ticket = one.ticket
        yield (
            self._say("工单 ", "Ticket ")
            + in_fours(one.number)
            + "  "
            + self._say(self._rules.name, self._rules.name_en)
        )
        said = (STATES[ticket.state], NATURES[ticket.nature], URGENCIES[ticket.urgency])
        yield "  ".join(self._one(label) for label in said)
        holder = self.holder(ticket.holder_kind, ticket.holder_id)
        yield self._say(f"现在由{holder}持有", f"Held by {holder}") + (
            f"  alarm: {ticket.alarm}" if ticket.alarm else ""
        )

    def _why_here(self, one: Explanation) -> Iterator[str]:
        yield self._say("为什么在这里", "Why it is here")
        yield "  " + self._line(one.placed)
        if one.decision is None:
            return
        decision = one.decision
        is_placing = one.decided_at_seq == one.placed.seq
        said = (
            ("自动分派的依据", "The router's reasons") if is_placing else ("此前自动分派的意见", "The router had said")
        )
        yield f"  {self._say(*said)}: {decision['why']}"
        if place := self._place(decision):
            yield f"    {self._say('地点', 'place')}: {place}"
        for rank, candidate in enumerate(decision["candidates"], start=1):
            yield f"    {rank}. {self._candidate(candidate)}"
            yield from (f"       {line}" for line in self._beside_and_against(candidate))
        yield from (f"    - {line}" for line in map(self._ruled_out, decision.get("ruled_out", ())))
        marks = dict.fromkeys(f"“{mark['word']}”→{self._duty(mark['speaks_for'])}" for mark in decision["marks"])
        if marks:
            yield "    " + self._say("起作用的词: ", "words: ") + " ".join(marks)
        least = f"{self._say('把握下限', 'threshold')} {decision['threshold']:.2f}"
        yield f"    {least}, {self._say('版本', 'versions')} {decision['rules_version']}, {decision['router_version']}"

    def _place(self, decision: Mapping[str, Any]) -> str:
        """Return the place that was read, or the counties that compete; decisions of old know the county alone."""
        names = self._rules.county_names
        rivals = [self._say(*names[code]) for code in decision.get("rivals", ()) if code in names]
        if rivals:
            return self._say("可能在 ", "one of ") + self._say("、", ", ").join(rivals)
        street = self._rules.units.get(decision.get("street") or "")
        county = self._say(*names.get(decision["county"] or "", ("", "")))
        near = self._say(street.name, street.name_en) if street else county
        zone = self._say("（功能区）", " (zone)") if decision.get("zone") else ""
        return near + (f" {decision['community']}" if decision.get("community") else "") + zone

    def _candidate(self, candidate: Mapping[str, Any]) -> str:
        holder = self.holder(HolderKind(candidate["holder_kind"]), candidate["holder_id"])
        duty = f" · {self._duty(candidate['duty'])}" if candidate["duty"] else ""
        return f"{candidate['score']:.2f} {holder}{duty}  " + "; ".join(candidate["reasons"])

    def _beside_and_against(self, candidate: Mapping[str, Any]) -> Iterator[str]:
        """Decisions of earlier routers name neither."""
        beside = [self.holder(HolderKind.UNIT, code) for code in candidate.get("co_handlers", ())]
        if beside:
            yield self._say("按目录协办: ", "co-handling by the catalogue: ") + self._say("、", ", ").join(beside)
        if candidate.get("against"):
            yield self._say("没有直接派给它: ", "why not it: ") + "; ".join(candidate["against"])

    def _ruled_out(self, one: Mapping[str, Any]) -> str:
        is_missing = one["unit"].startswith("*.")
        name = self._say("属地部门", "the county's bureau") if is_missing else self.holder(HolderKind.UNIT, one["unit"])
        duty = f" · {self._duty(one['duty'])}" if one["duty"] else ""
        return f"{self._say('不能办理', 'cannot have it')}: {name}{duty}  {one['reason']}"

    def _why_then(self, one: Explanation) -> Iterator[str]:
        yield self._say("什么时候到期", "When it is due")
        if not one.dues:
            yield "  " + self._say("没有时限", "no time limit")
        for due in one.dues:
            yield from ("  " + line for line in self._clock(due))

    def _clock(self, due: DueTime) -> Iterator[str]:
        clock, stage = due.clock, self._one(STAGES[due.stage])
        state = "" if clock.stopped_at is None else self._say("，已停", ", stopped")
        state += self._one(_CARDS[clock.card]) if clock.card else ""
        state += self._say("，暂定", ", provisional") if clock.is_provisional else ""
        limit = self._one(limit_in_words(clock.amount, clock.unit))
        start = self._time.instant(clock.started_at)
        yield f"{stage}  {self._say('到期', 'due')} {self._time.instant(clock.due_at)}{state}"
        began = self._say(f"从 {start} 的次日起", f"from the day after {start}")
        began = began if clock.from_next_day else self._say(f"从 {start} 起", f"from {start}")
        days = f": {self._time.counted_days(due.segments)}" if clock.unit in _DAYS else ""
        yield f"  {limit}{self._say('，', ', ')}{began}{days}"
        skipped = self._say("；", "; ").join(self._time.skipped(due.segments))
        if skipped and clock.unit in _DAYS:
            yield f"  {self._say('不计', 'not counted')}: {skipped}"
        if due.source:
            yield f"  {self._say('依据', 'source')}: {due.source}"

    def _next(self, one: Explanation) -> Iterator[str]:
        yield self._say("接下来会自动发生", "What happens by itself next")
        for armed in one.armed:
            yield "  " + self._armed(armed)
        if not one.armed:
            is_over = one.ticket.holder_kind is HolderKind.ARCHIVE
            end, wait = (
                ("没有，已经结束", "nothing, it is finished"),
                ("没有，等人处理", "nothing, it waits for a person"),
            )
            yield "  " + self._say(*(end if is_over else wait))

    def _armed(self, armed: Armed) -> str:
        label = _ARMED.get(armed.kind)
        part = self._one(STAGES[Stage(armed.part)]) if armed.part in set(Stage) else armed.part
        return f"{self._time.instant(armed.due_at)}  {self._one(label) if label else armed.kind} {part}".rstrip()

    def _timeline(self, one: Explanation) -> Iterator[str]:
        yield self._say("全过程", "All that happened")
        for step in one.steps:
            yield f"  {step.seq:>3}  {self._line(step)}"

    def _line(self, step: Step) -> str:
        who = self._one(ROLES[step.role])
        if step.unit:
            who += f" ({self.holder(HolderKind.UNIT, step.unit)})"
        to = ""
        if step.changes.get("holder_kind"):
            to = " → " + self.holder(HolderKind(step.changes["holder_kind"]), step.changes.get("holder_id", ""))
        why = "; ".join(step.whys.values())
        return f"{self._time.instant(step.at)}  {self._one(EVENTS[step.kind])}{to}  {who}" + (f"  {why}" if why else "")

    def holder(self, kind: HolderKind, code: str) -> str:
        """Return a holder's name; the code where the pack no longer knows it."""
        if kind not in (HolderKind.UNIT, HolderKind.SEAT):
            return self._one(_HOLDERS[kind])
        known = self._rules.units.get(code) if kind is HolderKind.UNIT else self._rules.skills.get(code)
        name = code if known is None else self._say(known.name, known.name_en)
        return name if kind is HolderKind.UNIT else self._say(f"{name}专家座席", f"expert seat {name}")

    def _duty(self, code: str) -> str:
        duty = self._rules.duties.get(code)
        return code if duty is None else self._say(duty.name, duty.name_en)
