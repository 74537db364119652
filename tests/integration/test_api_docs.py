"""docs/api.md is what the code says."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_api_page_is_as_the_code_writes_it() -> None:
    env = {"PATH": os.environ["PATH"], "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "intake.api_docs"]
    written = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True, encoding="utf-8")
    kept = (ROOT / "docs/api.md").read_text("utf-8")
    assert written.stdout == kept, "write it anew: python -m intake.api_docs > docs/api.md"
