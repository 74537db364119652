"""The house's own rules, read from its code: who writes which table, what the domain may know, how long things get."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import shared.tables.api_key
import shared.tables.attachment
import shared.tables.calls
import shared.tables.draft
import shared.tables.errand
import shared.tables.job
import shared.tables.mailbox
import shared.tables.pack
import shared.tables.people
import shared.tables.restoration
import shared.tables.ticket
import shared.tables.webhook  # noqa: F401
from shared.tables import metadata

ROOT = Path(__file__).parents[2]
SERVICES = ("shared", "intake", "router", "worker")
MOST_LINES, MOST_LINES_OF_A_FUNCTION, MEDIAN_LINES = 300, 50, 100

# The one module, or folder, that writes a table.
OWNERS = {
    "ticket": "shared/ledger/", "ticket_event": "shared/ledger/", "ticket_text": "shared/ledger/",
    "caller": "shared/ledger/", "decision": "shared/ledger/", "idempotency": "shared/ledger/",
    "pack_version": "shared/packs/", "pack_activation": "shared/packs/", "active_pack": "shared/packs/",
    "job": "shared/jobs.py", "staff": "shared/people/", "absence": "shared/people/",
    "session": "shared/people/", "second_factor": "shared/people/",
    "recovery_code": "shared/people/", "login_step": "shared/people/", "sign_on": "shared/people/",
    "sign_on_step": "shared/people/",
    "admin_code": "shared/people/", "attempt": "shared/attempts.py",
    "call": "shared/calls.py", "call_event": "shared/calls.py",
    "api_key": "shared/api_keys.py", "webhook": "shared/webhooks.py",
    "access_seal": "shared/access_seal.py", "access_log": "shared/access_log.py",
    "notice": "shared/notices.py", "business_clock": "shared/command/migrate.py",
    "attachment": "shared/attachments.py", "restoration": "shared/restoration.py",
    "draft": "shared/drafts.py", "errand": "shared/errands.py", "mailbox": "shared/mailboxes.py",
}  # fmt: skip
WRITES = re.compile(
    r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|TRUNCATE(?:\s+TABLE)?|COPY)\s+(?:ONLY\s+)?([a-z_]+)\b", re.IGNORECASE
)
IMPURE = {
    "sqlalchemy", "psycopg", "redis", "celery", "kombu", "flask", "gevent", "httpx", "os", "time", "random", "secrets",
    "logging", "structlog", "subprocess", "socket", "threading", "pathlib", "io", "sys", "asyncio", "requests",
}  # fmt: skip
IMPURE_CALLS = {"open", "print", "input", "now", "utcnow", "today", "uuid4", "urandom", "getenv"}
# What decides where a ticket goes; the rest of the router reads and writes.
ROUTER_THINKS = {path.name for path in (ROOT / "router").glob("*.py")} - {
    "app.py",
    "handlers.py",
    "watch.py",
    "__init__.py",
}


@cache
def sources() -> dict[str, ast.Module]:
    """Return the syntax tree of every module of the product, by path."""
    paths = [path for service in SERVICES for path in sorted((ROOT / service).rglob("*.py"))]
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text("utf-8")) for path in paths}


def texts(tree: ast.AST) -> Iterator[str]:
    """Yield every text in a tree, formatted ones with blanks for what is filled in."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else " " for part in node.values)  # type: ignore[misc]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def written_tables(tree: ast.AST) -> Iterator[str]:
    """Yield the tables that a module writes, by SQL or by SQLAlchemy's expressions."""
    for text in texts(tree):
        yield from (match[1].lower() for match in WRITES.finditer(text))
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("insert", "update", "delete")
        ):
            named = node.args[0] if node.args else node.func.value
            if isinstance(named, ast.Name):
                yield named.id
            elif isinstance(named, ast.Attribute):
                yield named.attr


def test_every_table_has_an_owner() -> None:
    assert set(OWNERS) - {"business_clock"} == set(metadata.tables)


def test_the_ledger_alone_writes_tickets_jobs_alone_jobs_and_so_on() -> None:
    trespasses = [
        (path, table)
        for path, tree in sources().items()
        for table in set(written_tables(tree)) & set(OWNERS)
        if not path.startswith(OWNERS[table]) and not path.startswith("shared/migrations/")
    ]
    assert trespasses == []


def test_the_check_above_sees_every_way_of_writing() -> None:
    for code in (
        'connection.execute(sa.text("update  ticket SET seq = 2"))', 'sql = f"INSERT INTO ticket ({columns}) VALUES"',
        "connection.execute(sa.insert(ticket).values(id=1))", "ticket.delete()", 'x = ("DELETE " "FROM ticket")',
        "connection.execute(sa.update(tables.ticket))", 'cursor.copy("COPY ticket FROM STDIN")',
        'text("TRUNCATE ticket")',
    ):  # fmt: skip
        assert "ticket" in set(written_tables(ast.parse(code))), code


def test_every_owner_does_write_its_table() -> None:
    written = {(path, table) for path, tree in sources().items() for table in written_tables(tree)}
    for table, owner in OWNERS.items():
        assert any(path.startswith(owner) for path, name in written if name == table), table


def imports(tree: ast.AST) -> set[str]:
    found = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    found |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in found}


def calls(tree: ast.AST) -> set[str]:
    functions = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {
        f.attr if isinstance(f, ast.Attribute) else f.id for f in functions if isinstance(f, ast.Attribute | ast.Name)
    }


def test_what_thinks_knows_no_clock_no_lots_and_no_outside() -> None:
    thinking = {
        path: tree
        for path, tree in sources().items()
        if path.startswith("shared/domain/") or path in {f"router/{name}" for name in ROUTER_THINKS}
    }
    assert len(thinking) > 20
    assert {path: found for path, tree in thinking.items() if (found := imports(tree) & IMPURE)} == {}
    assert {path: found for path, tree in thinking.items() if (found := calls(tree) & IMPURE_CALLS)} == {}


def test_services_share_only_what_is_shared() -> None:
    others = {service: {*SERVICES} - {service, "shared"} for service in SERVICES}
    crossed = {path: imports(tree) & others[path.partition("/")[0]] for path, tree in sources().items()}
    assert {path: found for path, found in crossed.items() if found} == {}


def test_no_file_is_longer_than_a_person_can_hold_in_mind() -> None:
    folders = [ROOT / folder for folder in (*SERVICES, "tests")]
    paths = [path for folder in folders for path in folder.rglob("*.py")]
    lengths = {path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines()) for path in paths}
    product = sorted(lines for path, lines in lengths.items() if not path.startswith("tests/"))
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES} == {}
    assert product[len(product) // 2] <= MEDIAN_LINES


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{path}:{node.name}": node.end_lineno - node.lineno + 1
        for path, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno
        and node.end_lineno - node.lineno + 1 > MOST_LINES_OF_A_FUNCTION
    }
    assert long == {}


def test_every_module_says_what_it_holds() -> None:
    silent = [path for path, tree in sources().items() if tree.body and not ast.get_docstring(tree)]
    assert silent == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "manager", "base", "common", "misc"}
    assert [path for path in sources() if Path(path).stem in empty] == []
