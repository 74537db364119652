"""A model as one file: arrays and a JSON text in numpy's zip, without pickle. What is foreign is refused."""

import hashlib
import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.learning.curve import Curve
from shared.learning.model import VERSION, Model

_KIND = "yihaotong-model"
_ARRAYS = {"keys": np.uint64, "rarity": np.float32, "weights": np.float16, "offset": np.float32}
_MOST_BYTES = 512 << 20


class ModelFileError(Exception):
    """The file is no model that this release can use; the sentence says why and what to do."""


def to_bytes(model: Model) -> bytes:
    """Return the file's content; the same model gives the same bytes."""
    arrays: dict[str, NDArray[Any]] = {name: getattr(model, name) for name in _ARRAYS}
    head = {
        "kind": _KIND,
        "version": VERSION,
        "labels": model.labels,
        "curve": [model.curve.power, model.curve.gain],
        "threshold": model.threshold,
        "fingerprint": model.fingerprint,
        "about": model.about,
        "digest": _digest(arrays),
    }
    text = json.dumps(head, ensure_ascii=False, sort_keys=True).encode()
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, head=np.frombuffer(text, np.uint8), **arrays)
    return file.getvalue()


def save(model: Model, path: Path) -> int:
    """Write the file whole or not at all, and return its size in bytes."""
    data = to_bytes(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return len(data)


def load(path: Path) -> Model:
    """Read a file; ModelFileError if it is damaged, foreign or of another version."""
    try:
        return from_bytes(path.read_bytes())
    except ModelFileError as error:
        raise ModelFileError(f"{path}: {error}") from error


def from_bytes(data: bytes) -> Model:
    """Read a file's content."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as inside:
            if sum(one.file_size for one in inside.infolist()) > _MOST_BYTES:
                raise ModelFileError("larger than any model.")
        with np.load(io.BytesIO(data), allow_pickle=False) as found:
            head = json.loads(found["head"].tobytes())
            arrays = {name: found[name] for name in _ARRAYS}
    except (zipfile.BadZipFile, OSError, ValueError, KeyError, EOFError, RuntimeError) as error:
        raise ModelFileError(
            f"不是模型文件或已损坏，请重新训练。 / No model, or damaged: train anew. ({error})"
        ) from error
    if not isinstance(head, dict) or head.get("kind") != _KIND:
        raise ModelFileError("不是模型文件，请重新训练。 / No model: train anew.")
    if head.get("version") != VERSION:
        raise ModelFileError(
            f"由另一版本（{head.get('version')}）写成，本版本需要 {VERSION}，请重新训练。"
            " / Of another version: train anew."
        )
    return _model(head, arrays)


def _model(head: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Model:
    try:
        labels = tuple(str(label) for label in head["labels"])
        size, kinds = len(arrays["keys"]), len(labels)
        shapes = {"keys": (size,), "rarity": (size,), "weights": (size, kinds), "offset": (kinds,)}
        if any(arrays[name].shape != shapes[name] or arrays[name].dtype != kind for name, kind in _ARRAYS.items()):
            raise ValueError("arrays that do not fit one another")
        if head["digest"] != _digest(arrays):
            raise ValueError("arrays other than were written")
        threshold = None if head["threshold"] is None else float(head["threshold"])
        power, gain = map(float, head["curve"])
        return Model(
            labels=labels,
            curve=Curve(power, gain),
            threshold=threshold,
            fingerprint=str(head["fingerprint"]),
            about=dict(head["about"]),
            **arrays,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ModelFileError(f"模型文件已损坏，请重新训练。 / Damaged: train anew. ({error})") from error


def _digest(arrays: dict[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(f"{name}{arrays[name].dtype.str}{arrays[name].shape}".encode())
        digest.update(np.ascontiguousarray(arrays[name]).data)
    return digest.hexdigest()
