"""The pack that comes with this version of the software: a city's first, and news where another is active."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from shared.command.postgres import EngineFailed
from shared.settings import city_of, driver_url

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

CITIES = Path(__file__).parents[1] / "cities"
BY = "migrate"


def begin_with_shipped(connection: "Connection") -> None:
    """Load and activate the shipped pack, if the city has no active one; in one transaction."""
    from shared import packs
    from shared.cities.load import files_of

    city = city_of(os.environ)
    with connection.begin():
        # A city that is not shipped gets its first pack by hand: `./hotline pack load DIR`, then `activate`.
        if packs.active(connection, city) is None and (CITIES / city / "pack.yaml").is_file():
            packs.activate(connection, packs.load(connection, city, files_of(city), BY), None, BY, "first start")


def pack_news(environment: Mapping[str, str]) -> str | None:
    """Return lines if the shipped pack was never loaded, the holidays known come to an end, or a restore holds notices.

    Raises `EngineFailed` if nothing usable is active.
    """
    import sqlalchemy as sa

    from shared import packs, restoration
    from shared.cities.problems import PackError
    from shared.domain.foresight import foresight
    from shared.ledger.write import business_now

    city = city_of(environment)
    engine = sa.create_engine(driver_url(environment["DATABASE_URL"]), poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            active = packs.Packs().at(connection, city)
            known = [one.version for one in packs.versions(connection, city)]
            ahead = foresight(active.calendar, business_now(connection))
            held = restoration.held(connection)
    except sa.exc.OperationalError:
        return None
    except PackError as error:
        raise EngineFailed(f"The city's active pack cannot be used:\n{error}") from error
    finally:
        engine.dispose()
    lines = [f"Holidays are known until {ahead.known_until}: ./hotline calendar import FILE.csv"] * ahead.ends_soon
    if held is not None:
        lines.append(f"Restored from a backup of {held.backup_at:%F %R} UTC. No notice leaves until: ./hotline release")
    if _is_new(city, known):
        lines.append(
            f"The pack of {city} that comes with this version is another than {active.version}, which stays active;"
            f" to see the difference: ./hotline pack diff shared/cities/{city}"
        )
    return "\n".join(lines) or None


def _is_new(city: str, known: list[str]) -> bool:
    from shared.cities.load import digest_of, files_of

    if not (CITIES / city / "pack.yaml").is_file():
        return False
    digest = digest_of(files_of(city))
    return not any(version.endswith(f"+{digest}") for version in known)
