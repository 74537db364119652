"""The console hears through the stream that a call rings at its seat."""

import json

import redis

from shared.bell import SEATS_CHANNEL
from shared.domain.terms import Role
from tests.integration import test_stream as streaming

stream = streaming.stream


def test_a_call_is_told_to_the_person_at_the_seat_and_to_nobody_else(stream: streaming.Stream) -> None:
    lin, he = (stream.session(login, Role.OPERATOR, None) for login in ("lin", "he"))
    staff_id = stream.stage.rows("SELECT id FROM staff WHERE login = 'lin'")[0]["id"]
    with (
        redis.Redis.from_url(stream.redis_url) as client,
        stream.follow("/stream/queue", lin) as at_seat,
        stream.follow("/stream/queue", he) as elsewhere,
    ):

        def is_told_more() -> bool:
            # Again and again, because until the process has subscribed its sweep tells everybody.
            client.publish(SEATS_CHANNEL, json.dumps([staff_id]))
            return at_seat.hints > elsewhere.hints + 3

        streaming.wait(is_told_more)
