"""The one table between codes and the words on screens."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.events import EventKind
from shared.domain.terms import (
    AbsenceReason,
    Channel,
    EndReason,
    FollowUpResult,
    HolderKind,
    Nature,
    Role,
    Stage,
    State,
    Urgency,
)


@dataclass(frozen=True, slots=True)
class Label:
    """A code's words, Chinese first."""

    zh: str
    en: str


ABSENCE_REASONS: Mapping[AbsenceReason, Label] = {
    AbsenceReason.LEAVE: Label("休假", "Leave"),
    AbsenceReason.TRIP: Label("出差", "Business trip"),
    AbsenceReason.TRAINING: Label("培训", "Training"),
    AbsenceReason.OTHER: Label("其他", "Other"),
}

STATES: Mapping[State, Label] = {
    State.REGISTERED: Label("已受理", "Registered"),
    State.DISPATCHED: Label("待签收", "Waiting to be signed"),
    State.SIGNED: Label("办理中", "In hand"),
    State.RETURN_REQUESTED: Label("退单审核中", "Return under review"),
    State.REPLY_SUBMITTED: Label("已答复待审", "Reply under review"),
    State.RESOLVED: Label("办结（待回访）", "Resolved, follow-up open"),
    State.REOPENED: Label("重办", "Reopened"),
    State.WITHDRAWN: Label("已撤单", "Withdrawn"),
    State.NOT_ACCEPTED: Label("不予受理（已告知）", "Not accepted"),
    State.CLOSED: Label("归档", "Closed"),
}

# REQUIREMENTS T4: what the caller sees, six words at most.
PUBLIC_STATES: Mapping[State, Label] = {
    State.REGISTERED: Label("已受理", "Received"),
    State.DISPATCHED: Label("已派给单位", "With the department"),
    State.SIGNED: Label("正在办理", "Being handled"),
    State.RETURN_REQUESTED: Label("已受理", "Received"),
    State.REPLY_SUBMITTED: Label("正在办理", "Being handled"),
    State.RESOLVED: Label("已答复", "Answered"),
    State.REOPENED: Label("正在办理", "Being handled"),
    State.WITHDRAWN: Label("已撤回", "Taken back"),
    State.NOT_ACCEPTED: Label("不属于受理范围", "Outside our remit"),
    State.CLOSED: Label("已答复", "Answered"),
}

HOLDERS: Mapping[HolderKind, Label] = {
    HolderKind.ROUTER: Label("自动分派", "the router"),
    HolderKind.TRIAGE: Label("人工分拣", "triage"),
    HolderKind.UNIT: Label("承办单位", "the department"),
    HolderKind.SEAT: Label("专家座席", "an expert seat"),
    HolderKind.FOLLOW_UP: Label("回访", "follow-up"),
    HolderKind.ARCHIVE: Label("档案", "the archive"),
}

NATURES: Mapping[Nature, Label] = {
    Nature.CONSULTATION: Label("咨询", "Consultation"),
    Nature.HELP: Label("求助", "Help"),
    Nature.COMPLAINT: Label("投诉", "Complaint"),
    Nature.REPORT: Label("举报", "Report"),
    Nature.SUGGESTION: Label("建议", "Suggestion"),
    Nature.PRAISE: Label("表扬", "Praise"),
    Nature.OTHER: Label("其他", "Other"),
}

URGENCIES: Mapping[Urgency, Label] = {
    Urgency.NORMAL: Label("一般", "Normal"),
    Urgency.URGENT: Label("紧急", "Urgent"),
    Urgency.CRITICAL: Label("特急", "Critical"),
}

CHANNELS: Mapping[Channel, Label] = {
    Channel.PHONE: Label("电话", "Phone"),
    Channel.WEB: Label("网页", "Web"),
    Channel.WECHAT: Label("微信", "WeChat"),
    Channel.MINI_PROGRAM: Label("小程序", "Mini-program"),
    Channel.SMS: Label("短信", "SMS"),
    Channel.MAILBOX: Label("信箱", "Mailbox"),
    Channel.APP: Label("手机应用", "App"),
    Channel.QR_CODE: Label("二维码", "QR code"),
    Channel.POLICE_110: Label("110 转来", "From 110"),
    Channel.SUPERIOR: Label("上级平台", "Superior platform"),
    Channel.API: Label("接口", "API"),
}

ROLES: Mapping[Role, Label] = {
    Role.CALLER: Label("诉求人", "Caller"),
    Role.OPERATOR: Label("话务员", "Operator"),
    Role.HANDLER: Label("承办人", "Handler"),
    Role.EXPERT: Label("专家座席", "Expert seat"),
    Role.SUPERVISOR: Label("督办", "Supervisor"),
    Role.ADMIN: Label("管理员", "Administrator"),
    Role.ROUTER: Label("自动分派", "Router"),
    Role.TIME: Label("时限", "Time limits"),
}

STAGES: Mapping[Stage, Label] = {
    Stage.ACCEPT: Label("受理", "Accept"),
    Stage.DISPATCH: Label("派单", "Dispatch"),
    Stage.SIGN: Label("签收", "Sign"),
    Stage.FIRST_CONTACT: Label("首次联系", "First contact"),
    Stage.RETURN: Label("退单", "Return"),
    Stage.INTERIM: Label("阶段性反馈", "Interim report"),
    Stage.REPLY: Label("办理答复", "Reply"),
    Stage.FOLLOW_UP: Label("回访", "Follow-up"),
    Stage.REDO: Label("重办", "Redo"),
    Stage.TOTAL: Label("总时长", "Total age"),
}

EVENTS: Mapping[EventKind, Label] = {
    EventKind.REGISTERED: Label("受理登记", "Registered"),
    EventKind.SENT_TO_TRIAGE: Label("转人工分拣", "Sent to triage"),
    EventKind.SENT_TO_SEAT: Label("转专家座席", "Sent to an expert seat"),
    EventKind.ANSWERED_DIRECTLY: Label("直接答复", "Answered directly"),
    EventKind.NOT_ACCEPTED: Label("不予受理并告知", "Not accepted, told the right way"),
    EventKind.DISPATCHED: Label("派单", "Dispatched"),
    EventKind.REDISPATCHED: Label("改派", "Re-dispatched"),
    EventKind.RECALLED: Label("收回", "Recalled"),
    EventKind.SIGNED: Label("签收", "Signed"),
    EventKind.TAKEN: Label("认领", "Taken"),
    EventKind.HANDED_OVER: Label("移交", "Handed over"),
    EventKind.CONTACTED: Label("联系诉求人", "Caller contacted"),
    EventKind.REPORTED: Label("阶段性反馈", "Interim report"),
    EventKind.RETURN_REQUESTED: Label("退单", "Return requested"),
    EventKind.REPLY_SUBMITTED: Label("提交答复", "Reply submitted"),
    EventKind.APPROVED: Label("审核通过", "Approved"),
    EventKind.SENT_BACK: Label("退回重写", "Sent back"),
    EventKind.RESOLVED: Label("办结", "Resolved"),
    EventKind.FOLLOWED_UP: Label("回访", "Followed up"),
    EventKind.CONFIRMED: Label("诉求人确认", "Caller's word"),
    EventKind.REOPENED: Label("重办", "Reopened"),
    EventKind.CLOSED: Label("归档", "Closed"),
    EventKind.WITHDRAWN: Label("撤单", "Withdrawn"),
    EventKind.AMENDED: Label("更正", "Amended"),
    EventKind.SUPPLEMENTED: Label("补充", "Supplemented"),
    EventKind.URGED: Label("催办", "Urged"),
    EventKind.CODE_RENEWED: Label("换提取码", "Pick-up code renewed"),
    EventKind.TELL_BY_CHANGED: Label("改告知方式", "Notices changed"),
    EventKind.IDENTITY_HIDDEN: Label("隐藏身份", "Identity hidden"),
    EventKind.WARNED: Label("预警", "Warned"),
    EventKind.OVERDUE: Label("超期", "Overdue"),
    EventKind.RED_CARDED: Label("红牌", "Red card"),
    EventKind.STAGE_WARNED: Label("环节预警", "Stage nearly due"),
    EventKind.STAGE_OVERDUE: Label("环节超期", "Stage overdue"),
    EventKind.RECOUNTED: Label("时限重算", "Time limits recounted"),
    EventKind.PROMISE_MOVED: Label("答复日期有变", "The promised date has moved"),
    EventKind.JOB_BURIED: Label("系统告警", "System alarm"),
}

FOLLOW_UP_RESULTS: Mapping[FollowUpResult, Label] = {
    FollowUpResult.SOLVED: Label("已解决", "Solved"),
    FollowUpResult.NOT_SOLVED: Label("没有解决", "Not solved"),
    FollowUpResult.UNREACHABLE: Label("联系不上", "Unreachable"),
}

END_REASONS: Mapping[EndReason, Label] = {
    EndReason.ANSWERED: Label("已答复", "Answered"),
    EndReason.SOLVED: Label("已解决", "Solved"),
    EndReason.UNREACHABLE: Label("联系不上", "Unreachable"),
    EndReason.NOT_ACCEPTED: Label("不予受理", "Not accepted"),
    EndReason.WITHDRAWN: Label("已撤单", "Withdrawn"),
}
