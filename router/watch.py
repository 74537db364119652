"""The router's watch: `python -m router.watch`."""

from router.handlers import handlers
from shared.service import watch

if __name__ == "__main__":
    watch(handlers())
