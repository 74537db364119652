"""Cuts out of a text what names its own answer: operators' dispatch orders and pasted replies.

Both stand in a history because the ticket was handled, and are absent when a new one must be routed. What a model
learns from them is worth nothing, and its scores look ten points too good. The same is cut when a new text is read.
"""

import re
from dataclasses import dataclass

_BODY = r"(?:局|委|委员会|办|办公室|厅|院|中心|街道|街道办|政府|管委会|集团|公司|部门|单位|大队|支队|队|所|处|科|站)"
_NAMED = rf"[^，。；！？,;!?\n\s、]{{0,18}}?{_BODY}"
_ALSO = rf"(?:、{_NAMED}){{0,4}}"
_CLAUSE = r"(?<![^，。；！？,;!?\n\s（(【：:])"
_HOW = r"(?:按照?职责|依法|依规|按规定|尽快|及时|负责|协助|牵头|会同|予以|给予|进行|认真|跟进|落实|抓紧|酌情|并|、)*"
_VERB = (
    r"(?:核实|处理|处置|办理|调查|核查|答复|回复|跟进|研究|阅处|酌处|协调|解决|查处|阅办|承办|接洽|联系|反馈|整改|督办)"
)
_OBJECT = (
    r"(?:此事|此件|该问题|上述问题|相关问题|有关情况|相关情况|情况|"
    r"来电人|市民|群众|当事人|结果|一下|为盼|为谢|为荷|工作)*"
)
_DONE = rf"{_HOW}(?:{_VERB}{_HOW}{_OBJECT})+"
_END = r"(?=[，。；！？,;!?\n\s）)】]|$)"
_ORDERS = re.compile(
    rf"(?:请|烦请|敬请|现请|建议由|拟请|交由|责成)(?:转|交|由)?{_NAMED}{_ALSO}{_DONE}{_END}[。；;]?"
    rf"|(?:{_CLAUSE}|请|已|现|拟|建议)(?:转交|转派|派发|移交|交办|转办|派单|转|派)(?:至|给|由|往|到)?{_NAMED}{_ALSO}(?:{_DONE})?{_END}[。；;]?"
    rf"|(?:{_CLAUSE}|请|已|现|拟|建议)(?:转|派|交)[^，。；！？,;!?\n\s]{{1,18}}?{_DONE}{_END}[。；;]?"
    r"|(?:承办|主办|责任|办理|处理|协办|主责|转办|派单|处置)(?:单位|部门|科室)\s*[:：]\s*[^，。；！？\n\s]{1,40}[，。；]?"
)
_REPLY = re.compile(
    r"(?:^|(?<=[，。；！？\n\s】]))"
    r"(?:[【\[(（]?(?:办理|处理|调查|核实|单位|部门|官方)?(?:答复|回复|反馈|处理结果|办理结果|办结意见|处理意见|承办意见)"
    r"(?:内容|意见|情况)?[】\])）]?\s*[:：]"
    r"|[^。！？\n]{0,60}(?:答复|回复|反馈|回应)如下"
    r"|(?:网友|市民|来电人|尊敬的|您好|你好)?[^。！？\n]{0,12}您(?:所)?(?:反映|咨询|提出|反应)的[^。！？\n]{0,40}(?:收悉|已收到)"
    r"|(?:经|现经|已经)(?:我|本)(?:局|委|办|院|厅|中心|街道|公司|单位|部门|所|处|队)[^。！？\n]{0,20}(?:核实|调查|核查|了解))"
    r".*",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A text without what names its own answer, and what was cut."""

    text: str
    orders: int
    has_reply: bool


def clean(text: str) -> Cleaned:
    """Cut a pasted reply, which goes on to the end, and every dispatch order."""
    asked, replies = _REPLY.subn("", text)
    rest, orders = _ORDERS.subn("", asked)
    return Cleaned(rest.strip(), orders, bool(replies))
