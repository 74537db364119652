"""Stacks for trials: starts one when a fault needs it, keeps it while it is fit, ends it."""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.faults import trial
from tests.faults.catalogue import Fault, Skipped
from tests.faults.keeper import Options
from tests.faults.load import Load
from tests.faults.stack import Stack, a_stack, wait
from tests.faults.trial import Result

# The audit reads every ticket after every fault: beyond so many a new instance is the sooner way.
MOST_TICKETS = 8000
WARM_TICKETS, WARM_SECONDS = 120, 60.0


class House:
    """Runs faults one after the other; `with House(seed) as house`."""

    def __init__(self, seed: int, folder: Path | None = None) -> None:
        self._seed, self._folder = seed, folder
        self._cleanup, self._current = ExitStack(), ExitStack()
        self._stack: Stack | None = None
        self._options: Options | None = None

    def __enter__(self) -> Self:
        if self._folder is None:
            self._folder = Path(self._cleanup.enter_context(tempfile.TemporaryDirectory(prefix="hotline-faults-")))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._close()
        self._cleanup.close()

    def run(self, fault: Fault, seed: int | None = None) -> Result:
        """Try one fault; a stack that is not whole afterwards is thrown away."""
        assert self._folder is not None
        try:
            stack = self._fit_for(fault)
            result = trial.run(fault, stack, self._seed if seed is None else seed, self._folder)
            is_worn = fault.is_alone or stack.value("SELECT count(*) FROM ticket") > MOST_TICKETS
        except Skipped as why:
            result, is_worn = Result(fault.id, "SKIPPED", str(why)), True
        except Exception as error:  # noqa: BLE001 whatever goes wrong is a line of the table
            result, is_worn = Result(fault.id, "FAIL", f"{type(error).__name__}: {error}"), True
        if is_worn or result.outcome != "PASS":
            self._close()
        return result

    def _fit_for(self, fault: Fault) -> Stack:
        if self._stack is None or self._options != fault.stack or fault.is_alone:
            self._close()
            self._stack = self._current.enter_context(a_stack(fault.stack, has_proxies=True))
            self._options = fault.stack
            print(f"      a new instance, started in {self._stack.start_seconds:.0f} s", flush=True)
            self._warm(self._stack)
        return self._stack

    def _warm(self, stack: Stack) -> None:
        """File some tickets: pools open and caches fill, so that what comes later is the fault's."""
        assert self._folder is not None
        load = Load(stack.public_url, self._folder / "warm.jsonl", self._seed, per_second=40).start(WARM_TICKETS)
        try:
            wait(load.is_over, f"the first {WARM_TICKETS} tickets", WARM_SECONDS)
        finally:
            load.stop()

    def _close(self) -> None:
        self._current.close()
        self._stack = self._options = None
