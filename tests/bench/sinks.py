"""Systems outside the house, in a process of their own: a mail server and a webhook endpoint that count what comes."""

import asyncio
import contextlib
import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized

from aiosmtpd.smtp import SMTP, Envelope, Session

from shared.command.ports import any_free
from shared.database import engine
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from shared.keys import keys
from shared.outside import Outside
from shared.settings import settings
from shared.webhooks import add
from tests.bench.product import Product

CITY = "chengdu"
TAKEN = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True)
class Sinks:
    """Where the two are, and how much they have taken."""

    mail_port: int
    hook_port: int
    mails: "Synchronized[int]"
    calls: "Synchronized[int]"

    @property
    def environment(self) -> dict[str, str]:
        """What lets the product reach them."""
        return {"SMTP_URL": f"smtp://127.0.0.1:{self.mail_port}", "HOTLINE_WEBHOOK_NETWORKS": "127.0.0.0/8"}

    def listen(self, product: Product) -> None:
        """Let the endpoint hear every public step. This process becomes one of the product's own."""
        product.join()
        admin, outside = Viewer(Role.ADMIN, CITY), Outside(settings().webhook_networks, settings().is_dev)
        with engine().begin() as connection:
            add(connection, admin, keys(), outside, (f"http://127.0.0.1:{self.hook_port}/hook", ()))

    async def handle_DATA(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802 aiosmtpd's
        """Take a mail."""
        self.mails.value += 1
        return "250 taken"

    async def take_calls(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take the calls of one connection."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = head.partition(b"content-length:")[2].split(b"\r\n")[0]
                await reader.readexactly(int(length or 0))
                self.calls.value += 1
                writer.write(TAKEN)
        writer.close()

    async def serve(self) -> None:
        """Serve both until the process is ended."""
        loop = asyncio.get_running_loop()
        await loop.create_server(lambda: SMTP(self, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", self.mail_port)
        await asyncio.start_server(self.take_calls, "127.0.0.1", self.hook_port)
        await loop.create_future()

    def run(self) -> None:
        """Be the process."""
        asyncio.run(self.serve())


@contextlib.contextmanager
def listening() -> Iterator[Sinks]:
    """Let both listen while the block runs."""
    sinks = Sinks(any_free(), any_free(), multiprocessing.Value("i", 0), multiprocessing.Value("i", 0))
    process = multiprocessing.Process(target=sinks.run, daemon=True)
    process.start()
    try:
        yield sinks
    finally:
        process.terminate()
        process.join()
