"""The one command: what a person starts. Nothing in a service may import from here."""
