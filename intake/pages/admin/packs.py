"""City packs: versions, what differs, whether one can be used, who activated which when, and activating one."""

from flask import Response, g, redirect, request, url_for

from intake.acts import current_viewer
from intake.fields import whole_number
from intake.pages.admin.tabs import admin_page
from intake.pages.blueprints import staff_pages
from intake.pages.mistakes import Mistake, mistake_of
from intake.pages.words import say
from intake.stores import engine
from shared import access_log, packs
from shared.access_log import Change
from shared.cities.load import read_pack
from shared.cities.problems import PackError
from shared.domain.errors import Refused
from shared.packs import PackVersion
from shared.packs.diff import pack_changes

_MOST_LINES = 200


class NoSuchPack(Refused):
    """There is no such version, or not of this city."""

    def __init__(self) -> None:
        super().__init__("no_such_pack", "没有这个版本。请回到列表再选。")


@staff_pages.get("/admin/packs")
def packs_page() -> Response:
    """List the versions and who activated which."""
    city = current_viewer().city
    with engine().connect() as connection:
        active = packs.active(connection, city)
        found, history = packs.versions(connection, city), packs.activations(connection, city)
    names = {one.id: one.version for one in found}
    said = say("packs.done") if "activated" in request.args else None
    return admin_page("packs", versions=found, active=active, history=history, names=names, said=said)


@staff_pages.get("/admin/packs/<int:pack_id>")
def pack(pack_id: int) -> Response:
    """Show what differs between a version and the active one, or another, and what is wrong with it."""
    return _compared(pack_id)


@staff_pages.post("/admin/packs/<int:pack_id>/activate")
def activate_pack(pack_id: int) -> Response:
    """Let a version hold from now on; every open ticket is counted again."""
    viewer, expected = current_viewer(), request.form.get("expected", "")
    if request.form.get("sure") != "true":
        wrong = {"sure": say("packs.sure.missing")}
        return _compared(pack_id, Mistake("pack", 400, say("errors.title"), wrong))
    try:
        with engine().begin() as connection:
            to, before = _version(pack_id), packs.active(connection, viewer.city)
            read_pack(viewer.city, packs.read_files(connection, to.id))  # another release may have loaded it
            if packs.activate(connection, to, whole_number(expected), f"staff:{g.staff.login}"):
                was = {"version": before.version} if before else {}
                change = Change("pack_activated", f"pack:{viewer.city}", was, {"version": to.version})
                access_log.note_change(connection, viewer, change)
    except PackError as error:
        return _compared(pack_id, Mistake("pack", 409, str(error).splitlines()[0]))
    except Refused as error:
        return _compared(pack_id, mistake_of(error, "pack", {}))
    return redirect(url_for("staff_pages.packs_page", activated="1"), 303)  # type: ignore[return-value]


def _compared(pack_id: int, mistake: Mistake | None = None) -> Response:
    to, city = _version(pack_id), current_viewer().city
    with engine().connect() as connection:
        active = packs.active(connection, city)
        named = packs.find(connection, city, request.args.get("from", "")[:80]) if request.args.get("from") else None
        against = named or active or to
        others = [one for one in packs.versions(connection, city) if one.id != to.id]
        before, after = (packs.read_files(connection, one.id) for one in (against, to))
    try:
        read_pack(city, after)
        problems: tuple[str, ...] = ()
    except PackError as error:
        problems = error.problems
    return admin_page(
        "packs", mistake, template="pack", to=to, active=active, against=against, others=others, problems=problems,
        changes=pack_changes(before, after), most=_MOST_LINES,
    )  # fmt: skip


def _version(pack_id: int) -> PackVersion:
    with engine().connect() as connection:
        found = packs.find(connection, current_viewer().city, pack_id)
    if found is None or found.id != pack_id:
        raise NoSuchPack
    return found
