"""The language all three services speak; it imports none of them."""

VERSION = "0.1.0"
