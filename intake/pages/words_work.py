"""Words of the workplaces: taking back, passing on, contact with the caller, approval."""

from collections.abc import Mapping

WORK: Mapping[str, tuple[str, str]] = {
    "act.recall": ("收回", "Recall"),
    "act.recall.reason": ("为什么收回（单位还没有签收）", "Why it is taken back (the unit has not signed yet)"),
    "act.send_to_seat.reason": ("为什么转过去", "Why it goes there"),
    "act.dispatch.reason": ("为什么派给它", "Why it goes there"),
    "act.reply.no_contact": (
        "没有联系上或不用联系，写原因（诉求人看不到）",
        "No contact? Say why (the caller does not see it)",
    ),
    "text.no_contact": ("没有联系的原因", "Why there was no contact"),
    "filter.unassigned": ("无人认领", "Unassigned"),
    "filter.to_approve": ("待审核", "To approve"),
    "ticket.waits_for_leader": (
        "答复在等本单位领导审核，审核通过后才能办结。",
        "The reply waits for the unit's leader; it can be resolved once approved.",
    ),
    "filter.since": ("{name}，最早 {at}", "{name}, since {at}"),
    "row.since": ("{at} 起", "since {at}"),
}  # fmt: skip
