"""TCP between a service and what it depends on, in all weathers: slow, thin, silent, cut, refused.

One proxy for each (service, dependency); all run in one thread of the test run. A connection that lost bytes is never
mended: it ends when the weather does, as one through a lost route would.
"""

import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass

Address = tuple[str, int]
_CHUNK = 65_536


@dataclass(frozen=True)
class Weather:
    """What happens to bytes, from the moment it is set, on open connections too."""

    latency: float = 0.0  # seconds for each chunk …
    jitter: float = 0.0  # … and up to so many more
    bytes_per_second: float | None = None
    is_half_open: bool = False  # accept and keep, forward nothing
    drops_replies: bool = False  # forward what goes up, drop what comes back
    resets_after: int | None = None  # bytes of one connection


FAIR = Weather()


class Proxy:
    """One listening port; `upstream` is asked for each connection, for an engine may come back elsewhere."""

    def __init__(self, upstream: Callable[[], Address], listener: socket.socket) -> None:
        self._upstream, self._listener = upstream, listener
        self.port: int = listener.getsockname()[1]
        self.loop: asyncio.AbstractEventLoop | None = None
        self._weather, self._changed = FAIR, asyncio.Event()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._damaged: set[asyncio.StreamWriter] = set()
        self._chance = random.Random(self.port)

    def set(self, weather: Weather) -> None:
        """Change the weather; what lost bytes in the one before is cut now."""
        self._do(self._set(weather))

    def cut(self) -> None:
        """Reset every open connection; new ones are let through."""
        self._do(self._cut())

    def refuse(self) -> None:
        """Reset every open connection and refuse new ones, until `accept`."""
        self._do(self._refuse())

    def accept(self) -> None:
        """Listen again after `refuse`."""
        self._do(self.listen())

    async def listen(self) -> None:
        """Serve, unless that is being done."""
        if self._server is None:
            if self._listener.fileno() < 0:
                self._listener = listening_socket(self.port)
            self._server = await asyncio.start_server(self._connected, sock=self._listener)

    def _do(self, action: Coroutine[object, object, None]) -> None:
        assert self.loop is not None
        asyncio.run_coroutine_threadsafe(action, self.loop).result(10)

    async def _set(self, weather: Weather) -> None:
        self._weather, changed, self._changed = weather, self._changed, asyncio.Event()
        changed.set()
        for writer in tuple(self._damaged):
            _reset(writer)

    async def _cut(self) -> None:
        for writer in tuple(self._open):
            _reset(writer)

    async def _refuse(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._cut()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        up: asyncio.StreamWriter | None = None
        try:
            if self._weather.is_half_open:
                self._damaged.add(writer)
                await self._changed.wait()
                return
            up_reader, up = await asyncio.open_connection(*self._upstream())
            self._open.add(up)
            ways = [self._pump(reader, up, writer, is_reply=False), self._pump(up_reader, writer, up, is_reply=True)]
            tasks = [asyncio.ensure_future(way) for way in ways]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        except OSError:
            pass  # the other side is gone: so is this one
        finally:
            for one in filter(None, (writer, up)):
                self._open.discard(one)
                self._damaged.discard(one)
                _reset(one)

    async def _pump(
        self, reader: asyncio.StreamReader, to: asyncio.StreamWriter, other: asyncio.StreamWriter, *, is_reply: bool
    ) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK):
                weather = self._weather
                if weather.is_half_open or (is_reply and weather.drops_replies):
                    self._damaged |= {to, other}
                    continue
                seconds = weather.latency + weather.jitter * self._chance.random()
                if weather.bytes_per_second:
                    seconds += len(data) / weather.bytes_per_second
                if seconds:
                    await asyncio.sleep(seconds)
                passed += len(data)
                if weather.resets_after is not None and passed > weather.resets_after:
                    return
                to.write(data)
                await to.drain()


class Proxies(Mapping[str, Proxy]):
    """All proxies of one stack, by name, in a thread of their own."""

    def __init__(self, upstreams: Mapping[str, Callable[[], Address]]) -> None:
        self._by_name = {name: Proxy(upstream, listening_socket()) for name, upstream in upstreams.items()}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxies", daemon=True)
        self._thread.start()
        for proxy in self.values():
            proxy.loop = self._loop
            proxy.accept()

    def __getitem__(self, name: str) -> Proxy:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def to(self, dependency: str) -> list[Proxy]:
        """Return every service's proxy to one dependency."""
        return [proxy for name, proxy in self.items() if name.endswith(f".{dependency}")]

    def clear(self) -> None:
        """Make the weather fair everywhere."""
        for proxy in self.values():
            proxy.accept()
            proxy.set(FAIR)

    def close(self) -> None:
        """End all connections and the thread."""
        for proxy in self.values():
            proxy.refuse()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


def listening_socket(port: int = 0) -> socket.socket:
    """Return a bound socket of this machine alone."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", port))
    return made


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close so that the peer sees a reset and not an end."""
    if writer.transport.is_closing():
        return
    raw = writer.get_extra_info("socket")
    with contextlib.suppress(OSError, AttributeError):
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
