"""Sound and film: their boxes are walked from the first byte to the last, so that nothing else hides in them."""

import struct
from functools import partial

from intake.uploads.documents import Unfit

_BITRATES = {  # kbit/s by index, of layer III: MPEG 1, and MPEG 2 and 2.5
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_FEWEST_FRAMES = 3
_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"uuid", b"meta", b"moof", b"mfra", b"sidx",
                    b"styp", b"udta", b"pdin"})  # fmt: skip


def wav(content: bytes) -> bytes:
    """A RIFF file of waves whose chunks fill it."""
    (length,) = struct.unpack("<I", content[4:8]) if len(content) >= 12 else (0,)
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE" or not 0 <= len(content) - 8 - length <= 1:
        raise _damaged()
    found, at = set(), 12
    while at + 8 <= 8 + length:
        name, size = content[at : at + 4], struct.unpack("<I", content[at + 4 : at + 8])[0]
        found.add(name)
        at += 8 + size + size % 2
    if not {b"fmt ", b"data"} <= found or at not in (8 + length, 9 + length):
        raise _damaged()
    return content


def mp3(content: bytes) -> bytes:
    """MPEG layer III, frame after frame, between the tags that players write."""
    at, end = 0, len(content)
    if content[:3] == b"ID3" and end > 10:
        at = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(content[6:10], (21, 14, 7, 0), strict=True))
    if content[-128:-125] == b"TAG":
        end -= 128
    frames = 0
    while at + 4 <= end:
        length = _frame(content[at : at + 4])
        if length is None:
            break
        at, frames = at + length, frames + 1
    # The last frame may be cut short, and encoders leave some zeros.
    if frames < _FEWEST_FRAMES or content[at:end].strip(b"\0"):
        raise _damaged()
    return content


def _frame(head: bytes) -> int | None:
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 3
    if head[0] != 0xFF or head[1] < 0xE0 or version == 1 or layer != 1 or bitrate in (0, 15) or rate == 3:
        return None
    is_first = version == 3
    samples = 144 if is_first else 72
    return samples * 1000 * _BITRATES[is_first][bitrate] // _RATES[version][rate] + (head[2] >> 1 & 1)


def _boxed(brands: tuple[bytes, ...], content: bytes) -> bytes:
    found, at = [], 0
    while at + 8 <= len(content):
        size, name = struct.unpack(">I4s", content[at : at + 8])
        if size == 1 and at + 16 <= len(content):
            size = struct.unpack(">Q", content[at + 8 : at + 16])[0]
        elif size == 0:
            size = len(content) - at
        if size < 8 or name not in _BOXES:
            raise _damaged()
        found.append(name)
        at += size
    known = content[8:12] in brands and found[:1] == [b"ftyp"]
    if at != len(content) or not known or not {b"moov", b"mdat"} <= set(found):
        raise _damaged()
    return content


def _damaged() -> Unfit:
    return Unfit("这段录音或视频打不开，可能不完整或里面有别的东西。请重新录制或导出后再上传。")


_MP4 = (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV", b"3gp4", b"3gp5")
mp4 = partial(_boxed, _MP4)
m4a = partial(_boxed, (b"M4A ", *_MP4))
