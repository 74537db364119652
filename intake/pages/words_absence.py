"""Words about absences and deputies."""

from collections.abc import Mapping

ABSENCE: Mapping[str, tuple[str, str]] = {
    "face.absence": ("请假与代理", "Absence and deputies"),
    "absence.title": ("请假与代理", "Absence and deputies"),
    "absence.how": (
        "不在的时候，代理人在“我的”里看见您的工单，可以替您办；领导不在时由代理人审核。到时间自动结束。",
        "While you are away, your deputy finds your tickets under “Mine” and acts in your stead; a leader's deputy approves. It ends by itself.",
    ),
    "absence.list": ("现在和以后", "Now and to come"),
    "absence.none": ("没有人请假。", "Nobody is away."),
    "absence.now": ("进行中", "now"),
    "absence.add": ("设代理", "Name a deputy"),
    "absence.whose": ("给谁设", "For whom"),
    "absence.choose": ("请选择", "Choose"),
    "absence.choose.go": ("选定", "Choose"),
    "absence.go": ("保存", "Save"),
    "absence.end": ("提前结束", "End now"),
    "absence.set": ("代理已设好。", "The deputy is named."),
    "absence.ended": ("代理已结束。", "The absence is over."),
    "absence.behalf": ("{name} 代 {absent}", "{name} for {absent}"),
    "absence.banner": ("您正在代理", "You stand in for"),
    "absence.until": ("{name}（到 {until}）", "{name} (until {until})"),
    "field.absence.staff_id": ("不在的人", "Away"),
    "field.absence.deputy_id": ("代理人", "Deputy"),
    "field.absence.from_at": ("从", "From"),
    "field.absence.until_at": ("到", "Until"),
    "field.absence.reason": ("原因", "Reason"),
    "log.did.absence_set": ("设代理", "Named a deputy"),
    "log.did.absence_ended": ("结束代理", "Ended an absence"),
}  # fmt: skip
