"""The domain's one way of saying no."""


class Refused(Exception):
    """This cannot be done to the ticket as it stands.

    `code` is stable and for machines, `why` is a sentence for the person that says what to do; `facts` go to both.
    """

    def __init__(self, code: str, why: str, **facts: str | int) -> None:
        super().__init__(f"{code}: {why}")
        self.code, self.why, self.facts = code, why, facts


class NotYours(Refused):
    """The ticket does not exist, or not for you: outside the two look the same."""

    def __init__(self) -> None:
        super().__init__("not_found", "没有找到这件工单。请核对流水号。")


class Conflict(Refused):
    """Somebody changed state, holder, text or due since the page was shown."""

    def __init__(self, seen_seq: int, now_seq: int) -> None:
        super().__init__(
            "changed_meanwhile", "这件工单刚刚有了变化，请看过最新情况再提交。", seen_seq=seen_seq, now_seq=now_seq
        )
