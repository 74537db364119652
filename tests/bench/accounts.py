"""Sessions on the measured product: somebody of a role, logged in as people do."""

import json
import secrets
import urllib.request

from shared.database import engine
from shared.domain.terms import Role
from shared.people import NewStaff, add_staff
from tests.bench.product import Product

CITY = "chengdu"


def session(product: Product, role: Role, unit: str | None = None) -> str:
    """Add somebody, log in and return the cookie. `product.join()` comes first."""
    login, password = f"bench-{role}-{secrets.token_hex(3)}", secrets.token_urlsafe(18)
    with engine().begin() as connection:
        new = NewStaff(city=CITY, login=login, name="测量", password=password, role=role, unit=unit)
        add_staff(connection, new)
    request = urllib.request.Request(  # noqa: S310 our own loopback address
        product.environment["STAFF_URL"] + "/api/v1/session",
        json.dumps({"login": login, "password": password}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
        return str(answer.headers["Set-Cookie"].split(";")[0])
