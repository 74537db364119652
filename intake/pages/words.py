"""The catalogue of every sentence on the pages: key -> (Chinese, English). Codes' words are in `shared.domain.labels`.

A dict rather than Flask-Babel: the pages must come up on a machine with nothing but Python, where catalogues would have to
be compiled first, and a test can hold every key to both languages.
"""

from collections.abc import Mapping

from intake.pages.preferences import is_english
from intake.pages.words_absence import ABSENCE
from intake.pages.words_acts import ACTS
from intake.pages.words_admin import ADMIN
from intake.pages.words_calls import CALLS
from intake.pages.words_files import FILES
from intake.pages.words_hooks import HOOKS
from intake.pages.words_log import LOG
from intake.pages.words_packs import PACKS
from intake.pages.words_proof import PROOF
from intake.pages.words_public import PUBLIC
from intake.pages.words_refusals import REFUSALS
from intake.pages.words_staff import STAFF
from intake.pages.words_work import WORK
from shared.domain.labels import Label

WORDS: Mapping[str, tuple[str, str]] = {
    **PUBLIC, **STAFF, **ADMIN, **LOG, **PACKS, **ABSENCE, **CALLS, **FILES, **ACTS, **WORK, **PROOF, **HOOKS,
    **{f"refusal.{k}": v for k, v in REFUSALS.items()},
}  # fmt: skip


def say(key: str, /, **values: object) -> str:
    """Return the words of `key` in the reader's language. A missing key is a mistake of ours and raises KeyError."""
    return WORDS[key][is_english()].format(**values)


def word(label: Label) -> str:
    """Return a label in the reader's language."""
    return label.en if is_english() else label.zh


def refusal(code: str | None, why: str) -> str:
    """Return why something was refused. The domain's own sentence is Chinese; by code there is an English one."""
    known = REFUSALS.get(code or "")
    return known[1] if known and is_english() else why
