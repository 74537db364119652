"""The ledger: the only writer of tickets. Everything that happens to a ticket goes through `execute`."""

from shared.ledger.ledger import Done, IdempotencyKey, Ledger, Opened
from shared.ledger.outcome import Item, Outcome, Verdict
from shared.ledger.write import Also

__all__ = ["Also", "Done", "IdempotencyKey", "Item", "Ledger", "Opened", "Outcome", "Verdict"]
