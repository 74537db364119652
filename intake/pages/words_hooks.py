"""Words about what leaves the house: webhooks, and notices with what became of them."""

from collections.abc import Mapping

HOOKS: Mapping[str, tuple[str, str]] = {
    "admin.tab.hooks": ("推送", "Webhooks"),
    "hook.title": ("推送地址", "Webhooks"),
    "hook.none": ("还没有推送地址", "No webhooks yet"),
    "hook.add": ("新增推送地址", "Add a webhook"),
    "hook.add.go": ("新增", "Add"),
    "hook.url": ("地址", "Address"),
    "hook.url.hint": (
        "https:// 开头，在公网上；诉求每走一步公开的流程，就把编号、状态、单位推送到这里。",
        "Begins with https:// and is on the public internet. Number, state and unit of each public step go there.",
    ),
    "hook.kinds": ("推送哪些事件", "Events"),
    "hook.kinds.hint": (
        "一个都不选就全部推送。保密件和举报件不推送。",
        "None chosen: all of them. Confidential matters are never sent.",
    ),
    "hook.kinds.count": ("{n} 种", "{n} kinds"),
    "hook.answer": ("最近一次回答", "Last answer"),
    "hook.never": ("还没有推送过", "Never called"),
    "hook.failing": ("从 {at} 起一直失败", "Failing since {at}"),
    "hook.active": ("在用", "Active"),
    "hook.disabled": ("已停用", "Disabled"),
    "hook.why.by_hand": ("由人停用", "By hand"),
    "hook.why.gone": ("对方说不再接收（410）", "The other side is gone (410)"),
    "hook.why.failing": ("连续失败五天", "Five days of failure"),
    "hook.change": ("操作", "Change"),
    "hook.test": ("发一条测试", "Send a test"),
    "hook.test.done": (
        "测试已经发出。几秒后刷新，看“最近一次回答”。",
        "The test is on its way. Refresh in some seconds and look at the last answer.",
    ),
    "hook.enable": ("启用", "Enable"),
    "hook.enable.done": ("已经启用。停用期间的事件没有推送。", "Enabled. What happened meanwhile was not sent."),
    "hook.disable": ("停用", "Disable"),
    "hook.disable.done": ("已经停用。", "Disabled."),
    "hook.rotate": ("换密钥", "New secret"),
    "hook.rotate.how": ("新旧密钥同时签名，直到下一次更换。", "Old and new sign together until the next change."),
    "hook.replay": ("重发失败的", "Send again what has failed"),
    "hook.replay.days": ("最近几天", "Of the last days"),
    "hook.replay.done": ("失败的推送已经重新排队，编号不变。", "What had failed is queued again under the old ids."),
    "hook.fresh": ("签名密钥（只显示这一次）", "The secret that signs (shown only now)"),
    "hook.fresh.how": (
        "交给接收方，用 Standard Webhooks 的库验证签名；样例见 docs/samples/webhook_consumer.py。",
        "Give it to the receiver, who verifies with a Standard Webhooks library; a sample is docs/samples/webhook_consumer.py.",
    ),
}
