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
    "face.search": ("查询", "Search"),
    "search.how": (
        "流水号（或末 4 位以上）、整个电话，或诉求里的词，词之间空格",
        "A number (or its last 4 digits and more), a whole phone number, or words of the request with blanks between",
    ),
    "search.q": ("找什么", "Look for"),
    "search.go": ("查询", "Search"),
    "search.any": ("都可以", "Any"),
    "search.since": ("受理自", "Registered from"),
    "search.until": ("受理到", "Registered to"),
    "search.found": ("找到的工单", "Tickets found"),
    "search.newest": ("新的在前", "Newest first"),
    "search.nothing": ("没有找到。请核对号码，或换几个词。", "Nothing found. Check the number, or try other words."),
    "search.digits": ("流水号末尾至少 {least} 位，电话要写全", "At least the last {least} digits of a number, or a whole phone"),
    "search.short": ("每个词至少 {least} 个字", "Each word needs at least {least} characters"),
    "field.state": ("状态", "State"),
    "draft.mine": ("我的草稿", "My drafts"),
    "draft.how": ("没有登记的话，{hours} 小时后删掉；草稿没有流水号", "Deleted after {hours} h if not registered; a draft has no number"),
    "draft.save": ("存草稿", "Save draft"),
    "draft.saved": ("草稿已存 {at}", "Draft saved {at}"),
    "draft.unsaved": (
        "草稿没有存上，字还在这一页。请检查网络，或在另一个窗口重新登录。",
        "The draft was not saved; your words are still on this page. Check the network, or log in again in another window.",
    ),
    "draft.discard": ("扔掉", "Discard"),
    "draft.discard.of": ("扔掉草稿：{words}", "Discard the draft: {words}"),
    "draft.look": ("打开看看", "Open it"),
    "draft.gone": ("这份草稿已经登记、扔掉或过期了。", "This draft has been registered, discarded, or has expired."),
    "draft.history": ("查这个号码的工单", "Earlier tickets of this number"),
    "filter.since": ("{name}，最早 {at}", "{name}, since {at}"),
    "row.since": ("{at} 起", "since {at}"),
}  # fmt: skip
