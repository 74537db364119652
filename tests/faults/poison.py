"""Tickets whose words break the classifier, for a process that is started with this on its path."""

from pathlib import Path

WORD = "POISON-"
_CODE = """import os, re, sys, time
if any(word.endswith(("router.watch", "router.app")) for word in sys.orig_argv):
    import resource
    import router.decision as decision
    import shared.watch as watch
    watch.SOFT_LIMIT_SECONDS, watch.HARD_LIMIT_SECONDS = 2.0, 4.0
    think = decision.decide_batch
    def hoard():
        resource.setrlimit(resource.RLIMIT_AS, (2 << 30, resource.RLIM_INFINITY))
        return bytearray(4 << 30)
    def loop():
        while True:
            time.monotonic()
    moods = {"raise": lambda: 1 / 0, "exit": lambda: os._exit(1), "memory": hoard, "loop": loop,
             "hang": lambda: sum(iter(int, 1))}
    def or_worse(requests, rules):
        for one in requests:
            if found := re.search("POISON-([a-z]+)", one.body):
                moods[found[1]]()
        return think(requests, rules)
    decision.decide_batch = or_worse
"""


def write_poison(folder: Path) -> None:
    """Write what Python runs at its start if the folder is on its path."""
    (folder / "sitecustomize.py").write_text(_CODE, "utf-8")
