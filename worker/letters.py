"""What a notice says: Chinese first, English below, no name and no phone in it. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.events import EventKind, Recorded
from shared.domain.labels import EVENTS, PUBLIC_STATES, Label
from shared.domain.numbers import in_fours, number_of
from shared.domain.rules import Rules
from shared.domain.ticket import Ticket
from shared.domain.wording import NO_DUE, instant_in_words, step_sentence, unit_notice

# The answer itself goes out with these, unless the ticket must not be read by whoever sees the mailbox.
ANSWERS = frozenset({EventKind.RESOLVED, EventKind.ANSWERED_DIRECTLY, EventKind.NOT_ACCEPTED, EventKind.REPORTED})


@dataclass(frozen=True, slots=True)
class Story:
    """A step of a ticket: the step, the ticket as the step left it, and the answer given with it."""

    recorded: Recorded
    ticket: Ticket
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail's words. The subject names the ticket at most: it is shown on locked screens."""

    subject: str
    body: str


def letter_to_caller(story: Story, rules: Rules, link: str) -> Letter:
    """Tell the caller what happened, the answer with it, and where to look."""
    number, ticket, label = _number(story, rules), story.ticket, EVENTS[story.recorded.kind]
    state = PUBLIC_STATES[ticket.state]
    told = step_sentence(rules, story.recorded, ticket) or Label(f"{label.zh}。", f"{label.en}.")
    answer = story.answer if not (ticket.confidential or ticket.hidden_identity) else None
    chinese = [f"您的诉求 {number}", told.zh, *_if(answer, "答复：\n{}"), f"随时查看进展：\n{link}"]
    chinese += ["这封信由系统发出，请不要直接回复。有话要说，请在上面的页面里写，或拨打 12345。"]
    english = [f"Your request {number}", told.en, *_if(answer, "The answer stands above as it was written.")]
    english += [f"See where it stands:\n{link}"]
    english += ["This mail was sent by a machine. To tell us something use the page above or call 12345."]
    subject = f"【{rules.name}12345】诉求 {number}：{state.zh} / Request {number}: {state.en}"
    return Letter(subject, _body(chinese, english))


def letter_to_unit(story: Story, rules: Rules, staff_url: str) -> Letter:
    """Tell a unit that a ticket needs it. The matter itself stays behind the login."""
    number, ticket = _number(story, rules), story.ticket
    label = EVENTS[story.recorded.kind]
    due = instant_in_words(ticket.due_at, rules.zone) if ticket.due_at is not None else NO_DUE
    told = unit_notice(rules, story.recorded.kind, ticket, number) or Label(f"{label.zh}。", f"{label.en}.")
    chinese = [f"工单 {number}", told.zh, f"办理时限：{due.zh}", f"登录后办理：\n{staff_url}"]
    english = [f"Ticket {number}", told.en, f"Due: {due.en}", f"Log in to work on it:\n{staff_url}"]
    subject = f"【{rules.name}12345】工单 {number}：{label.zh} / Ticket {number}: {label.en}"
    return Letter(subject, _body(chinese, english))


def digest_to_unit(stories: Sequence[Story], rules: Rules, staff_url: str) -> Letter:
    """Tell a unit in one mail what it was not told of one by one: a line for each step, in their order."""
    chinese, english = [], []
    for story in sorted(stories, key=lambda story: (story.recorded.at, story.ticket.id, story.recorded.seq)):
        number, label = _number(story, rules), EVENTS[story.recorded.kind]
        at = story.ticket.due_at
        due = instant_in_words(at, rules.zone) if at is not None else NO_DUE
        chinese.append(f"{number}　{label.zh}　办理时限：{due.zh}")
        english.append(f"{number}  {label.en}  Due: {due.en}")
    count = len(stories)
    zh = [f"短时间内通知较多，以下 {count} 条合并在这一封信里：", "\n".join(chinese), f"登录后办理：\n{staff_url}"]
    en = [f"There were many notices in a short time. Here are {count} of them in one mail:", "\n".join(english)]
    en += [f"Log in to work on them:\n{staff_url}"]
    return Letter(f"【{rules.name}12345】工单通知汇总：{count} 条 / Ticket notices: {count} in one mail", _body(zh, en))


def _number(story: Story, rules: Rules) -> str:
    return in_fours(number_of(story.ticket.id, story.ticket.registered_at, rules.zone))


def _if(text: str | None, line: str) -> list[str]:
    return [line.format(text)] if text else []


def _body(chinese: list[str], english: list[str]) -> str:
    return "\n\n".join([*chinese, "—" * 20, *english]) + "\n"
