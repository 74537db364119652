"""When somebody who could not be reached is tried again: at another time of the day. Pure."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

# The parts of a day at which people can be called, and when each ends; the night belongs to the evening before.
_PARTS = (time(9, 0), time(14, 0), time(18, 30))
_NIGHT = time(20, 30)


def next_try(tried_at: datetime, zone: ZoneInfo) -> datetime:
    """Return the beginning of the next part of the day 上午, 下午, 晚上 that is another than the one of the try."""
    local = tried_at.astimezone(zone)
    part = max((begin for begin in _PARTS if begin <= local.time()), default=None)
    later = [begin for begin in _PARTS if begin > local.time()]
    if part is None:
        later = [begin for begin in later if begin != _PARTS[0]]  # tried before nine: the morning has been tried
    if later and local.time() < _NIGHT:
        return datetime.combine(local.date(), later[0], zone)
    first = _PARTS[0] if part is None or part != _PARTS[0] else _PARTS[1]
    return datetime.combine(local.date() + timedelta(days=1), first, zone)
