"""The language all three services speak; it imports none of them."""
