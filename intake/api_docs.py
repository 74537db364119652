"""`python -m intake.api_docs > docs/api.md`: the API's page, from the OpenAPI documents of both surfaces."""

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask

from intake import access
from intake.acts import ACTS, CALLER_ACTS, STAFF_ACTS
from intake.app import Surface, create_app
from intake.clients import SCOPES
from intake.fields import UNTOLD
from intake.schemas import ActOut
from shared.domain.terms import Role, State
from shared.domain.transitions import LEGAL

Spec = Mapping[str, Any]

_HEAD = """# JSON API v1

Written by `python -m intake.api_docs > docs/api.md` from the OpenAPI 3.1 documents that both surfaces serve at
`/api/v1/openapi.json`; a test compares them.

- Bodies are UTF-8 JSON objects, `Content-Type: application/json`, 1 MB at most. Unknown fields are refused.
- Instants are ISO 8601 with an offset; they are business time, which runs fast in a demo.
- `POST …/tickets` needs an `Idempotency-Key` of the client's choice. 201 means committed. After a time-out or a 5xx,
  send the same request with the same key again: it answers with the same ticket and `Idempotency-Replayed: true`.
  Another request with a used key is refused with 422. Keys are kept for 7 days.
- Errors are problem+json (RFC 9457): `type, title, status, detail, code, request_id`, and `errors` by field where
  fields are wrong. `code` is stable and for machines, `detail` is a sentence for a person. 400 bad input, 401 log in
  first, 403 not your role, 404 not there or not yours, 409 not now or changed since `seen_seq`, 413 too large,
  422 key reused, 429 too many tries, 503 nothing was saved; 429 and 503 carry `Retry-After`.
- On the staff surface a session is a cookie from `POST /api/v1/session`.
- A neighbouring system proves itself with `Authorization: Bearer` and a key that an administrator made. A key may do
  what its scopes say and nothing else, whatever cookies come along: 401 `bad_key` for a wrong, revoked or expired
  one, 403 `key_may_not`, 429 `over_quota`. Its quotas per minute and day stand instead of the limits for everybody
  else, who may register 10 times per phone and hour and 60 times per address and minute (429 `too_many_requests`).
"""
_SURFACES: Mapping[Surface, str] = {"public": "Public surface", "staff": "Staff surface"}


def document() -> str:
    """Return the whole page as Markdown."""
    return "\n".join([_HEAD, *_surface("public"), *_surface("staff"), *_acts()])


def _surface(surface: Surface) -> Iterator[str]:
    app = create_app(surface)
    spec = app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec.to_dict()
    yield f"## {_SURFACES[surface]}\n"
    for path, verb, endpoint in _routes(app, spec):
        if ".act_" in endpoint:
            continue  # all alike but for their forms, which the table of acts shows
        operation = spec["paths"][path][verb]
        table = access.PUBLIC if surface == "public" else access.INTERNAL
        yield f"### {verb.upper()} {path}\n\n{operation['summary']}\n"
        by_key = f"; keys with `{SCOPES[endpoint]}`" if endpoint in SCOPES else ""
        yield f"Open to: {_roles(table[endpoint]) or 'anybody'}{by_key}.\n"
        yield from _table("Headers and parameters", _parameters(spec["paths"][path], operation))
        yield from _table("Body", _fields(_schema(operation.get("requestBody", {})), spec))
        for status, answer in operation["responses"].items():
            if status.startswith("2"):
                yield from _table(f"Answer {status}", _fields(_schema(answer), spec)) or [f"Answer {status}, empty.\n"]


def _routes(app: Flask, spec: Spec) -> list[tuple[str, str, str]]:
    """Return (path as OpenAPI spells it, verb, endpoint) of every documented route, in the document's order."""
    endpoint_of = {
        (re.sub(r"<(?:[^<>]*:)?(\w+)>", r"{\1}", rule.rule), verb.lower()): rule.endpoint
        for rule in app.url_map.iter_rules()
        for verb in rule.methods or ()
    }
    documented = ((path, verb) for path, item in spec["paths"].items() for verb in item if verb != "parameters")
    return [(path, verb, endpoint_of[path, verb]) for path, verb in documented]


def _parameters(path: Spec, operation: Spec) -> Iterator[tuple[str, str]]:
    for one in [*path.get("parameters", ()), *operation.get("parameters", ())]:
        needed = "" if one["required"] else ", optional"
        yield f"`{one['name']}` ({one['in']}{needed})", _words(one["schema"], one.get("description", ""))


def _fields(schema: Spec, spec: Spec) -> Iterator[tuple[str, str]]:
    found = _resolved(schema, spec)
    for name, field in found.get("properties", {}).items():
        items = _resolved(field.get("items", field), spec).get("properties", {})
        what = "list of objects" if "items" in field else "object"
        inner = f"{what}: {', '.join(f'`{key}`' for key in items)}" if items else ""
        needed = ", needed" if name in found.get("required", ()) else ""
        yield f"`{name}`{needed}", inner or _words(field, field.get("description", ""))


def _schema(part: Spec) -> Spec:
    for kind in part.get("content", {}).values():
        schema: Spec = kind.get("schema", {})
        return schema
    return {}


def _resolved(schema: Spec, spec: Spec) -> Spec:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Spec = spec["components"]["schemas"][name] if name else schema
    return found


def _words(schema: Spec, about: str) -> str:
    kind = schema.get("type", "string")
    said = ["/".join(kind) if isinstance(kind, list) else kind]
    said += [str(schema["format"])] if "format" in schema else []
    said += [f"a {schema['x-of-pack']} of the city's pack"] if "x-of-pack" in schema else []
    if "enum" in schema:
        said = ["one of " + ", ".join(f"`{value}`" for value in schema["enum"])]
    least, most = schema.get("minLength", schema.get("minimum")), schema.get("maxLength", schema.get("maximum"))
    if most is not None and most < 2**31 - 1:
        said.append(
            (f"{least} to {most}" if least is not None else f"at most {most}")
            + (" characters" if "maxLength" in schema else "")
        )
    is_told = "pattern" in schema and schema["pattern"] not in UNTOLD
    said += [f"pattern `{schema['pattern']}`"] if is_told else []
    said += [f"default `{json.dumps(schema['default'])}`"] if "default" in schema else []
    return ", ".join(said) + (f". {about}" if about else "")


def _acts() -> Iterator[str]:
    yield (
        "## Acts\n\nEach act is a route, `POST …/tickets/{number}/{act}`, whose body is the act's form. Every form"
        " takes `seen_seq`. Callers send their `Pick-Up-Code` with it. The answer, 200:\n"
    )
    yield from _answer_of_acts()
    spec = APISpec("acts", "1", "3.1.0", plugins=[plugin := MarshmallowPlugin()])
    converter: Any = plugin.converter
    yield "| act | form | open to | on |\n|---|---|---|---|"
    for name in dict.fromkeys((*CALLER_ACTS, *STAFF_ACTS)):
        legal, form = LEGAL[ACTS[name].command], converter.schema2jsonschema(ACTS[name].schema())
        rows = [f"{field}: {words}" for field, words in _fields(form, spec.to_dict()) if field != "`seen_seq`"]
        states = ", ".join(state for state in State if state in legal.states)
        yield f"| `{name}` | {'<br>'.join(rows) or '–'} | {_roles(legal.roles)} | {states} |"
    yield ""


def _answer_of_acts() -> Iterator[str]:
    spec = APISpec("answer", "1", "3.1.0", plugins=[plugin := MarshmallowPlugin()])
    converter: Any = plugin.converter
    yield from _table("Answer of an act", _fields(converter.schema2jsonschema(ActOut()), spec.to_dict()))


def _roles(roles: frozenset[Role]) -> str:
    return ", ".join(role for role in Role if role in roles and role not in (Role.ROUTER, Role.TIME))


def _table(title: str, rows: Iterator[tuple[str, str]]) -> list[str]:
    lines = [f"| {name} | {words.replace('|', chr(92) + '|')} |" for name, words in rows]
    return [f"| {title} | |\n|---|---|", *lines, ""] if lines else []


if __name__ == "__main__":
    # The description needs no engine, but settings are asked for; these open nothing.
    os.environ.setdefault("DATABASE_URL", "postgresql://nobody@127.0.0.1/none")
    os.environ.setdefault("REDIS_URL", "redis://127.0.0.1/0")
    os.environ.setdefault("HOTLINE_DEV", "1")
    os.environ.setdefault("HOTLINE_SECRET", "-" * 32)
    sys.stdout.write(document())
