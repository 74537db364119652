"""The worker's watch: `python -m worker.watch`."""

from shared.service import watch
from worker.handlers import handlers, tidying

if __name__ == "__main__":
    tidying().arm()
    watch(handlers())
