"""Which pages are open to whom; part of the access table in `intake.access`."""

from collections.abc import Mapping

from shared.domain.terms import Role

ANYBODY: frozenset[Role] = frozenset()
CALLER = frozenset({Role.CALLER})
HOTLINE = frozenset({Role.OPERATOR, Role.SUPERVISOR})
WORKERS = HOTLINE | {Role.HANDLER, Role.EXPERT}
LOGGED_IN = WORKERS | {Role.ADMIN}
PLANNERS = frozenset({Role.HANDLER, Role.EXPERT, Role.ADMIN})
_ADMIN_PAGES = (
    "staff_pages.admin",
    "staff_pages.add_person",
    "staff_pages.disable_person",
    "staff_pages.keys",
    "staff_pages.add_key",
    "staff_pages.rotate_key",
    "staff_pages.revoke_key",
    "staff_pages.hooks",
    "staff_pages.add_hook",
    "staff_pages.rotate_hook",
    "staff_pages.change_hook",
    "staff_pages.person",
    "staff_pages.edit_person",
    "staff_pages.enable_person",
    "staff_pages.give_password",
    "staff_pages.end_person_sessions",
    "staff_pages.reset_code",
    "staff_pages.units",
    "staff_pages.seats",
    "staff_pages.packs_page",
    "staff_pages.pack",
    "staff_pages.activate_pack",
    "staff_pages.log",
    "staff_pages.export_log",
)

PUBLIC: Mapping[str, frozenset[Role]] = {
    "public_pages.landing": ANYBODY,
    "public_pages.follow": ANYBODY,
    "public_pages.link": ANYBODY,
    "public_pages.leave": ANYBODY,
    "public_pages.new": ANYBODY,
    "public_pages.send": ANYBODY,
    "public_pages.done": CALLER,
    "public_pages.ticket": CALLER,
    "public_pages.withdrawal": CALLER,
    "public_pages.act": CALLER,
    "public_pages.file": CALLER,
    "public_pages.opened": CALLER,
}
STAFF: Mapping[str, frozenset[Role]] = {
    "staff_pages.login": ANYBODY,
    "staff_pages.enter": ANYBODY,
    "staff_pages.second": ANYBODY,  # proves itself by the cookie of a login that waits
    "staff_pages.show_second": ANYBODY,  # the same
    "staff_pages.sso": ANYBODY,
    "staff_pages.sso_back": ANYBODY,  # proves itself by the provider's signed answer
    "staff_pages.setup": ANYBODY,
    "staff_pages.make_admin": ANYBODY,
    "staff_pages.log_out": LOGGED_IN,
    "staff_pages.password": LOGGED_IN,
    "staff_pages.save_password": LOGGED_IN,
    "staff_pages.absence": PLANNERS,
    "staff_pages.set_absence": PLANNERS,
    "staff_pages.end_absence": PLANNERS,
    "staff_pages.home": LOGGED_IN,
    "staff_pages.find": WORKERS,
    "staff_pages.search_form": WORKERS,
    "staff_pages.console": HOTLINE,
    "staff_pages.register": HOTLINE,
    "staff_pages.save_draft": HOTLINE,
    "staff_pages.discard_draft": HOTLINE,
    "staff_pages.call_back": HOTLINE,
    "staff_pages.call_back_number": HOTLINE,
    "staff_pages.next_call_back": HOTLINE,
    "staff_pages.skip_call_back": HOTLINE,
    "staff_pages.next_follow_up": HOTLINE,
    "staff_pages.skip_follow_up": HOTLINE,
    "staff_pages.triage": HOTLINE,
    "staff_pages.followups": HOTLINE,
    "staff_pages.untold": HOTLINE,
    "staff_pages.desk": frozenset({Role.HANDLER}),
    "staff_pages.seat": frozenset({Role.EXPERT}),
    "staff_pages.team": frozenset({Role.HANDLER}),
    "staff_pages.hand_over_many": frozenset({Role.HANDLER}),
    "staff_pages.overview": frozenset({Role.SUPERVISOR}),
    "staff_pages.ticket": WORKERS,
    "staff_pages.act": WORKERS,
    "staff_pages.file": WORKERS,
    "staff_pages.opened": WORKERS,
    "staff_pages.reveal": WORKERS,
    "staff_pages.code": HOTLINE,
    **dict.fromkeys(_ADMIN_PAGES, frozenset({Role.ADMIN})),
}
