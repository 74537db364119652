"""Words of the administrator's page of city packs."""

from collections.abc import Mapping

PACKS: Mapping[str, tuple[str, str]] = {
    "admin.tab.packs": ("城市包", "City packs"),
    "packs.how": (
        "新版本用 ./hotline pack load 载入；在这里看差异、检查和启用。",
        "Load a new version with ./hotline pack load; compare, check and activate it here.",
    ),
    "packs.versions": ("版本", "Versions"),
    "packs.version": ("版本", "Version"),
    "packs.loaded": ("载入时间", "Loaded"),
    "packs.by": ("谁", "By"),
    "packs.active": ("现行", "Active"),
    "packs.history": ("谁在什么时候启用了什么", "Who activated what, and when"),
    "packs.replaced": ("代替", "Instead of"),
    "packs.all": ("全部版本", "All versions"),
    "packs.usable": ("检查通过，可以启用。", "It has been checked and can be used."),
    "packs.unusable": ("检查没有通过，不能启用：", "It cannot be used:"),
    "packs.activate": ("启用这个版本", "Activate this version"),
    "packs.activate.how": (
        "一秒内所有程序按它办事，未办结工单的时限会重新计算；启用别的版本可以换回来。",
        "Every process follows it within a second and the open tickets are counted again. Activating another one undoes it.",
    ),
    "packs.sure": ("我看过差异，现在启用", "I have looked at what differs; activate it now"),
    "packs.sure.missing": ("请先看过差异，再打勾。", "Look at what differs, then tick this."),
    "packs.done": ("已启用。工单的时限正在重新计算。", "It is active. Open tickets are being counted again."),
    "packs.diff": ("差异：{before} → {after}", "What differs: {before} → {after}"),
    "packs.against": ("和这个版本比", "Compare with"),
    "packs.reordered": ("行一样，顺序不同", "the same lines in another order"),
    "packs.line": ("行", "Line"),
    "packs.before": ("原来", "Before"),
    "packs.after": ("现在", "After"),
    "packs.more": ("还有 {n} 行没有显示；./hotline pack diff --all 可以看全部。", "{n} more lines: ./hotline pack diff --all shows all."),
    "packs.same": ("没有差异。", "No difference."),
    "log.did.pack_activated": ("启用城市包", "Activated a pack"),
}  # fmt: skip
