"""The one table of SECURITY 4: every route, who may knock at it, and what it opens for whom (S1-S4, S16, S25, S32).

Written by hand beside `intake.access` and `shared.domain.viewer`, never derived from them: where they differ, one is
wrong. A new route without a row here fails the run.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NOBODY = "nobody"
# Logins of the test city; `gone` is an account that was disabled while its cookie stayed.
OPERATOR, OTHER_OPERATOR, SUPERVISOR, ADMIN, GONE = "lin", "he", "zheng", "root", "gone"
HANDLER, LEADER, OTHER_HANDLER, EXPERT = "zhou", "chen", "luo", "wu"
HOTLINE = frozenset({OPERATOR, OTHER_OPERATOR, SUPERVISOR})
UNITS = frozenset({HANDLER, LEADER, OTHER_HANDLER})
WORKERS = HOTLINE | UNITS | {EXPERT}
EVERYBODY = WORKERS | {ADMIN}
ANYBODY = EVERYBODY | {NOBODY, GONE}
ONLY_ADMIN, ONLY_SUPERVISOR, ONLY_EXPERT = frozenset({ADMIN}), frozenset({SUPERVISOR}), frozenset({EXPERT})

# What exists for whom. Every object of a kind that is not named here must look exactly like one that does not exist.
TICKETS: Mapping[str, frozenset[str]] = {
    "of the unit": HOTLINE | {HANDLER, LEADER},
    "of another unit": HOTLINE | {OTHER_HANDLER},
    "against the unit": HOTLINE | {OTHER_HANDLER},
    "confidential": frozenset({OTHER_OPERATOR, SUPERVISOR, OTHER_HANDLER}),  # registered by `he`
    "with hidden identity": HOTLINE | {HANDLER, LEADER},
    "at a seat": HOTLINE | {EXPERT},
    "withdrawn": HOTLINE | {HANDLER, LEADER},
    "of another city": frozenset(),
    "missing": frozenset(),
    "not a number": frozenset(),
}


@dataclass(frozen=True, slots=True)
class Way:
    """One way to knock: who may use the route, who of them may do just this, and what kind of object it names."""

    roles: frozenset[str]
    may: frozenset[str] | None = None
    names: str | None = None
    path: Mapping[str, Any] = field(default_factory=dict)
    query: str = ""
    form: Mapping[str, Any] = field(default_factory=dict)
    only: frozenset[str] | None = None  # try these objects alone


def to_all(**more: Any) -> tuple[Way, ...]:
    return (Way(ANYBODY, **more),)


def to(roles: frozenset[str], **more: Any) -> tuple[Way, ...]:
    return (Way(roles, **more),)


# Acts: the route is open to all who work on tickets, the act to these. Their forms come too late: nothing happens.
_TO_UNITS = dict.fromkeys(
    ("sign", "hand_over", "contact", "report", "return", "reply", "approve", "send_back", "resolve"), UNITS
)
_TO_HOTLINE = dict.fromkeys(
    ("not_accept", "follow_up", "redo", "close", "withdraw", "amend", "supplement", "urge", "renew_code", "recall",
     "redispatch"), HOTLINE
)  # fmt: skip
_ACTS: Mapping[str, frozenset[str]] = {
    **_TO_UNITS,
    **_TO_HOTLINE,
    "take": UNITS | {EXPERT},
    **dict.fromkeys(("answer_directly", "send_to_triage", "send_to_seat", "dispatch"), HOTLINE | {EXPERT}),
}
_FEW = frozenset({"of the unit", "of another unit", "confidential", "at a seat"})
_WORDS = {"reason": "x", "public": "x", "internal": "y", "text": "x", "basis": "x", "why": "x"}
_FORMS: Mapping[str, Mapping[str, Any]] = {
    "dispatch": {"unit": "water_affairs"}, "redispatch": {"unit": "water_affairs"}, "send_to_seat": {"skill": "tax"},
    "hand_over": {"staff_id": 1}, "follow_up": {"result": "solved"}, "close": {"end_reason": "solved"},
}  # fmt: skip
_NEEDED = {
    "answer_directly": ("public",), "not_accept": ("public",), "send_to_triage": ("why",), "redispatch": ("reason",),
    "report": ("public",), "return": ("basis", "reason"), "reply": ("public", "internal"), "send_back": ("reason",),
    "redo": ("reason",), "amend": ("reason",), "supplement": ("text",), "renew_code": ("reason",),
    "recall": ("reason",),
}  # fmt: skip


def to_act(act: str, path: Mapping[str, Any] | None = None) -> tuple[Way, ...]:
    form = {"seen_seq": 1, **_FORMS.get(act, {}), **{name: _WORDS[name] for name in _NEEDED.get(act, ())}}
    return (Way(WORKERS, _ACTS[act], "ticket", path or {}, form=form, only=None if path else _FEW),)


STAFF: Mapping[str, tuple[Way, ...]] = {
    "GET static": to_all(path={"filename": "look.css"}),
    "GET health.live": to_all(),
    "GET health.ready": to_all(),
    "GET metrics.metrics": to_all(),
    "GET api-docs.openapi_json": to_all(),
    "POST calls_api.receive": to_all(),
    "POST staff_api.log_in": to_all(),
    "DELETE staff_api.log_out": to(EVERYBODY),
    "GET staff_api.queue": to(WORKERS),
    "POST staff_api.register": to(HOTLINE),
    "GET staff_api.show": to(WORKERS, names="ticket"),
    **{f"POST staff_api.act_{act}": to_act(act) for act in _ACTS},
    "POST staff_api.upload": to(WORKERS),
    "GET staff_api.download": to(WORKERS, names="file"),
    "GET staff_pages.file": to(WORKERS, names="file"),
    "GET staff_pages.opened": to(WORKERS, path={"token": "x"}),  # a signed link of one's own: test_files_pages.py
    "POST staff_api.reveal": to(WORKERS, names="ticket", form={"fields": ["phone"], "reason": "回电话核实"}),
    "GET staff_pages.login": to_all(),
    "POST staff_pages.enter": to_all(),
    "GET staff_pages.sso": to_all(),
    "GET staff_pages.sso_back": to_all(),
    "GET staff_pages.second": to_all(),
    "POST staff_pages.show_second": to_all(),
    "GET staff_pages.setup": to_all(),
    "POST staff_pages.make_admin": to_all(),
    "POST staff_pages.log_out": to(EVERYBODY),
    "GET staff_pages.home": to(EVERYBODY),
    "GET staff_pages.search_form": to(WORKERS),
    "POST staff_pages.find": to(WORKERS, form={"q": "停水"}),
    "GET staff_pages.console": (*to(HOTLINE), *to(HOTLINE, names="ticket", query="read={number}")),
    "POST staff_pages.register": to(HOTLINE),
    "POST staff_pages.save_draft": to(HOTLINE, form={"body": "x"}),
    "POST staff_pages.discard_draft": to(HOTLINE, form={"key": "somebody-elses"}),
    "POST staff_pages.call_back": to(HOTLINE, path={"call_id": 10**6, "outcome": "reached"}),
    "POST staff_pages.call_back_number": to(HOTLINE, path={"call_id": 10**6}),
    "POST staff_pages.next_call_back": to(HOTLINE),
    "POST staff_pages.skip_call_back": to(HOTLINE, path={"call_id": 10**6}, form={"reason": "现在不方便"}),
    "POST staff_pages.next_follow_up": to(HOTLINE),
    "POST staff_pages.skip_follow_up": to(HOTLINE, names="ticket", form={"reason": "现在不方便"}),
    "GET staff_pages.triage": to(HOTLINE, names="ticket", query="t={number}"),
    "GET staff_pages.followups": to(HOTLINE, names="ticket", query="t={number}"),
    "GET staff_pages.untold": to(HOTLINE),
    "GET staff_pages.desk": to(UNITS, names="ticket", query="t={number}"),
    "GET staff_pages.seat": to(ONLY_EXPERT, names="ticket", query="t={number}"),
    "GET staff_pages.team": to(UNITS),
    "POST staff_pages.hand_over_many": to(UNITS, form={"number": "260907000016", "staff_id": "1"}),
    "GET staff_pages.overview": to(ONLY_SUPERVISOR),
    "GET staff_pages.ticket": to(WORKERS, names="ticket"),
    "POST staff_pages.act": tuple(
        way for act in ("take", "supplement", "redispatch") for way in to_act(act, {"act": act})
    ),
    "POST staff_pages.reveal": to(WORKERS, names="ticket", form={"reason": "回电话核实"}),
    "GET staff_pages.code": to(HOTLINE, names="ticket"),
    "GET staff_pages.admin": to(ONLY_ADMIN),
    "POST staff_pages.add_person": to(ONLY_ADMIN),
    "GET staff_pages.person": to(ONLY_ADMIN, names="person"),
    "POST staff_pages.edit_person": to(ONLY_ADMIN, names="person", form={"name": "x", "role": "operator"}),
    "POST staff_pages.disable_person": to(ONLY_ADMIN, names="person"),
    "POST staff_pages.reset_code": to(ONLY_ADMIN, names="person"),
    "GET staff_pages.keys": to(ONLY_ADMIN),
    "POST staff_pages.add_key": to(ONLY_ADMIN),
    "POST staff_pages.rotate_key": to(ONLY_ADMIN, names="key"),
    "POST staff_pages.revoke_key": to(ONLY_ADMIN, names="key"),
    "GET staff_pages.hooks": to(ONLY_ADMIN),
    "POST staff_pages.add_hook": to(ONLY_ADMIN),
    "POST staff_pages.rotate_hook": to(ONLY_ADMIN, path={"hook_id": 10**6}),
    "POST staff_pages.change_hook": to(ONLY_ADMIN, path={"hook_id": 10**6, "what": "test"}),
    "POST staff_pages.enable_person": to(ONLY_ADMIN, names="person"),
    "POST staff_pages.give_password": to(ONLY_ADMIN, names="person"),
    "POST staff_pages.end_person_sessions": to(ONLY_ADMIN, names="person"),
    "GET staff_pages.units": to(ONLY_ADMIN),
    "GET staff_pages.seats": to(ONLY_ADMIN),
    "GET staff_pages.packs_page": to(ONLY_ADMIN),
    "GET staff_pages.pack": to(ONLY_ADMIN, path={"pack_id": 10**6}),
    "POST staff_pages.activate_pack": to(ONLY_ADMIN, path={"pack_id": 10**6}),
    "GET staff_pages.log": to(ONLY_ADMIN),
    "POST staff_pages.export_log": to(ONLY_ADMIN),
    "GET staff_pages.absence": to(UNITS | ONLY_EXPERT | ONLY_ADMIN),
    "POST staff_pages.set_absence": to(UNITS | ONLY_EXPERT | ONLY_ADMIN),
    "POST staff_pages.end_absence": to(UNITS | ONLY_EXPERT | ONLY_ADMIN, path={"absence_id": 10**6}),
    "GET staff_pages.password": to(EVERYBODY),
    "POST staff_pages.save_password": to(EVERYBODY),
}

# People of the city as an administrator may change them; the last row is nobody's.
PEOPLE: Mapping[str, frozenset[str]] = {
    "of the city": ONLY_ADMIN,
    "of another city": frozenset(),
    "missing": frozenset(),
}
# On the internet: nobody, a caller with the cookie of a ticket, one whose link was revoked. The API asks for number and
# code instead, and the code is that of the first ticket; links prove themselves.
CALLER, REVOKED = "caller", "revoked"
CALLERS = frozenset({CALLER})
ALL_CALLERS = frozenset({NOBODY, CALLER, REVOKED})
BY_CODE = {name: ALL_CALLERS if name == "of the unit" else frozenset[str]() for name in TICKETS}
LINKS: Mapping[str, frozenset[str]] = {
    "of the caller": ALL_CALLERS,
    "revoked": frozenset(),
    "missing": frozenset(),
    "not a link": frozenset(),
}
FILES_OF_THE_CALLER = {name: CALLERS if name == "of the unit" else frozenset[str]() for name in TICKETS}
SEES: Mapping[str, Mapping[str, frozenset[str]]] = {
    "ticket": TICKETS, "person": PEOPLE, "key": PEOPLE, "by code": BY_CODE, "link": LINKS,
    "file": TICKETS, "file by code": BY_CODE, "file of the caller": FILES_OF_THE_CALLER,
}  # fmt: skip

PUBLIC: Mapping[str, tuple[Way, ...]] = {
    "GET static": (Way(ALL_CALLERS, path={"filename": "look.css"}),),
    "GET health.live": (Way(ALL_CALLERS),),
    "GET health.ready": (Way(ALL_CALLERS),),
    "GET api-docs.openapi_json": (Way(ALL_CALLERS),),
    "POST public_api.register": (Way(ALL_CALLERS),),
    "GET public_api.show": (Way(ALL_CALLERS, names="by code"),),
    **{
        f"POST public_api.act_{act}": (Way(ALL_CALLERS, names="by code", form=form, only=_FEW),)
        for act, form in {
            "supplement": {"text": "x"},
            "urge": {},
            "hide_identity": {},
            "tell_by": {},
            "withdraw": {"seen_seq": 9},
            "confirm": {"solved": True},
        }.items()
    },
    "POST receipts.receive": (Way(ALL_CALLERS, path={"provider": "aliyun", "secret": "wrong"}),),
    "POST public_api.upload": (Way(ALL_CALLERS),),
    "GET public_api.download": (Way(ALL_CALLERS, names="file by code"),),
    "GET public_pages.file": (Way(CALLERS, names="file of the caller"),),
    "GET public_pages.opened": (Way(CALLERS, path={"token": "x"}),),
    "GET public_pages.landing": (Way(ALL_CALLERS),),
    "POST public_pages.follow": (Way(ALL_CALLERS),),
    "GET public_pages.link": (Way(ALL_CALLERS, names="link"),),
    "POST public_pages.leave": (Way(ALL_CALLERS),),
    "GET public_pages.new": (Way(ALL_CALLERS),),
    "POST public_pages.send": (Way(ALL_CALLERS),),
    "GET public_pages.done": (Way(CALLERS),),
    "GET public_pages.ticket": (Way(CALLERS),),
    "GET public_pages.withdrawal": (Way(CALLERS),),
    "POST public_pages.act": (Way(CALLERS, path={"act": "urge"}),),
}

# Server-sent events (S46): walked in `test_stream.py`, where a stream can be opened and left.
STREAM = frozenset({"GET follow_ticket", "GET follow_queue", "GET health.live", "GET health.ready", "GET static"})
