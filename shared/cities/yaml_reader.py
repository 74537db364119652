"""Reading values of `pack.yaml` by their path: each complaint names the line it stands on."""

from typing import Any

import yaml

from shared.cities.problems import Problems

FILE = "pack.yaml"


class YamlReader:
    """Looks values up by path and complains with the line they stand on."""

    def __init__(self, root: yaml.MappingNode, problems: Problems) -> None:
        self._lines: dict[tuple[str, ...], int] = {}
        self._problems = problems
        self._note((), root)
        self.values: dict[str, Any] = yaml.SafeLoader("").construct_document(root)

    def _note(self, path: tuple[str, ...], node: yaml.Node) -> None:
        named: list[tuple[str, yaml.Node, yaml.Node]] = []
        if isinstance(node, yaml.MappingNode):
            named = [(str(key.value), key, value) for key, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            named = [(str(place), item, item) for place, item in enumerate(node.value, 1)]
        for name, where, value in named:
            if (*path, name) in self._lines:  # YAML would take the last one without a word
                self.say((*path, name), "stands here and again further down")
            self._lines[*path, name] = where.start_mark.line + 1
            self._note((*path, name), value)

    def say(self, path: tuple[str, ...], message: str) -> None:
        """Note a problem; what is missing is looked for on the line of the nearest name above it."""
        above = (path[:depth] for depth in range(len(path), 0, -1))
        line = next((self._lines[known] for known in above if known in self._lines), None)
        self._problems.add(FILE, line, f"{'.'.join(path)}: {message}")

    def get(self, path: tuple[str, ...], kind: type | tuple[type, ...], default: Any) -> Any:
        """Return the value at `path`; missing or of another type it is a problem. The items of a list are 1, 2 …"""
        here: Any = self.values
        for key in path:
            if isinstance(here, list) and key.isdigit():
                here = here[int(key) - 1] if 0 < int(key) <= len(here) else None
            else:
                here = here.get(key) if isinstance(here, dict) else None
        if not isinstance(here, kind) or (isinstance(here, bool) and kind is not bool):
            self.say(path, "is missing" if here is None else f"cannot be {here!r}")
            return default
        return here

    def names(self, *path: str) -> list[str]:
        """Return the names in the mapping at `path`, in its order."""
        return [str(name) for name in self.get(path, dict, {})]

    def text(self, *path: str) -> str:
        value: str = self.get(path, str, "")
        if not value.strip():
            self.say(path, "is empty")
        return value.strip()

    def one_of(self, known: tuple[str, ...], *path: str) -> str:
        """Return the text at `path`, one of the known."""
        value = self.text(*path)
        if value and value not in known:
            self.say(path, f"'{value}' is not one of {', '.join(known)}")
        return value

    def flag_or(self, default: bool, *path: str) -> bool:
        """Return yes or no at `path`, `default` where the file does not speak of it."""
        return bool(self.get(path, bool, default)) if path in self._lines else default

    def list_or_none(self, *path: str) -> list[str]:
        """Return the texts listed at `path`; none where the file does not speak of it."""
        return [str(item) for item in self.get(path, list, [])] if path in self._lines else []

    def number(self, low: float, high: float, *path: str) -> float:
        value = float(self.get(path, (int, float), low))
        if not low <= value <= high:
            self.say(path, f"must be between {low:g} and {high:g}")
        return value

    def number_or(self, default: float, low: float, high: float, *path: str) -> float:
        """Return the number at `path`, `default` where the file does not speak of it."""
        return self.number(low, high, *path) if path in self._lines else default
