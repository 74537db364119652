"""What a process has once is made once."""

import threading
from concurrent.futures import ThreadPoolExecutor

from shared.once import once

THREADS = 8


def test_however_many_threads_ask_first_it_is_made_once_and_anew_only_when_forgotten() -> None:
    everybody, made = threading.Barrier(THREADS), []

    @once
    def one() -> object:
        made.append(len(made))
        with ThreadPoolExecutor(1) as pool:  # lets others in, if they are let in
            pool.submit(lambda: None).result()
        return object()

    def ask(_: int) -> object:
        everybody.wait(60)
        return one()

    with ThreadPoolExecutor(THREADS) as pool:
        found = set(pool.map(ask, range(THREADS)))
    assert (len(found), made, one.cache_info().currsize) == (1, [0], 1)
    one.cache_clear()
    assert one() not in found
