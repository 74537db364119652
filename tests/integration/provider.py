"""Sign-on providers for tests: a real one in a process of its own, and one whose every answer a test may forge."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from flask import Flask, jsonify, request
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

from shared.command.ports import any_free
from tests.integration.site import Page, Site, Visitor
from tests.integration.stage import UNIT

GROUPS = f"""# the city's groups
admin = admins
handler:{UNIT}:leader = CN=Water Leaders,OU=City
handler:{UNIT} = water
expert:tax = tax experts
operator = seats
handler:nowhere = abolished
"""
Use = Callable[[str], None]
CLIENT, SECRET = "hotline", "the secret of the client"
_UNTIL_IT_ANSWERS_SECONDS = 60


@contextmanager
def real_provider() -> Iterator[str]:
    """Run `oidc-provider-mock` and yield its issuer."""
    port = any_free()
    issuer, program = f"http://127.0.0.1:{port}", Path(sys.executable).parent / "oidc-provider-mock"
    environment = {"PATH": os.environ["PATH"], "PYTHONWARNINGS": "ignore"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([str(program), "-p", str(port)], env=environment, **quiet) as process:  # type: ignore[call-overload]
        try:
            _wait(issuer)
            yield issuer
        finally:
            process.terminate()


def _wait(issuer: str) -> None:
    until = time.monotonic() + _UNTIL_IT_ANSWERS_SECONDS
    while True:
        try:
            httpx.get(f"{issuer}/.well-known/openid-configuration", trust_env=False)
        except httpx.TransportError:
            if time.monotonic() > until:
                raise
            threading.Event().wait(0.05)
        else:
            return


def know(issuer: str, sub: str, **claims: Any) -> None:
    """Make somebody known to the real provider."""
    httpx.put(f"{issuer}/users/{sub}", json=claims, trust_env=False).raise_for_status()


def agree(address: str, sub: str) -> str:
    """Log in at the real provider, as somebody would; return where it sends the browser back to."""
    answer = httpx.post(address, data={"sub": sub}, trust_env=False)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


class Forger:
    """A provider that signs whatever it is told to, or lets somebody else sign."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {"alg": "RS256"}
        self.nonce, self.token = "", ""
        self.answers: list[dict[str, str]] = []

    def go(self, address: str) -> str:
        """Take note of what was asked; return state."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self.asked, self.nonce = asked, asked["nonce"]
        return asked["state"]

    def id_token(self, **odd: Any) -> str:
        """Return a good token but for what is odd; None takes a claim away."""
        now = int(_now())
        good = {"iss": self.issuer, "aud": CLIENT, "sub": "s1", "iat": now, "exp": now + 300, "nonce": self.nonce}
        claims = {"groups": ["admins"], "name": "Forged", **good, **odd}
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({**self.header, "kid": self.key.kid}, kept, self.key)

    def app(self) -> Flask:
        app = Flask("forger")

        @app.get("/.well-known/openid-configuration")
        def discovery() -> Any:
            ends = {"authorization_endpoint": "/auth", "token_endpoint": "/token", "jwks_uri": "/jwks"}
            return jsonify({"issuer": self.issuer} | {name: self.issuer + path for name, path in ends.items()})

        @app.get("/jwks")
        def keys() -> Any:
            return jsonify({"keys": [self.key.as_dict(private=False)]})

        @app.post("/token")
        def token() -> Any:
            self.answers.append(request.form.to_dict())
            return jsonify({"access_token": "x", "token_type": "Bearer", "id_token": self.token})

        return app


def _now() -> float:
    from datetime import UTC, datetime

    return datetime.now(UTC).timestamp()  # noqa: TID251 the provider has a clock of its own


@contextmanager
def forging_provider() -> Iterator[Forger]:
    """Run a forger on a free port."""
    forger = Forger("")
    server = make_server("127.0.0.1", 0, forger.app(), threaded=True)
    forger.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield forger
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def forged(site: Site, forger: Forger, make: Callable[[Forger], str]) -> tuple[Visitor, Page]:
    """Log in at the forger, which answers with the token that `make` makes."""
    visitor = Visitor(site.staff)
    state = forger.go(visitor.get("/login/sso").location)
    forger.token = make(forger)
    return visitor, visitor.get(f"/login/sso/back?state={state}&code=c1")


def accounts(site: Site) -> list[dict[str, Any]]:
    """Return the accounts that came by sign-on."""
    rows = site.stage.rows("SELECT login, name, role, unit, skills, leads_unit FROM staff WHERE login LIKE 'sso:%'")
    return [dict(row) for row in rows]
