"""Pictures are painted anew: what is kept is the picture and nothing else, no place, no camera, no second file."""

import io
import struct
from functools import partial

from PIL import Image, ImageOps

from intake.uploads.documents import Unfit

MOST_PIXELS = 64_000_000
LONGEST_SIDE = 4096
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
# What Pillow's readers raise at bytes that are not as they must be.
_DAMAGED = (
    OSError, ValueError, SyntaxError, EOFError, TypeError, LookupError, ArithmeticError, AttributeError, struct.error,
    Image.DecompressionBombError,
)  # fmt: skip


def _painted(form: str, modes: tuple[str, ...], content: bytes, **options: int) -> bytes:
    try:
        with Image.open(io.BytesIO(content), formats=[form]) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Unfit(f"图片的像素太多，最多 {MOST_PIXELS // 1_000_000} 百万。请缩小后再上传。")
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # JPEG alone: decode no larger than is kept
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            flat = upright if upright.mode in modes else upright.convert(modes[-1])
            # A copy of the pixels: what else Pillow read, such as a profile or a comment, does not come along.
            clean = Image.frombytes(flat.mode, flat.size, flat.tobytes())
    except _DAMAGED:
        raise Unfit("这张图片打不开，可能已经损坏。请重新拍照或另存后再上传。") from None
    kept = io.BytesIO()
    clean.save(kept, form, **options)
    return kept.getvalue()


jpeg = partial(_painted, "JPEG", ("L", "RGB"), quality=88)
png = partial(_painted, "PNG", ("L", "RGB", "RGBA"))
webp = partial(_painted, "WEBP", ("RGB", "RGBA"), quality=88)
gif = partial(_painted, "GIF", ("L", "RGB"))  # of a moving one the first frame
