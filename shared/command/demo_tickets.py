"""Requests and replies for the demo: invented, varied, endless, the same for the same seed; texts in YAML beside it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any

import yaml

from shared.domain.terms import Channel

_SHARES = {  # of a hundred requests, how many are of each sort; the rest comes evenly from all duties
    "praise": 4, "unclear": 5, "emergency": 3, "misconduct": 3, "elsewhere": 2, "other_script": 2, "duties": 81,
}  # fmt: skip
_CHANNELS = {
    Channel.PHONE: 55, Channel.WECHAT: 14, Channel.MINI_PROGRAM: 12,
    Channel.WEB: 10, Channel.APP: 5, Channel.QR_CODE: 4,
}  # fmt: skip
_SURNAMES = "王李张刘陈杨黄赵周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
_GIVEN = (
    "建国",
    "秀英",
    "桂兰",
    "志强",
    "晓梅",
    "海燕",
    "文军",
    "丽华",
    "小军",
    "雨桐",
    "子涵",
    "浩然",
    "春梅",
    "国庆",
    "敏",
    "静",
    "磊",
    "婷",
)


@dataclass(frozen=True, slots=True)
class DemoTicket:
    """One invented request. `duty` is the duty it was written for, None for the special sorts."""

    title: str
    body: str
    channel: Channel
    caller_name: str
    phone: str
    duty: str | None


@dataclass(frozen=True, slots=True)
class DemoReply:
    """What the played staff writes on a ticket of one duty."""

    public: str
    internal: str
    return_reason: str


def generate(seed: int) -> Iterator[DemoTicket]:
    """Yield requests without end; the same seed gives the same sequence."""
    lots = Random(seed)  # noqa: S311 - a demo that can be repeated, nothing secret
    requests = _requests()
    sorts, shares = tuple(_SHARES), tuple(_SHARES.values())
    for _ in count():
        sort = lots.choices(sorts, shares)[0]
        duty = lots.choice(tuple(requests["duties"])) if sort == "duties" else None
        title, body = lots.choice(requests["duties"][duty] if duty else requests["special"][sort])
        fill = {name: lots.choice(words) for name, words in requests["fill"].items()}
        fill["place"] = lots.choice(lots.choice(tuple(requests["places"].values())))
        if sort != "other_script":
            body = f"{lots.choice(requests['open'])}{body}{lots.choice(requests['close'])}"
        yield DemoTicket(
            title=title.format_map(fill),
            body=body.format_map(fill),
            channel=lots.choices(tuple(_CHANNELS), tuple(_CHANNELS.values()))[0],
            caller_name=lots.choice(_SURNAMES) + lots.choice(_GIVEN),
            phone=f"1990000{lots.randrange(10_000):04d}",  # a block that is plainly made up
            duty=duty,
        )


def reply_for(duty: str | None) -> DemoReply:
    """Return the played staff's words for a ticket of `duty`, plain ones where the duty is not known."""
    return REPLIES.get(duty or "", REPLIES["other"])


@cache
def _requests() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(_beside("demo_requests.yaml"))
    return loaded


def _beside(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


REPLIES: Mapping[str, DemoReply] = MappingProxyType(
    {
        duty: DemoReply(said["public"], said["internal"], said["back"])
        for duty, said in yaml.safe_load(_beside("demo_replies.yaml")).items()
    }
)
