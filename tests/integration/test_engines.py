"""The throwaway engines that every other integration test stands on."""

import psycopg
import pytest
import redis
from sqlalchemy import Connection, text

from shared.command.engines import Addresses
from tests.conftest import Database


def test_the_engines_ask_for_a_password(engines: Addresses) -> None:
    wrong = engines.app_url.replace("hotline_app:", "hotline_app:wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)
    nameless = f"redis://{engines.redis_url.split('@')[1]}"
    with redis.Redis.from_url(nameless) as client, pytest.raises(redis.AuthenticationError):
        client.ping()


def test_each_test_has_a_database_of_its_own(database: Database, superuser: psycopg.Connection) -> None:
    names = {row[0] for row in superuser.execute("SELECT datname FROM pg_database")}
    assert {database.name, "template_hotline"} <= names


def test_the_app_role_owns_nothing(database: Database) -> None:
    with psycopg.connect(database.app_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("CREATE TABLE public.mine (id int)")


def test_the_clusters_text_is_utf8_whatever_the_machines_locale(superuser: psycopg.Connection) -> None:
    row = superuser.execute("SHOW server_encoding").fetchone()
    assert row == ("UTF8",)
    assert superuser.execute("SELECT lower('É'), length('受理')").fetchone() == ("é", 2)


def test_the_shared_connection_is_in_a_transaction(connection: Connection) -> None:
    assert connection.in_transaction()
    assert connection.execute(text("SELECT current_user")).scalar() == "hotline_app"


def test_valkey_evicts_nothing_and_keeps_what_it_is_told(valkey_url: str) -> None:
    with redis.Redis.from_url(valkey_url, decode_responses=True) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        assert client.dbsize() == 0
