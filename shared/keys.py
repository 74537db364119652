"""Keys derived from the one master secret, and what is made with them: pick-up codes, links, encrypted phones."""

import base64
import hashlib
import hmac
import os
import re
from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.settings import settings

CODE_LENGTH = 10
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_FORGIVEN = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})
_KEY_ID = b"\x01"
_NONCE_BYTES = 12
_LINK_MAC_BYTES = 16


@dataclass(frozen=True, slots=True)
class Keys:
    """One key for each purpose; none can be computed from another."""

    code: bytes
    link: bytes
    field: bytes
    blind: bytes
    request: bytes
    session: bytes
    seal: bytes
    trace: bytes

    def pick_up_code(self, ticket_id: int, version: int) -> str:
        """Return ten Crockford characters that open the ticket with its number. Never stored; a new version revokes."""
        digest = hmac.digest(self.code, f"{ticket_id}:{version}".encode(), "sha256")
        bits = int.from_bytes(digest[:7], "big") >> 6
        return "".join(_CROCKFORD[(bits >> shift) & 31] for shift in range(45, -5, -5))

    def is_pick_up_code(self, typed: str, ticket_id: int, version: int) -> bool:
        """Compare in constant time. Case, blanks, hyphens and the look-alikes O I L U are forgiven."""
        plain = re.sub(r"[\s\-]+", "", typed).upper().translate(_FORGIVEN)
        right = self.pick_up_code(ticket_id, version)
        return hmac.compare_digest(_bytes(plain), right.encode())

    def link_token(self, ticket_id: int, version: int) -> str:
        """Return the follow link's token: the id and 128 bits that only this key can make."""
        name = ticket_id.to_bytes(8, "big").lstrip(b"\0")
        mac = hmac.digest(self.link, f"{ticket_id}:{version}".encode(), "sha256")[:_LINK_MAC_BYTES]
        return base64.urlsafe_b64encode(mac + name).rstrip(b"=").decode()

    def is_link(self, token: str, ticket_id: int, version: int) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(_bytes(token), self.link_token(ticket_id, version).encode())

    def ticket_id_of_link(self, token: str) -> int | None:
        """Return the id a token names. It proves nothing: compare the token with `link_token` of the row."""
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            return None
        return int.from_bytes(raw[_LINK_MAC_BYTES:], "big") if 0 < len(raw) - _LINK_MAC_BYTES <= 8 else None

    def encrypt(self, clear: str | None) -> bytes | None:
        """Return key id + nonce + AES-GCM of a personal field."""
        if clear is None:
            return None
        nonce = os.urandom(_NONCE_BYTES)
        return _KEY_ID + nonce + AESGCM(self.field).encrypt(nonce, clear.encode(), _KEY_ID)

    def decrypt(self, stored: bytes | memoryview | None) -> str | None:
        """Undo `encrypt`."""
        if stored is None:
            return None
        raw = bytes(stored)
        nonce, sealed = raw[1 : 1 + _NONCE_BYTES], raw[1 + _NONCE_BYTES :]
        return AESGCM(self.field).decrypt(nonce, sealed, raw[:1]).decode()

    def blind_index(self, clear: str | None) -> bytes | None:
        """Return what finds equal phones without knowing them."""
        return None if clear is None else hmac.digest(self.blind, clear.encode(), "sha256")

    def request_mac(self, body: bytes) -> bytes:
        """Return the fingerprint of a request, to compare repeats of an idempotency key."""
        return hmac.digest(self.request, body, "sha256")


def _bytes(typed: str) -> bytes:
    return typed.encode("utf-8", "surrogatepass")  # what a browser sends may hold lone surrogates


def text_digest(salt: bytes, text: str) -> str:
    """Return the salted digest by which the log names a text; without the salt it tells nothing."""
    return hashlib.sha256(salt + text.encode("utf-8")).hexdigest()


def keys_of(secret: bytes) -> Keys:
    """Derive every key from the master secret (HKDF-SHA256)."""

    def derive(purpose: str) -> bytes:
        return HKDF(hashes.SHA256(), 32, salt=None, info=f"yihaotong:{purpose}:1".encode()).derive(secret)

    return Keys(*(derive(name) for name in ("code", "link", "field", "blind", "request", "session", "seal", "trace")))


@cache
def keys() -> Keys:
    """Return the keys of this process."""
    return keys_of(settings().secret)
