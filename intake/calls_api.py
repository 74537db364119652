"""`POST /api/v1/calls/events`: what telephony adapters report, on the staff surface: signed, or with a key."""

from typing import Any

from flask import Response, request
from flask_smorest import Blueprint
from marshmallow import ValidationError

from intake.adapters import ADAPTER, SIGNATURE, TIMESTAMP, identified
from intake.call_events import CallEventIn, ReceivedOut, reports_of
from intake.json_reader import read_value
from intake.problems import problem, sentence_of
from intake.stores import engine
from shared import calls, people
from shared.bell import bell
from shared.fault_points import fault_point
from shared.settings import settings

_ONE, _BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
_HEADERS = {
    ADAPTER: "The adapter's name, `provider/instance`.",
    TIMESTAMP: "Unix time in seconds, at most 5 minutes off.",
    SIGNATURE: "`v1=` and the hexadecimal HMAC-SHA256 of timestamp, full stop and raw body with the adapter's secret.",
}

calls_api = Blueprint("calls_api", __name__, url_prefix="/api/v1", description="Telephony")


@calls_api.post("/calls/events")
@calls_api.doc(
    parameters=[
        {"in": "header", "name": name, "required": False, "schema": {"type": "string"}, "description": about}
        for name, about in _HEADERS.items()
    ],
    requestBody={"required": True, "content": {_ONE: {"schema": CallEventIn}}},
    **{"x-errors": (401, 422)},
)
@calls_api.response(202, ReceivedOut())
def receive() -> Any:
    """Take a call event in, or up to 100 as a batch (`application/cloudevents-batch+json`): all or, on 422, none.

    Proved by the three headers, or by an API key with `calls:report` that is named as the adapter.
    Events may come late, in any order and more than once.
    """
    adapter = identified(request)
    try:
        reports = reports_of(read_value(request, _ONE, _BATCH), adapter)
    except ValidationError as error:
        return _wrong(error)
    city = settings().city
    with engine().begin() as connection:
        heard = calls.hear(connection, city, reports)
        seated = people.staff_at(connection, city, heard.seats)
        fault_point("call.written")
    fault_point("call.committed")
    bell().ring(seats=seated)
    return {"events": len(reports), "new": heard.new}


def _wrong(error: ValidationError) -> Response:
    messages = error.normalized_messages()  # type: ignore[no-untyped-call]
    return problem(422, "bad_event", sentence_of(messages), messages)
