"""The stream process: server-sent events for a caller's ticket and for a desk. Run by gunicorn with gevent workers."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from flask import Flask, Response, g, request
from gevent.queue import Empty

from intake import identity, problems
from intake.address import behind_proxies, network
from intake.health import health
from intake.hub import Follower, Hub
from intake.stores import reading
from shared.attempts import TooMany
from shared.domain.errors import Refused
from shared.domain.labels import PUBLIC_STATES
from shared.domain.terms import Role, State
from shared.domain.viewer import Viewer
from shared.logs import configure_logs
from shared.metrics import serve
from shared.reads.following import Change, changes_since
from shared.settings import settings

RETRY_MILLISECONDS = 3000
HEARTBEAT_SECONDS = 15
MOST_PER_VIEWER, MOST_PER_ADDRESS = 10, 2_000
RETRY_AFTER_SECONDS = 30


def create_stream() -> Flask:
    """Return the app. Its loops start with the first request, in the worker, after the fork."""
    configure_logs()
    app = Flask(__name__)
    app.config["HAS_NO_PAGES"] = True
    behind_proxies(app)
    problems.install(app)
    app.register_blueprint(health)
    hub = Hub()
    has_started = False

    def start_hub() -> None:
        nonlocal has_started
        if not has_started:
            has_started = True
            hub.start()

    def follow_ticket() -> Response:
        start_hub()
        identity.identify_caller()
        proof = request.cookies.get(identity.follow_cookie(), "")
        if g.viewer is None:
            raise Refused("login_needed", "请重新输入流水号和提取码。")
        return _stream(hub, Follower(g.viewer, proof, network()), _last_event_id())

    def follow_queue() -> Response:
        start_hub()
        identity.identify_staff()
        if g.viewer is None or g.viewer.role is Role.ADMIN or g.staff.must_change_password:
            raise Refused("login_needed", "请先登录。")
        proof = request.cookies.get(identity.staff_cookie(), "")
        return _stream(hub, Follower(g.viewer, proof, network()), None)

    app.add_url_rule("/stream/ticket", view_func=follow_ticket)
    app.add_url_rule("/stream/queue", view_func=follow_queue)
    app.after_request(_allow_pages)
    return app


def _stream(hub: Hub, follower: Follower, last: int | None) -> Response:
    _check_caps(hub, follower)
    missed = _missed(follower, last) if follower.viewer.ticket_id is not None else []
    hub.followers.add(follower)

    def lines() -> Iterator[str]:
        try:
            yield f"retry: {RETRY_MILLISECONDS}\n\n"
            for change in missed:
                yield from _lines(change)
            while True:
                try:
                    change = follower.queue.get(timeout=HEARTBEAT_SECONDS)
                except Empty:
                    yield ": hb\n\n"
                    continue
                if change is None:
                    yield "event: end\ndata: {}\n\n"
                    return
                yield from _lines(change)
        finally:
            hub.followers.discard(follower)

    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return Response(lines(), mimetype="text/event-stream", headers=headers)


def _missed(follower: Follower, last: int | None) -> list[Change]:
    """Return the steps after the reader's last; the latest one alone for a new or unknown reader."""
    ticket_id = follower.viewer.ticket_id or 0
    with reading() as connection:
        steps = changes_since(connection, {ticket_id: 0}).get(ticket_id, [])
    follower.seq = steps[-1].seq if steps else 0
    is_known = last is not None and 0 < last <= follower.seq
    return [step for step in steps if step.seq > (last or 0)] if is_known else steps[-1:]


def _lines(change: Change) -> Iterator[str]:
    if change.seq == 0:
        yield "event: queue\ndata: {}\n\n"
    elif change.is_public:
        label = PUBLIC_STATES[State(change.state)]
        at = change.at.isoformat() if change.at else None
        data: dict[str, Any] = {"seq": change.seq, "kind": change.kind, "at": at, "state": change.state}
        data |= {"status": label.zh, "status_en": label.en}
        yield f"id: {change.seq}\nevent: status\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def _check_caps(hub: Hub, new: Follower) -> None:
    def whose(viewer: Viewer) -> tuple[int | None, int | None]:
        return viewer.id, viewer.ticket_id

    open_streams = Counter(whose(follower.viewer) for follower in hub.followers)
    addresses = Counter(follower.address for follower in hub.followers)
    if open_streams[whose(new.viewer)] >= MOST_PER_VIEWER or addresses[new.address] >= MOST_PER_ADDRESS:
        raise TooMany(RETRY_AFTER_SECONDS)


def _last_event_id() -> int | None:
    last = request.headers.get("Last-Event-ID") or request.args.get("lastEventId", "")
    return int(last) if last.isdecimal() and len(last) < 10 else None


def _allow_pages(response: Response) -> Response:
    """Let our own pages, which may live on another port, read the stream; nobody else's."""
    origin = request.headers.get("Origin")
    if origin in (settings().public_url, settings().staff_url):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Credentials"] = "true"
        response.headers["Vary"] = "Origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Request-Id"] = g.request_id
    return response


def __getattr__(name: str) -> Flask:
    if name == "app":
        serve(settings().metrics_port)
        return create_stream()
    raise AttributeError(name)
