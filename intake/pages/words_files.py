"""Words about files 附件, and about what is held after a restore."""

from collections.abc import Mapping

FILES: Mapping[str, tuple[str, str]] = {
    "held": ("系统刚从 {at} 的备份恢复：通知暂不发出，等管理员放行。那以后的登记可能已丢失。", "Restored from the backup of {at}: no notice is sent until an administrator releases them. What was registered after it may be lost."),
}  # fmt: skip
