"""What the OpenAPI documents say of every operation: its error answers, who may knock, and the pack's own words."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from apispec import APISpec, BasePlugin
from marshmallow import Schema, fields

from intake.clients import SCOPES
from intake.stores import rules
from shared.domain.rules import Rules
from shared.domain.terms import Role

SESSION, KEY = "session", "key"
_PROBLEM = "Problem"
_MEANING = {
    400: "The request is not as described; `errors` names the fields.",
    401: "Log in first, or the proof is wrong.",
    403: "Not for your role.",
    404: "Not there, or not yours.",
    409: "Not now, or changed since `seen_seq`.",
    413: "The body is too large.",
    415: "No such file is taken, or it holds something else than its name says.",
    422: "The Idempotency-Key was used for another request, or an event cannot be taken.",
    429: "Too many; wait as `Retry-After` says.",
    503: "Nothing was saved; try again as `Retry-After` says.",
    507: "There is no room for the file; without it the request is accepted.",
}
_WAITS = {429, 503}


class ProblemOut(Schema):
    """An error answer, problem+json (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True, metadata={"description": "A sentence for a person."})
    code = fields.String(required=True, metadata={"description": "Stable, for machines."})
    request_id = fields.String(required=True, allow_none=True)
    errors = fields.Raw(metadata={"description": "By field, where fields are wrong."})


class Contract(BasePlugin):
    """Adds to each operation what follows from its shape, so that no endpoint has to repeat it."""

    def __init__(self, table: Mapping[str, frozenset[Role]]) -> None:
        self._table = table

    def init_spec(self, spec: APISpec) -> None:
        spec.components.schema(_PROBLEM, schema=ProblemOut)
        spec.components.security_scheme(KEY, {"type": "http", "scheme": "bearer"})
        if any(self._table[endpoint] for endpoint in self._table if "_api." in endpoint):
            scheme = {"type": "apiKey", "in": "cookie", "name": "__Host-staff", "description": "`staff` on loopback."}
            spec.components.security_scheme(SESSION, scheme)

    def operation_helper(
        self, path: str | None = None, operations: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        endpoint = kwargs["rule"].endpoint
        needs_session, takes_key = bool(self._table[endpoint]), endpoint in SCOPES
        for operation in (operations or {}).values():
            proofs = [name for name, asked in ((SESSION, needs_session), (KEY, takes_key)) if asked]
            if proofs:
                operation["security"] = [{name: []} for name in proofs] + ([] if needs_session else [{}])
            answers = {int(code): answer for code, answer in operation["responses"].items() if str(code).isdecimal()}
            kept = {str(code): answer for code, answer in answers.items() if code < 400}
            operation["responses"] = kept | dict(_errors(path or "", operation))


def _errors(path: str, operation: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the error answers of an operation; `x-errors` names those that its shape does not tell."""
    is_sent, is_named = "requestBody" in operation, "{number}" in path
    codes = {429, 503}
    codes |= {400, 413, 409} if is_sent else set()
    codes |= {400} if operation.get("parameters") else set()
    codes |= {404} if is_named else set()
    codes |= {401, 403} if operation.get("security") else set()
    codes |= {422} if any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", ())) else set()
    codes |= {int(code) for code in operation.pop("x-errors", ())}
    for code in sorted(codes):
        answer: dict[str, Any] = {
            "description": _MEANING[code],
            "content": {"application/problem+json": {"schema": {"$ref": f"#/components/schemas/{_PROBLEM}"}}},
        }
        if code in _WAITS:
            answer["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
        yield str(code), answer


def with_pack_words(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document with the codes of the active pack where a field takes one of them."""
    filled = copy.deepcopy(dict(document))
    known = _codes(rules())
    for schema in filled["components"]["schemas"].values():
        for described in schema.get("properties", {}).values():
            kind = described.pop("x-of-pack", None)
            if kind is not None:
                described["enum"] = known[kind]
    return filled


def _codes(rules: Rules) -> dict[str, list[str]]:
    return {"county": sorted(rules.counties), "unit": sorted(rules.units), "skill": sorted(rules.skills)}
