"""Commands: what a person, the router or time asks of a ticket. Imperatives; who may and when is `transitions`."""

from dataclasses import dataclass, field

from shared.domain.command import Command as Command  # noqa: PLC0414 all commands are asked for here
from shared.domain.command import WithFiles as WithFiles  # noqa: PLC0414
from shared.domain.routing import Decision
from shared.domain.terms import Channel, EndReason, FollowUpResult, Nature, Stage, Urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerDetails:
    """Who asks 诉求人. Kept apart from the ticket, phone and address encrypted."""

    name: str | None = None
    phone: str | None = None  # E.164
    email: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Register(WithFiles):
    """受理登记."""

    title: str
    body: str
    channel: Channel
    caller: CallerDetails = field(default_factory=CallerDetails)
    nature: Nature | None = None
    urgency: Urgency | None = None
    county: str | None = None
    confidential: bool = False
    hidden_identity: bool = False
    accused_unit: str | None = None
    api_key: int | None = None  # of the system that registers it
    tell_by_sms: bool = False  # instead of by e-mail


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerDirectly(WithFiles):
    """直接答复: answered at first contact, nothing dispatched."""

    public: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAccept(WithFiles):
    """不予受理（告知）: out of scope; `public` tells the right way."""

    public: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch(Command):
    """派单: by the router with its decision, or by a person at triage."""

    unit: str
    duty: str | None = None
    nature: Nature | None = None
    urgency: Urgency | None = None
    county: str | None = None
    reason: str = ""
    decision: Decision | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendToSeat(Command):
    """Send a consultation to the expert queue of a skill 专家座席; an expert who passes it on says why."""

    skill: str
    reason: str = ""
    duty: str | None = None
    nature: Nature | None = None
    urgency: Urgency | None = None
    county: str | None = None
    decision: Decision | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendToTriage(Command):
    """人工分拣: a person must choose. `why` is one sentence."""

    why: str
    decision: Decision | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall(Command):
    """收回: the hotline takes back what went to the wrong unit, as long as nobody there has signed."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Redispatch(Command):
    """改派 by a supervisor, whoever has it; by an operator as long as the unit has not signed."""

    unit: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign(Command):
    """签收."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Take(Command):
    """认领 inside the unit or the expert queue: the work is mine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver(Command):
    """移交 to a colleague of the same unit. The caller of the command has checked that `staff_id` belongs to it."""

    staff_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact(WithFiles):
    """首次联系: the unit has spoken with the caller; `note` says what about."""

    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(WithFiles):
    """阶段性反馈: what has been done so far, for the caller to read. Never resolves (REQUIREMENTS R17)."""

    public: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Return(Command):
    """退单 with basis, reason and, if known, the unit whose duty it is."""

    basis: str
    reason: str
    proposed_unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply(WithFiles):
    """答复: what the caller reads, and the internal account.

    `contacted` says that the caller was spoken to, `no_contact` why not.
    """

    public: str
    internal: str
    contacted: bool
    no_contact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve(Command):
    """The unit's leader agrees with the reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendBack(Command):
    """The unit's leader wants the reply done again; the time counts as never stopped."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve(Command):
    """办结: the unit's work is done; the hotline follows up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp(Command):
    """回访: did it help? Ratings from 1 to 5: of the call 一次一评 and of the matter 一事一评."""

    result: FollowUpResult
    call_rating: int | None = None
    matter_rating: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm(Command):
    """诉求人确认: the caller says whether it is solved, if not why, and may rate as in a follow-up."""

    solved: bool
    reason: str = ""
    call_rating: int | None = None
    matter_rating: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Redo(Command):
    """重办: back to the unit because it did not help."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Close(Command):
    """归档."""

    end_reason: EndReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw(Command):
    """撤单: the caller takes the request back."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amend(Command):
    """更正 of what was registered; None leaves a field as it is."""

    reason: str
    nature: Nature | None = None
    urgency: Urgency | None = None
    county: str | None = None
    confidential: bool | None = None
    hidden_identity: bool | None = None
    accused_unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplement(WithFiles):
    """补充 of facts by the caller, or by an operator for them."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Urge(Command):
    """催办. Never moves a due time; repeats inside the city's window are joined."""

    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewCode(Command):
    """换提取码: code and links given out so far open nothing any more; `reason` says how the caller was known."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTellBy(Command):
    """改告知方式: from now on only to `email`, which the ledger keeps, or by `sms` to the caller's mobile; else not."""

    email: str | None = None
    sms: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HideIdentity(Command):
    """隐藏身份 by the caller, for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warn(Command):
    """预警: time says that a stage's due instant is near."""

    stage: Stage = Stage.REPLY


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkOverdue(Command):
    """超期: time says that a stage's due instant has passed."""

    stage: Stage = Stage.REPLY


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveRedCard(Command):
    """红牌: the first working day after the due date has begun without an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recount(Command):
    """Count the running clocks again: the city's calendar or limits have changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bury(Command):
    """A job of this ticket was given up; `kind` says which. A ticket that waited for it goes to triage."""

    kind: str
    error: str
    part: str = ""
