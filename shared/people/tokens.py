"""Tokens that a browser keeps and we keep the hash of."""

import hashlib
import secrets

_TOKEN_BYTES = 32


def new_token() -> str:
    """Return 256 random bits for a cookie."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def token_hash(token: str) -> bytes:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
