"""The OpenAPI documents: valid, complete, and true of what is answered."""

import inspect
from typing import Any

import pytest
from marshmallow import Schema
from openapi_spec_validator import OpenAPIV31SpecValidator

from intake import fields, forms, schemas
from intake.acts import ACTS, CALLER_ACTS, STAFF_ACTS
from tests.integration.api import Api
from tests.integration.stage import CITY, UNIT, rules_of

SURFACES = ("public", "staff")
# Bases, and headers and queries that stand in a document as parameters.
NOT_COMPONENTS = {"Strict", "IdempotencyHeader", "PickUpHeader", "PickUpOrKeyHeader", "QueueIn"}


def document(api: Api, surface: str) -> dict[str, Any]:
    client = api.public() if surface == "public" else api.staff()
    return dict(client.get("/api/v1/openapi.json").json)


def schema_names() -> set[str]:
    found = [cls for module in (fields, forms, schemas) for _, cls in inspect.getmembers(module, inspect.isclass)]
    return {cls.__name__.removesuffix("Schema") for cls in found if issubclass(cls, Schema) and cls is not Schema}


@pytest.mark.parametrize("surface", SURFACES)
def test_each_surface_serves_a_valid_openapi_document(api: Api, surface: str) -> None:
    spec = document(api, surface)
    assert spec["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(spec).validate()


def test_every_schema_is_named_in_one_of_the_documents(api: Api) -> None:
    named = {name for surface in SURFACES for name in document(api, surface)["components"]["schemas"]}
    assert schema_names() - NOT_COMPONENTS - named == set()


@pytest.mark.parametrize("surface", SURFACES)
def test_a_document_describes_every_route_of_its_api_and_no_other(api: Api, surface: str) -> None:
    app = getattr(api.site, surface)
    routes = {
        (rule.endpoint, method.lower())
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if (rule.endpoint.partition(".")[0]).endswith("_api")
    }
    described = {
        (path, method)
        for path, entry in document(api, surface)["paths"].items()
        for method in entry
        if method != "parameters"
    }
    assert len(described) == len(routes)
    assert all(path.startswith("/api/v1/") for path, _ in described)


@pytest.mark.parametrize("surface", SURFACES)
def test_every_operation_says_what_it_does_needs_and_answers(api: Api, surface: str) -> None:
    for path, entry in document(api, surface)["paths"].items():
        for method, operation in entry.items():
            if method == "parameters":
                continue
            assert operation["summary"], (path, method)
            assert operation["responses"], (path, method)
            if method == "post" and not path.endswith("{act}"):
                assert operation["requestBody"]["required"], (path, method)
    filing = document(api, surface)["paths"]["/api/v1/tickets"]["post"]
    key = next(parameter for parameter in filing["parameters"] if parameter["name"] == "Idempotency-Key")
    assert (key["in"], key["required"]) == ("header", True)


def test_a_document_of_the_internet_does_not_tell_of_the_building(api: Api) -> None:
    text = str(document(api, "public"))
    for word in ("queue", "session", "redispatch", "confidential", "accused_unit", "StaffOut"):
        assert word not in text


@pytest.mark.parametrize("surface", SURFACES)
def test_the_limits_in_the_document_are_the_limits_of_the_door(api: Api, surface: str) -> None:
    name = "TicketIn" if surface == "public" else "OperatorTicketIn"
    said = document(api, surface)["components"]["schemas"][name]
    assert said["properties"]["body"]["maxLength"] == fields.LONGEST_TEXT
    assert said["required"] == ["body"]
    assert said["additionalProperties"] is False


@pytest.mark.parametrize(("surface", "names"), [("public", CALLER_ACTS), ("staff", STAFF_ACTS)])
def test_every_act_has_its_form_in_the_document(api: Api, surface: str, names: tuple[str, ...]) -> None:
    spec = document(api, surface)
    routes = {path.rpartition("/")[2]: entry for path, entry in spec["paths"].items() if "{number}/" in path}
    of_acts = {name: entry["post"] for name, entry in routes.items() if name in ACTS}
    forms = {
        name: operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for name, operation in of_acts.items()
    }
    assert forms == {name: ACTS[name].schema.__name__.removesuffix("Schema") for name in names}


@pytest.mark.parametrize("surface", SURFACES)
def test_every_error_answer_in_the_document_is_a_problem(api: Api, surface: str) -> None:
    for path, entry in document(api, surface)["paths"].items():
        for method, operation in entry.items():
            if method == "parameters":
                continue
            errors = {code: answer for code, answer in operation["responses"].items() if int(code) >= 400}
            assert {"429", "503"} <= errors.keys(), (path, method)
            for code, answer in errors.items():
                schema = answer["content"]["application/problem+json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}, (path, method, code)


def test_the_document_lists_the_codes_of_the_pack_that_holds(api: Api) -> None:
    said = document(api, "staff")["components"]["schemas"]
    assert UNIT in said["DispatchIn"]["properties"]["unit"]["enum"]
    assert said["SeatIn"]["properties"]["skill"]["enum"] == sorted(rules_of(CITY).skills)
    assert "x-of-pack" not in str(said)
