"""Words of the administrator's pages: people, units, seats, packs, log."""

from collections.abc import Mapping

ADMIN: Mapping[str, tuple[str, str]] = {
    "admin.tab.people": ("人员", "People"),
    "admin.title": ("工作人员", "Staff"),
    "admin.add": ("新增一个账号", "Add an account"),
    "admin.add.go": ("新增", "Add"),
    "admin.added": ("已新增 {login}。", "{login} was added."),
    "admin.disable": ("停用", "Disable"),
    "admin.disable.sure": ("停用后立即退出，不能再登录。", "They are logged out at once and cannot log in again."),
    "admin.disabled": ("已停用", "Disabled"),
    "admin.disabled.done": ("账号已停用。", "The account is disabled."),
    "admin.active": ("在用", "Active"),
    "admin.state": ("状态", "State"),
    "admin.profile": ("密码规则：8 到 128 个字符，不强制更换（ASVS）。", "Password profile: 8 to 128 characters, no forced change (ASVS)."),
    "admin.unit.hint": ("只有承办人要填", "For handlers only"),
    "admin.skills.hint": ("只有专家要选", "For experts only"),
}  # fmt: skip
