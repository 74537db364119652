"""Files as people send them, made by the libraries that make such files, and some that only claim to be."""

import io
import struct
import wave
import zipfile
from typing import Any

from PIL import Image

PLACE = (30.0, 39.0, 25.0)  # where a photo was taken, in degrees, minutes and seconds


def picture(form: str = "JPEG", size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    """Return a picture; its left half is red."""
    image = Image.new("RGB", size, "white")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    made = io.BytesIO()
    image.save(made, form, **options)
    return made.getvalue()


def photo(name: str = "Wang Fang's phone") -> bytes:
    """Return a photo that says where it was taken, by what, and which side is up."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x9286] = 6, name, "taken at home"
    exif.get_ifd(0x8825)[2] = PLACE
    return picture(exif=exif, comment=name.encode())


def form(*files: tuple[str, str, bytes], **fields: str) -> dict[str, Any]:
    """Return a multipart form as a client sends it: files as (field, name, content), with the words before them."""
    mark = "----a-boundary"
    head = '--{}\r\nContent-Disposition: form-data; name="{}"'
    said = [f"{head.format(mark, name)}\r\n\r\n{value}\r\n".encode() for name, value in fields.items()]
    for field, name, content in files:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        said.append(f'{head.format(mark, field)}; filename="{quoted}"\r\n\r\n'.encode() + content + b"\r\n")
    body = b"".join([*said, f"--{mark}--\r\n".encode()])
    return {"data": body, "content_type": f"multipart/form-data; boundary={mark}"}


def pdf() -> bytes:
    return picture("PDF")


def office(*names: str, **contents: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("[Content_Types].xml", *names):
            archive.writestr(name, contents.get(name, b"<x/>"))
    return made.getvalue()


def docx() -> bytes:
    return office("word/document.xml")


def wav() -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\1" * 800)
    return made.getvalue()


def mp3() -> bytes:
    return b"ID3\x03\0\0\0\0\0\x0a" + b"\0" * 10 + (b"\xff\xfb\x90\x64" + b"\0" * 413) * 5


def mp4(brand: bytes = b"isom") -> bytes:
    head = struct.pack(">I", 24) + b"ftyp" + brand + struct.pack(">I", 512) + b"isommp41"
    return head + struct.pack(">I", 16) + b"moov" + b"\0" * 8 + struct.pack(">I", 12) + b"mdat" + b"\0" * 4
