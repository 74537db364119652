"""The field's words as enums. Stored values are these codes; `labels` has the words for screens."""

from enum import StrEnum


class State(StrEnum):
    """Where a ticket 工单 stands in its life; arrows show the way in."""

    REGISTERED = "registered"  # new -> registered
    DISPATCHED = "dispatched"  # registered, return_requested, reopened -> dispatched
    SIGNED = "signed"  # dispatched, reopened, reply_submitted -> signed
    RETURN_REQUESTED = "return_requested"  # dispatched, signed -> return_requested
    REPLY_SUBMITTED = "reply_submitted"  # signed -> reply_submitted
    RESOLVED = "resolved"  # registered (direct answer), reply_submitted -> resolved
    REOPENED = "reopened"  # resolved, closed -> reopened
    WITHDRAWN = "withdrawn"  # any unfinished state -> withdrawn
    NOT_ACCEPTED = "not_accepted"  # registered -> not_accepted
    CLOSED = "closed"  # resolved, withdrawn, not_accepted -> closed


class HolderKind(StrEnum):
    """Who has the ticket now 当前持有方: exactly one, by two NOT NULL columns."""

    ROUTER = "router"
    TRIAGE = "triage"
    UNIT = "unit"
    SEAT = "seat"
    FOLLOW_UP = "follow_up"
    ARCHIVE = "archive"


class Nature(StrEnum):
    """诉求类型: decides the time limit."""

    CONSULTATION = "consultation"
    HELP = "help"
    COMPLAINT = "complaint"
    REPORT = "report"
    SUGGESTION = "suggestion"
    PRAISE = "praise"
    OTHER = "other"


class Urgency(StrEnum):
    """紧急程度, in rising order."""

    NORMAL = "normal"
    URGENT = "urgent"
    CRITICAL = "critical"


class Channel(StrEnum):
    """来源渠道: how the request arrived."""

    PHONE = "phone"
    WEB = "web"
    WECHAT = "wechat"
    MINI_PROGRAM = "mini_program"
    SMS = "sms"
    MAILBOX = "mailbox"
    APP = "app"
    QR_CODE = "qr_code"
    POLICE_110 = "police_110"
    SUPERIOR = "superior"
    API = "api"


class Role(StrEnum):
    """Who speaks. The last two are not people."""

    CALLER = "caller"
    OPERATOR = "operator"
    HANDLER = "handler"
    EXPERT = "expert"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"
    ROUTER = "router"
    TIME = "time"  # the worker


class UnitKind(StrEnum):
    """What sort of body a unit 承办单位 is."""

    CITY = "city"
    DEPARTMENT = "department"
    COUNTY = "county"
    COUNTY_BUREAU = "county_bureau"
    STREET = "street"
    UTILITY = "utility"
    DISCIPLINE = "discipline"


class AbsenceReason(StrEnum):
    """Why somebody is away; codes, because why somebody is ill is nobody's business."""

    LEAVE = "leave"  # 休假
    TRIP = "trip"  # 出差
    TRAINING = "training"  # 培训
    OTHER = "other"


class Stage(StrEnum):
    """What a time limit 时限 is for 环节, in the order of a ticket's life."""

    ACCEPT = "accept"  # 受理: a request from the web or a neighbour is taken up
    DISPATCH = "dispatch"  # 派单
    SIGN = "sign"  # 签收
    FIRST_CONTACT = "first_contact"  # 首次联系
    RETURN = "return"  # 退单: until when the unit may object
    INTERIM = "interim"  # 阶段性反馈
    REPLY = "reply"  # 办理答复: the unit's clock 承办时钟
    FOLLOW_UP = "follow_up"  # 回访
    REDO = "redo"  # 重办: the reply's limit in a new cycle
    TOTAL = "total"  # 总时长: from intake to archive, nothing stops it


class Level(StrEnum):
    """The level of government 层级, highest first."""

    CITY = "city"
    COUNTY = "county"
    STREET = "street"


class LineMerger(StrEnum):
    """What became of a line merged into the one number 归并方式."""

    WHOLE = "whole"  # 整体并入: its calls are answered here
    PARALLEL = "parallel"  # 双号并行: both numbers ring here
    BRANCH = "branch"  # 设分中心: its own desk, one platform


class FollowUpResult(StrEnum):
    """What the follow-up call 回访 found; unreachable is never satisfied."""

    SOLVED = "solved"
    NOT_SOLVED = "not_solved"
    UNREACHABLE = "unreachable"


class EndReason(StrEnum):
    """Why a ticket ended; counted apart, never painted as solved."""

    ANSWERED = "answered"  # direct answer 直接答复
    SOLVED = "solved"
    UNREACHABLE = "unreachable"
    NOT_ACCEPTED = "not_accepted"
    WITHDRAWN = "withdrawn"


class Metric(StrEnum):
    """What a unit's score 综合得分 is made of (REQUIREMENTS M5-M7, M9, M10); the last counts as 1 - rate."""

    RESPONSE = "response"  # 响应率: the caller says that the unit made contact
    ON_TIME = "on_time"  # 按时办结率
    SOLVED = "solved"  # 解决率: the caller's word
    SATISFIED = "satisfied"  # 满意率
    RETURNED = "returned"  # 退单率
