"""What single processes show, without a whole stack: every fault point, short forms of faults, every planted bug."""

import subprocess
import sys

from shared.command.paths import ROOT
from tests.faults import seeded
from tests.faults.seeded.__main__ import main as plant

FILES = ("points/every.py", "points/outside.py", "seeded/checks.py")


def run() -> int:
    """Run them and print the table of planted bugs; 1 if anything was not as it must be."""
    paths = [str(ROOT / "tests" / "faults" / name) for name in FILES]
    done = subprocess.run([sys.executable, "-m", "pytest", "-v", "-p", "no:randomly", *paths], cwd=ROOT, check=False)
    print(f"\n{seeded.__doc__}")
    return max(done.returncode != 0, plant([]))
