"""Who looks and who acts, and which tickets are theirs. The SQL twin of `may_see` is `shared.reads.visibility`."""

from dataclasses import dataclass, replace
from typing import Protocol

from shared.domain.terms import HolderKind, Role

PEOPLE = frozenset({Role.CALLER, Role.OPERATOR, Role.HANDLER, Role.EXPERT, Role.SUPERVISOR, Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person or a service at work in one city. A caller has the one ticket their pick-up code opened."""

    role: Role
    city: str
    id: int | None = None
    unit: str | None = None
    skills: tuple[str, ...] = ()
    leads_unit: bool = False
    ticket_id: int | None = None
    deputy_of: tuple[int, ...] = ()  # absent colleagues 代理 whose tickets are theirs meanwhile
    deputy_of_leader: int | None = None  # one of these, whose right to approve is theirs meanwhile

    @property
    def is_person(self) -> bool:
        return self.role in PEOPLE

    @property
    def may_approve(self) -> bool:
        """Tell whether replies of the unit may be approved, as its leader or in the leader's stead."""
        return self.leads_unit or self.deputy_of_leader is not None

    @property
    def alone(self) -> "Viewer":
        """The viewer without what absence of others lends them."""
        return replace(self, deputy_of=(), deputy_of_leader=None)

    def works_on(self, handler_id: int | None) -> bool:
        """Tell whether what this handler works on is the viewer's: their own, or an absent colleague's."""
        return handler_id is not None and handler_id in (self.id, *self.deputy_of)


class Seen(Protocol):
    """The fields of a ticket that decide who may see it."""

    @property
    def id(self) -> int: ...
    @property
    def city(self) -> str: ...
    @property
    def unit(self) -> str | None: ...
    @property
    def handler_id(self) -> int | None: ...
    @property
    def registered_by(self) -> int | None: ...
    @property
    def confidential(self) -> bool: ...
    @property
    def accused_unit(self) -> str | None: ...
    @property
    def holder_kind(self) -> HolderKind: ...
    @property
    def holder_id(self) -> str: ...


def may_see(viewer: Viewer, ticket: Seen) -> bool:
    """Tell whether the ticket exists for this viewer at all. The accused unit never sees it (SECURITY S12)."""
    if viewer.city != ticket.city or (viewer.unit is not None and viewer.unit == ticket.accused_unit):
        return False
    match viewer.role:
        case Role.CALLER:
            return viewer.ticket_id == ticket.id
        case Role.OPERATOR:
            with_hotline = ticket.holder_kind in (HolderKind.TRIAGE, HolderKind.FOLLOW_UP)
            is_own = viewer.id is not None and ticket.registered_by == viewer.id
            return not ticket.confidential or with_hotline or is_own
        case Role.HANDLER:
            return viewer.unit is not None and ticket.unit == viewer.unit
        case Role.EXPERT:
            queued = ticket.holder_kind is HolderKind.SEAT and ticket.holder_id in viewer.skills
            return queued or viewer.works_on(ticket.handler_id)
        case Role.SUPERVISOR | Role.ROUTER | Role.TIME:
            return True
        case _:
            return False


def may_identify(viewer: Viewer, ticket_hides_identity: bool) -> bool:
    """Tell whether name, phone and address may be shown to this viewer at all, masked or not."""
    if viewer.role in (Role.HANDLER, Role.EXPERT):
        return not ticket_hides_identity
    return viewer.role in (Role.OPERATOR, Role.SUPERVISOR, Role.CALLER)


def is_published(ticket: Seen) -> bool:
    """Tell whether steps of the ticket may be told to systems that listen; confidential and discipline ones never."""
    return not ticket.confidential and ticket.accused_unit is None
