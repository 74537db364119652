"""`hotline lock`: write the lock files anew from pyproject.toml, with hashes, for every platform, without addresses."""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from shared.command.paths import ROOT
from shared.command.progress import complain

HEADER = "# Made by `./hotline lock` from pyproject.toml: what is installed, with hashes. Not to be edited.\n"
OPTIONS = ["--quiet", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-annotate", "--no-header"]
PRIVATE = ["--no-emit-index-url", "--no-emit-find-links"]
SOURCES = {
    "requirements.lock": ["pyproject.toml"],
    "requirements-dev.lock": ["--group", "pyproject.toml:dev", "-c", "requirements.lock"],
    "requirements-traces.lock": ["--group", "pyproject.toml:traces", "-c", "requirements.lock"],
    "requirements-deploy.lock": ["--group", "pyproject.toml:deploy", "--no-deps"],
    "requirements-browser.lock": ["--group", "pyproject.toml:browser", "-c", "requirements.lock"],
    "requirements-uv.lock": ["--group", "pyproject.toml:install", "-c", "requirements.lock"],
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the choice to take newer versions."""
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions, not those locked so far")


def run(args: argparse.Namespace) -> int:
    """Resolve each set and write its file."""
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if uv is None:
        return complain("`uv` is needed to write lock files: pip install uv")
    for name, source in SOURCES.items():
        command = [uv, "pip", "compile", *OPTIONS, *PRIVATE, *source, "-o", name]
        command += ["--upgrade"] if args.upgrade else []
        if code := subprocess.run(command, cwd=ROOT, check=False).returncode:
            return code
        file = ROOT / name
        file.write_text(HEADER + file.read_text().removeprefix(HEADER))
        print(f"{name}: {sum(line[:1].isalnum() for line in file.read_text().splitlines())} packages")
    return 0
