"""What is wrong with a pack: all of it at once, each with file and line."""


class PackError(Exception):
    """The city's pack cannot be used. `problems` are sentences that name file and line."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Problems:
    """Collects complaints while a pack is read, so that an official mends a sheet in one go."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, file: str, line: int | None, message: str) -> None:
        """Note one problem; without a line it concerns the file as a whole."""
        self.found.append(f"{file} line {line}: {message}" if line else f"{file}: {message}")
