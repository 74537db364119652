"""Which command is legal from which state, and for whom: the one table. Source: REQUIREMENTS 3.3."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain import commands as c
from shared.domain.terms import HolderKind as H
from shared.domain.terms import Role as R
from shared.domain.terms import State as S


@dataclass(frozen=True, slots=True)
class Legal:
    """From where and by whom. `moot_else`: outside these states nothing happens instead of a refusal."""

    states: frozenset[S]
    roles: frozenset[R]
    holders: frozenset[H] = frozenset(H)
    moot_else: bool = False


HOTLINE = frozenset({R.OPERATOR, R.SUPERVISOR})
UNIT = frozenset({R.HANDLER})
UNFINISHED = frozenset({S.REGISTERED, S.DISPATCHED, S.SIGNED, S.RETURN_REQUESTED, S.REPLY_SUBMITTED, S.REOPENED})
FINISHED = frozenset({S.RESOLVED, S.WITHDRAWN, S.NOT_ACCEPTED, S.CLOSED})
ON_THE_WAY = frozenset({S.REGISTERED, S.RETURN_REQUESTED, S.REOPENED})
WITH_HOTLINE = frozenset({H.ROUTER, H.TRIAGE})
WITH_UNIT = frozenset({H.UNIT})

LEGAL: Mapping[type[c.Command], Legal] = {
    c.Register: Legal(frozenset(), frozenset({R.CALLER, R.OPERATOR, R.SUPERVISOR})),
    c.AnswerDirectly: Legal(ON_THE_WAY, HOTLINE | {R.EXPERT}, WITH_HOTLINE | {H.SEAT}),
    c.NotAccept: Legal(ON_THE_WAY, HOTLINE, WITH_HOTLINE),
    c.Dispatch: Legal(ON_THE_WAY, HOTLINE | {R.ROUTER, R.EXPERT}, WITH_HOTLINE | {H.SEAT}),
    c.SendToSeat: Legal(ON_THE_WAY, HOTLINE | {R.ROUTER, R.EXPERT}, WITH_HOTLINE | {H.SEAT}),
    c.SendToTriage: Legal(ON_THE_WAY, HOTLINE | {R.ROUTER, R.EXPERT}, frozenset({H.ROUTER, H.SEAT})),
    c.Recall: Legal(frozenset({S.DISPATCHED}), HOTLINE, WITH_UNIT),
    c.Redispatch: Legal(UNFINISHED, HOTLINE),
    c.Sign: Legal(frozenset({S.DISPATCHED, S.REOPENED}), UNIT, WITH_UNIT),
    c.Take: Legal(UNFINISHED, UNIT | {R.EXPERT}, WITH_UNIT | {H.SEAT}),
    c.HandOver: Legal(UNFINISHED, UNIT, WITH_UNIT),
    c.Contact: Legal(frozenset({S.DISPATCHED, S.SIGNED, S.REOPENED}), UNIT, WITH_UNIT),
    c.Report: Legal(frozenset({S.SIGNED}), UNIT, WITH_UNIT),
    c.Return: Legal(frozenset({S.DISPATCHED, S.SIGNED}), UNIT, WITH_UNIT),
    c.Reply: Legal(frozenset({S.SIGNED}), UNIT, WITH_UNIT),
    c.Approve: Legal(frozenset({S.REPLY_SUBMITTED}), UNIT, WITH_UNIT),
    c.SendBack: Legal(frozenset({S.REPLY_SUBMITTED}), UNIT, WITH_UNIT),
    c.Resolve: Legal(frozenset({S.REPLY_SUBMITTED}), UNIT, WITH_UNIT),
    c.FollowUp: Legal(frozenset({S.RESOLVED}), HOTLINE),
    c.Confirm: Legal(frozenset({S.RESOLVED, S.CLOSED}), frozenset({R.CALLER}), frozenset({H.FOLLOW_UP, H.ARCHIVE})),
    c.Redo: Legal(frozenset({S.RESOLVED, S.CLOSED}), HOTLINE),
    c.Close: Legal(FINISHED - {S.CLOSED}, HOTLINE),
    c.Withdraw: Legal(UNFINISHED, HOTLINE | {R.CALLER}),
    c.Amend: Legal(UNFINISHED, HOTLINE),
    c.Supplement: Legal(UNFINISHED | {S.RESOLVED}, HOTLINE | {R.CALLER}),
    c.Urge: Legal(UNFINISHED, HOTLINE | {R.CALLER}),
    c.RenewCode: Legal(frozenset(S), HOTLINE),
    c.ChangeTellBy: Legal(frozenset(S), frozenset({R.CALLER})),
    c.HideIdentity: Legal(frozenset(S), frozenset({R.CALLER})),
    c.Warn: Legal(UNFINISHED | {S.RESOLVED}, frozenset({R.TIME}), moot_else=True),
    c.MarkOverdue: Legal(UNFINISHED | {S.RESOLVED}, frozenset({R.TIME}), moot_else=True),
    c.GiveRedCard: Legal(UNFINISHED, frozenset({R.TIME}), moot_else=True),
    c.Recount: Legal(UNFINISHED | {S.RESOLVED}, frozenset({R.TIME}), moot_else=True),
    c.Bury: Legal(frozenset(S), frozenset({R.ROUTER, R.TIME}), moot_else=True),
}
