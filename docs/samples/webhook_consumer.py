"""A receiver of webhooks: `python webhook_consumer.py whsec_… [port]`. Verifies, answers at once, keeps an event once.

Needs `pip install standardwebhooks`. What to copy: the raw body is verified before it is read, an id that was seen is
answered 2xx and forgotten, and the work is done later, for whoever does not answer within 15 s is called again.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

LARGEST_BYTES = 64 * 1024


class Receiver:
    """Keeps events by id; a real one keeps them in a table whose key is the id."""

    def __init__(self, secret: str) -> None:
        self._webhook = Webhook(secret)
        self.seen: dict[str, Any] = {}

    def receive(self, body: bytes, headers: dict[str, str]) -> int:
        """Return the status to answer: 204 taken, now or before; 400 not from the hotline, or too old.

        `verify` compares in constant time, accepts any of several signatures, and refuses a timestamp that is more
        than five minutes off.
        """
        named = {name.lower(): value for name, value in headers.items()}
        try:
            self._webhook.verify(body, named, json_parse=False)
        except (WebhookVerificationError, ValueError):
            return 400
        if named["webhook-id"] not in self.seen:
            self.seen[named["webhook-id"]] = json.loads(body)
        return 204


def serve(receiver: Receiver, port: int) -> None:
    """Answer on this machine until Ctrl-C."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if length > LARGEST_BYTES:
                self.send_error(413)
                return
            before = len(receiver.seen)
            status = receiver.receive(self.rfile.read(length), dict(self.headers))
            if len(receiver.seen) > before:
                print(json.dumps(list(receiver.seen.values())[-1], ensure_ascii=False), flush=True)
            self.send_response(status)
            self.end_headers()

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    serve(Receiver(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 9000)
