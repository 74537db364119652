"""The schema's history, expand then contract: old processes keep running while a new revision is applied."""
