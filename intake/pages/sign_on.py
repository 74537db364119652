"""Logging in by the sign-on provider 统一认证: out to it, and back with its answer."""

import hmac

import structlog
from flask import Response, abort, make_response, redirect, render_template, request, url_for

from intake import identity, login, oidc
from intake.address import network
from intake.oidc import Attempt, Unbelievable, Vouched
from intake.pages.blueprints import staff_pages
from intake.pages.entrance import refuse_login
from intake.stores import engine, rules
from shared import access_log
from shared.domain.errors import Refused
from shared.groups import Place
from shared.people import sign_on
from shared.settings import Provider, settings

_LONGEST = 2_000
_COOKIE_SECONDS = 600
log = structlog.get_logger()


@staff_pages.get("/login/sso")
def sso() -> Response:
    """Send the browser to the provider; what its answer must fit is kept, and bound to this browser."""
    provider, attempt = _provider(), Attempt()
    try:
        where = oidc.address(provider, _back(), attempt)
    except Unbelievable as error:
        return _unbelievable(error)
    with engine().begin() as connection:
        sign_on.begin(connection, attempt.state, attempt.nonce, attempt.verifier)
    answer = make_response(redirect(where, 303))
    # Lax, because the provider's answer comes from another site.
    answer.set_cookie(
        _cookie(), attempt.state, max_age=_COOKIE_SECONDS, secure=not settings().is_dev, httponly=True, samesite="Lax"
    )
    return answer


@staff_pages.get("/login/sso/back")
def sso_back() -> Response:
    """Take the provider's answer: once, in the browser that asked, and only if all of it fits."""
    provider = _provider()
    state, code = request.args.get("state", "")[:_LONGEST], request.args.get("code", "")[:_LONGEST]
    mine = request.cookies.get(_cookie(), "")
    try:
        if not state or not hmac.compare_digest(state.encode("utf-8", "replace"), mine.encode("utf-8", "replace")):
            raise Unbelievable("state of another browser")
        with engine().begin() as connection:
            taken = sign_on.take(connection, state)
        if taken is None or not code:
            raise Unbelievable("no such login under way, or the provider refused it")
        found = oidc.vouched(provider, _back(), code, Attempt(state, *taken))
    except Unbelievable as error:
        return _unbelievable(error)
    try:
        return _let_in(found, _place(provider, found))
    except Refused as error:
        with engine().begin() as connection:
            sign_on.end_sessions_of(connection, found.known)
            access_log.note(connection, None, "login_failed", address=network())
        return refuse_login(error)


def _let_in(found: Vouched, place: Place | None) -> Response:
    with engine().begin() as connection:
        person = sign_on.account_of(connection, settings().city, found.known, place)
        begun = login.let_in(connection, person, has_second=found.has_second)
    if begun.is_whole:
        # A page of ours first: a redirect would still count as the other site's, and the cookie is Strict.
        answer = make_response(render_template("staff/signed_on.html", name=person.name))
        identity.set_cookie(answer, identity.staff_cookie(), begun.token, is_session=True)
    else:
        answer = make_response(render_template("staff/signed_on.html", name=person.name, second=True))
        identity.set_cookie(answer, identity.waiting_cookie(), begun.token, is_session=True)
    return identity.drop_cookie(answer, _cookie())


def _place(provider: Provider, found: Vouched) -> Place | None:
    """Return what the person is here by the first line that names one of their groups; None: nothing."""
    place = next((one for one in provider.places if one.group in found.groups), None)
    if place is None:
        return None
    is_known = (place.unit is None or place.unit in rules().units) and all(
        one in rules().skills for one in place.skills
    )
    if not is_known:
        log.warning("group_without_place", role=place.role, unit=place.unit)
    return place if is_known else None


def _unbelievable(error: Unbelievable) -> Response:
    log.warning("sign_on_refused", why=str(error))
    with engine().begin() as connection:
        access_log.note(connection, None, "login_failed", address=network())
    return refuse_login(
        Refused("sign_on_failed", "统一认证没有成功。请再试一次；一直不行，请用本地账号登录或联系管理员。")
    )


def _provider() -> Provider:
    provider = settings().provider
    if provider is None:
        abort(404)
    return provider


def _back() -> str:
    return settings().staff_url + url_for("staff_pages.sso_back")


def _cookie() -> str:
    return "sso" if settings().is_dev else "__Host-sso"
