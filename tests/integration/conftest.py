"""Fixtures of the integration tests: a city in a database of its own, and this process bound to it."""

import math
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

import router.handlers
import worker.handlers
import worker.sender
from intake import stores
from intake.app import create_app
from shared import service
from shared.bell import bell
from shared.cities.load import read_pack
from shared.database import engine
from shared.domain.rules import Rules
from shared.keys import keys
from shared.packs import known, known_packs
from shared.settings import settings
from shared.storage import storage
from tests.conftest import Database
from tests.integration.api import Api
from tests.integration.provider import CLIENT, GROUPS, Forger, Use, forging_provider
from tests.integration.provider import SECRET as CLIENT_SECRET
from tests.integration.site import Site
from tests.integration.stage import SECRET, Stage
from tests.integration.telephony import NAME, Adapter
from tests.integration.telephony import SECRET as ADAPTER_SECRET

MOUNT, UMOUNT = (shutil.which(name) or name for name in ("mount", "umount"))
# What a process makes once from its settings. The bell stays: it is silenced, and its thread outlives every test.
ENGINES = (engine, stores.engine)
SINGLETONS = (
    settings, keys, known_packs, *ENGINES, stores.ledger, service.ledger, router.handlers.handlers,
    worker.handlers.handlers, worker.sender.handlers, storage,
)  # fmt: skip


@pytest.fixture
def stage(database: Database) -> Iterator[Stage]:
    """A city in a database of the test's own, on a Monday at ten."""
    opened = Stage.open(database.app_url, database.owner_url)
    yield opened
    opened.close()


@pytest.fixture
def as_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[Stage], None]]:
    """Let the process's own settings, keys, engines, ledgers and handlers be those of a stage."""

    def use(stage: Stage) -> None:
        monkeypatch.setenv("DATABASE_URL", stage.engine.url.render_as_string(hide_password=False))
        monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:9/0")
        monkeypatch.setenv("HOTLINE_SECRET", SECRET.decode())
        monkeypatch.setenv("HOTLINE_DEV", "1")
        monkeypatch.setenv("HOTLINE_FILES_URL", (tmp_path / "files").as_uri())
        monkeypatch.setenv("HOTLINE_SECOND_FACTOR", "off")
        monkeypatch.delenv("HOTLINE_SECRET_FILE", raising=False)
        monkeypatch.setattr(known, "read_pack", read_pack_once)
        _forget()
        bell()._quiet_until = math.inf  # as with Redis gone for good: jobs alone carry the work

    yield use
    _forget()


def read_pack_once(city: str, files: Mapping[str, bytes]) -> Rules:
    """Every test has a database of its own, but nearly all of them hold the same pack."""
    return _read(city, tuple(sorted(files.items())))


@cache
def _read(city: str, files: tuple[tuple[str, bytes], ...]) -> Rules:
    return read_pack(city, dict(files))


def _forget() -> None:
    for one in ENGINES:
        if one.cache_info().currsize:
            one().dispose()
    for singleton in SINGLETONS:
        singleton.cache_clear()


@pytest.fixture
def site(stage: Stage, as_settings: Callable[[Stage], None]) -> Site:
    """Both surfaces on a database of the test's own."""
    as_settings(stage)
    return Site(stage, create_app("public"), create_app("staff"))


@pytest.fixture
def api(site: Site) -> Api:
    """The JSON API of both surfaces, and clients of everybody who may use it."""
    return Api(site)


@pytest.fixture
def adapter(api: Api, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Adapter:
    """A telephony adapter whose secret the hotline knows."""
    secrets = tmp_path / "call.secrets"
    secrets.write_text(f"# one a line\n{NAME} {ADAPTER_SECRET}\n", "utf-8")
    monkeypatch.setenv("HOTLINE_CALL_SECRETS_FILE", str(secrets))
    settings.cache_clear()
    return Adapter(api)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system that is full after 200 kB."""
    folder = tmp_path / "small"
    folder.mkdir()
    made = subprocess.run(
        [MOUNT, "-t", "tmpfs", "-o", "size=200k", "none", str(folder)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        pytest.skip(f"no right to mount a small disk: {made.stderr.strip()}")
    yield folder
    subprocess.run([UMOUNT, str(folder)], check=True)


@pytest.fixture
def forger() -> Iterator[Forger]:
    """A sign-on provider that answers what a test tells it to."""
    with forging_provider() as found:
        yield found


@pytest.fixture
def sso(site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Use:
    """Let the deployment know a sign-on provider, named by its issuer."""
    (tmp_path / "groups").write_text(GROUPS)
    (tmp_path / "secret").write_text(CLIENT_SECRET)

    def bind(issuer: str) -> None:
        monkeypatch.setenv("HOTLINE_OIDC_ISSUER", issuer)
        monkeypatch.setenv("HOTLINE_OIDC_CLIENT_ID", CLIENT)
        monkeypatch.setenv("HOTLINE_OIDC_SECRET_FILE", str(tmp_path / "secret"))
        monkeypatch.setenv("HOTLINE_OIDC_GROUPS_FILE", str(tmp_path / "groups"))
        settings.cache_clear()

    return bind
