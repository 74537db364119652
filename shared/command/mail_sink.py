"""The demo's mail server, `python -m shared.command.mail_sink`: keeps the last mails as files, sends nothing."""

import argparse
import asyncio
import re
import signal
from collections import deque
from email import message_from_bytes
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

KEEP = 500
LARGEST_BYTES = 1_000_000


class Sink:
    """Writes each mail to `folder` as `<count>-<Message-ID>.eml`, the newest with the highest count."""

    def __init__(self, folder: Path, keep: int = KEEP) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder, self._keep = folder, keep
        self._files = deque(sorted(folder.glob("*.eml")))
        self._count = int(self._files[-1].name.partition("-")[0]) if self._files else 0

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 aiosmtpd's
        """Keep one mail and forget the oldest."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        reference = re.sub(r"[^0-9A-Za-z.@_-]", "", str(message_from_bytes(content).get("Message-ID", "")))
        self._count += 1
        file = self._folder / f"{self._count:08d}-{reference[:80]}.eml"
        file.write_bytes(content)
        file.chmod(0o600)
        self._files.append(file)
        while len(self._files) > self._keep:
            self._files.popleft().unlink(missing_ok=True)
        return "250 kept"


async def serve(host: str, port: int, sink: Sink) -> None:
    """Serve until SIGTERM or SIGINT."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    server = await loop.create_server(
        lambda: SMTP(sink, enable_SMTPUTF8=True, data_size_limit=LARGEST_BYTES, loop=loop), host, port
    )
    async with server:
        await stop.wait()


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(description="Keep mails as files instead of sending them.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    args = parser.parse_args()
    asyncio.run(serve(args.host, args.port, Sink(args.folder)))


if __name__ == "__main__":
    main()
