"""The ledger: the only writer of tickets. Everything that happens to a ticket goes through `execute`."""

from shared.ledger.ledger import Also, Done, IdempotencyKey, Ledger, Opened
from shared.ledger.outcome import Item, Outcome, Verdict

__all__ = ["Also", "Done", "IdempotencyKey", "Item", "Ledger", "Opened", "Outcome", "Verdict"]
