"""The documents name files that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("shared/**/*.md")])
LINK = re.compile(r"""(?:\]\(|src=")([^)"#\s]+)(?:#[^)\s]*)?[)"]""")
NAMED = re.compile(r"`((?:deploy|docs|hotline|intake|router|shared|tests|worker)/[\w./-]+)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    linked = {name: page.parent / name for name in LINK.findall(text) if "://" not in name}
    named = {name: ROOT / name for name in NAMED.findall(text)}
    missing = sorted(name for name, path in (linked | named).items() if not path.exists())
    assert not missing, f"{page.name} names what is not there: {', '.join(missing)}"
