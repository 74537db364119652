"""The sign-on provider: where it is, what it is asked, and whether what it answers is true (SECURITY S24)."""

import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from shared.people.sign_on import Known
from shared.settings import Provider

SCOPE = "openid profile"
# Signatures by a key that only the provider has: neither `none` nor one that our own secret could make.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384")
# What `amr` says where the provider has asked for more than a password (RFC 8176).
SECOND_FACTORS = frozenset({"mfa", "otp", "hwk", "swk", "sc", "fpt", "face"})
_LEEWAY_SECONDS, _MOST_BYTES, _RANDOM_BYTES, _VERIFIER_BYTES = 30, 65_536, 24, 48
_TIMEOUT = httpx.Timeout(5.0, connect=3.0)


class Unbelievable(Exception):
    """The provider did not answer, or not with what can be believed; the message is for the log."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One login under way: what the answer must fit."""

    state: str = field(default_factory=lambda: secrets.token_urlsafe(_RANDOM_BYTES))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(_RANDOM_BYTES))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(_VERIFIER_BYTES))


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom the provider vouches for, in which groups, and whether by a second factor."""

    known: Known
    groups: frozenset[str]
    has_second: bool


def address(provider: Provider, back: str, attempt: Attempt) -> str:
    """Return where the browser goes to log in: code flow with PKCE, state and nonce. Raises `Unbelievable`."""
    asked = {"code_challenge": create_s256_code_challenge(attempt.verifier), "code_challenge_method": "S256"}
    where = _endpoints(provider)["authorization_endpoint"]
    given = {"redirect_uri": back, "scope": SCOPE, "state": attempt.state, "nonce": attempt.nonce, **asked}
    return str(prepare_grant_uri(where, provider.client_id, "code", **given))


def vouched(provider: Provider, back: str, code: str, attempt: Attempt) -> Vouched:
    """Exchange the code and return whom the signed answer names. Raises `Unbelievable`."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": attempt.verifier}
    answer = _ask("POST", _endpoints(provider)["token_endpoint"], data=form, auth=(provider.client_id, provider.secret))
    claims = believed(provider, str(answer.get("id_token", "")), attempt.nonce)
    groups, amr = claims.get(provider.groups_claim), claims.get("amr")
    known = Known(
        iss=str(claims["iss"]),
        sub=str(claims["sub"]),
        name=str(claims.get("name") or ""),
        login=str(claims.get("preferred_username") or ""),
    )
    return Vouched(known, _texts(groups), bool(_texts(amr) & SECOND_FACTORS))


def believed(provider: Provider, token: str, nonce: str) -> Mapping[str, Any]:
    """Return the claims of a token that the provider signed, just now, for us and for this login."""
    try:
        try:
            decoded = jwt.decode(token, _keys(provider.issuer), algorithms=ALGORITHMS)
        except (InvalidKeyIdError, ValueError):
            _keys.cache_clear()  # the provider may have changed its keys
            decoded = jwt.decode(token, _keys(provider.issuer), algorithms=ALGORITHMS)
        registry = JWTClaimsRegistry(
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": provider.issuer},
            aud={"essential": True, "value": provider.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        )
        registry.validate(decoded.claims)
    except (JoseError, ValueError, TypeError) as error:
        raise Unbelievable(f"id_token: {type(error).__name__}") from None
    claims = decoded.claims
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (several or "azp" in claims) and claims.get("azp") != provider.client_id:
        raise Unbelievable("id_token: azp is another client")
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise Unbelievable("id_token: nonce of another login")
    return claims


def _endpoints(provider: Provider) -> Mapping[str, str]:
    return _discovered(provider.issuer)


@cache
def _discovered(issuer: str) -> Mapping[str, str]:
    found = _ask("GET", f"{issuer}/.well-known/openid-configuration")
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    scheme = issuer.partition(":")[0]
    if found.get("issuer") != issuer or not all(str(found.get(name, "")).startswith(f"{scheme}:") for name in names):
        raise Unbelievable("discovery: another issuer, or endpoints are missing")
    return {name: str(found[name]) for name in names}


@cache
def _keys(issuer: str) -> KeySet:
    return KeySet.import_key_set(_ask("GET", _discovered(issuer)["jwks_uri"]))  # type: ignore[arg-type]


def _ask(method: str, url: str, **more: Any) -> dict[str, Any]:
    """Return the JSON object that an endpoint answers; follows no redirect and reads no more than 64 KB."""
    try:
        with httpx.stream(method, url, timeout=_TIMEOUT, trust_env=False, **more) as response:
            body = b""
            for piece in response.iter_bytes():
                body += piece
                if len(body) > _MOST_BYTES:
                    raise Unbelievable(f"{url}: more than {_MOST_BYTES} bytes")
        found = json.loads(body) if response.is_success else None
    except (httpx.HTTPError, ValueError) as error:
        raise Unbelievable(f"{url}: {type(error).__name__}") from None
    if not isinstance(found, dict):
        raise Unbelievable(f"{url}: HTTP {response.status_code}, no JSON object")
    return found


def _texts(value: Any) -> frozenset[str]:
    return frozenset(one for one in value if isinstance(one, str)) if isinstance(value, list) else frozenset()
