"""Login, logout, and the one-time code that makes the first administrator."""

from collections.abc import Mapping

from flask import Response, g, redirect, render_template, request, url_for

from intake import identity
from intake.login import log_in
from intake.pages.blueprints import staff_pages
from intake.pages.mistakes import Mistake, mistake_of, typed_form
from intake.pages.replies import page
from intake.pages.words import say
from intake.stores import engine
from shared import access_log, attempts, people
from shared.domain.errors import Refused
from shared.domain.terms import Role
from shared.people import NewStaff
from shared.settings import settings

_SAID = {"made": "setup.done", "changed": "password.done"}
_DEMO_LOGINS = ("operator", "handler", "leader", "expert", "supervisor", "admin")


@staff_pages.get("/login")
def login() -> Response:
    """Show the login form."""
    if g.viewer is not None:
        return redirect(url_for("staff_pages.home"), 303)  # type: ignore[return-value]
    return _login()


@staff_pages.post("/login")
def enter() -> Response:
    """Log in; the session is a new one."""
    typed = typed_form()
    try:
        begun = log_in(typed.get("login", "")[:80], request.form.get("password", "")[:200])
    except Refused as error:
        return _login(mistake_of(error, "login", {"login": typed.get("login", "")}))
    answer = redirect(url_for("staff_pages.home" if begun.is_whole else "staff_pages.second"), 303)
    name = identity.staff_cookie() if begun.is_whole else identity.waiting_cookie()
    return identity.set_cookie(answer, name, begun.token, is_session=True)  # type: ignore[arg-type]


def refuse_login(error: Refused) -> Response:
    """Return the login page with what went wrong on another way in."""
    return _login(mistake_of(error, "login", {}))


@staff_pages.post("/logout")
def log_out() -> Response:
    """End the session on the server, and with it its streams."""
    identity.log_out()
    answer = redirect(url_for("staff_pages.login"), 303)
    return identity.drop_cookie(answer, identity.staff_cookie())  # type: ignore[arg-type]


@staff_pages.get("/setup")
def setup() -> Response:
    """Show the form for the first administrator."""
    return _setup({})


@staff_pages.post("/setup")
def make_admin() -> Response:
    """Make the first administrator with the code that was printed at start."""
    typed = typed_form()
    subject = request.remote_addr or ""
    new = NewStaff(
        city=settings().city,
        login=typed.get("login", "")[:80],
        name=typed.get("name", "")[:60],
        password=request.form.get("password", ""),
        role=Role.ADMIN,
    )
    missing = {name: say("mistake.missing") for name in ("login", "name") if not typed.get(name)}
    kept = {name: value for name, value in typed.items() if name in ("login", "name")}
    if missing:
        return _setup(kept, Mistake("setup", 400, say("errors.title"), missing, kept))
    try:
        with engine().begin() as connection:
            attempts.check(connection, attempts.SETUP, subject)
        with engine().begin() as connection:
            staff_id = people.use_admin_code(connection, typed.get("code", ""), new)
            access_log.note(connection, None, "admin_made", fields=(str(staff_id),), address=subject)
    except Refused as error:
        with engine().begin() as connection:
            attempts.count(connection, attempts.SETUP, subject)
        return _setup(kept, mistake_of(error, "setup", kept))
    return redirect(url_for("staff_pages.login", made="1"), 303)  # type: ignore[return-value]


def _login(mistake: Mistake | None = None) -> Response:
    logins = _DEMO_LOGINS if settings().is_demo else ()
    said = next((say(word) for name, word in _SAID.items() if name in request.args), None)
    html = render_template("staff/login.html", mistake=mistake, logins=logins, said=said)
    return page(html, mistake)


def _setup(typed: Mapping[str, str], mistake: Mistake | None = None) -> Response:
    return page(render_template("staff/setup.html", typed=typed, mistake=mistake), mistake)
