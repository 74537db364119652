"""Single sign-on against a provider that forges, and one that changes its keys (SECURITY S24)."""

import base64
import hmac
from collections.abc import Callable

from joserfc import jwt
from joserfc.jwk import RSAKey

from shared.settings import settings
from tests.integration.provider import CLIENT, SECRET, Forger, Use, accounts, forged
from tests.integration.site import Site


def test_the_login_is_asked_for_by_code_with_pkce_state_and_nonce(site: Site, sso: Use, forger: Forger) -> None:
    sso(forger.issuer)
    visitor, page = forged(site, forger, Forger.id_token)
    assert page.status == 200
    assert visitor.get("/admin").status == 200
    asked, sent = forger.asked, forger.answers[0]
    assert (asked["response_type"], asked["code_challenge_method"], asked["scope"]) == (
        "code",
        "S256",
        "openid profile",
    )
    assert min(len(asked["state"]), len(asked["nonce"]), len(sent["code_verifier"])) >= 32
    assert asked["redirect_uri"] == sent["redirect_uri"] == f"{settings().staff_url}/login/sso/back"
    assert sent["code_verifier"] not in forger.asked.values()


def signed_by(forger: Forger, secret: bytes | None) -> str:
    """Return a good token under another head: without a signature, or with what `secret` makes of it."""
    head, body, _ = forger.id_token().split(".")
    head = encoded(b'{"alg":"HS256"}' if secret else b'{"alg":"none"}')
    mac = hmac.digest(secret, f"{head}.{body}".encode(), "sha256") if secret else b""
    return f"{head}.{body}.{encoded(mac)}"


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def by_another_key(forger: Forger) -> str:
    claims = jwt.decode(forger.id_token(), forger.key).claims
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, RSAKey.generate_key(2048, {"kid": "one"}))


FORGERIES: dict[str, Callable[[Forger], str]] = {
    "another audience": lambda f: f.id_token(aud="another"),
    "no audience": lambda f: f.id_token(aud=None),
    "several audiences, another's party": lambda f: f.id_token(aud=[CLIENT, "another"], azp="another"),
    "another issuer": lambda f: f.id_token(iss="https://evil.example"),
    "the issuer with a slash": lambda f: f.id_token(iss=f.issuer + "/"),
    "expired": lambda f: f.id_token(exp=1_700_000_000),
    "never expiring": lambda f: f.id_token(exp=None),
    "of the future": lambda f: f.id_token(iat=4_000_000_000),
    "nonce of another login": lambda f: f.id_token(nonce="another"),
    "no nonce": lambda f: f.id_token(nonce=None),
    "nobody": lambda f: f.id_token(sub=None),
    "unsigned": lambda f: signed_by(f, None),
    "signed by what everybody can read": lambda f: signed_by(f, f.key.as_pem(private=False)),
    "signed by our own secret": lambda f: signed_by(f, SECRET.encode()),
    "signed by another key": by_another_key,
    "nothing": lambda _: "",
    "no token": lambda _: "a.b.c",
}


def test_no_forgery_lets_anybody_in(site: Site, sso: Use, forger: Forger) -> None:
    sso(forger.issuer)
    for what, make in FORGERIES.items():
        visitor, page = forged(site, forger, make)
        assert (page.status, "统一认证没有成功" in page.text) == (401, True), what
        assert visitor.get("/admin").location == "/login", what
    assert accounts(site) == []
    assert site.stage.rows("SELECT 1 FROM session") == []


def test_a_nonce_is_good_for_its_own_login_alone(site: Site, sso: Use, forger: Forger) -> None:
    sso(forger.issuer)
    assert forged(site, forger, Forger.id_token)[1].status == 200
    old = forger.token
    assert forged(site, forger, lambda _: old)[1].status == 401


def test_a_provider_that_changes_its_keys_is_believed_with_the_new_and_not_the_old(
    site: Site, sso: Use, forger: Forger
) -> None:
    sso(forger.issuer)
    assert forged(site, forger, Forger.id_token)[1].status == 200
    old, forger.key = forger.key, RSAKey.generate_key(2048, {"kid": "two"})
    assert forged(site, forger, Forger.id_token)[1].status == 200

    def by_the_old(one: Forger) -> str:
        return jwt.encode({"alg": "RS256", "kid": "one"}, jwt.decode(one.id_token(), one.key).claims, old)

    assert forged(site, forger, by_the_old)[1].status == 401
