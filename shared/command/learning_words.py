"""How `train` and `evaluate` put figures into words and tables."""

import unicodedata
from collections.abc import Mapping

from shared.learning.scores import Scores, confusions, per_label
from shared.learning.training import Tested

_MOST_CONFUSIONS = 15
_WIDEST = 30


def figures(scores: Scores) -> str:
    """Return the scores in one line."""
    precise = "–" if scores.precision_at_coverage is None else f"{scores.precision_at_coverage:.3f}"
    return (
        f"macro-F1 {scores.macro_f1:.3f}, 准确率 accuracy {scores.accuracy:.3f}, top-2 {scores.top2:.3f}, "
        f"top-3 {scores.top3:.3f}, 可自动 automatic {scores.coverage_at_95:.3f} (其中正确 right {precise}), "
        f"ECE {scores.ece:.3f}"
    )


def report(tested: Tested, found: Mapping[str, float | int | None]) -> str:
    """Return the table of labels, the commonest confusions and the figures."""
    said = tested.probabilities.argmax(axis=1)
    lines = [_padded("标签 label") + "   行 rows   精确 prec.  召回 recall      F1"]
    ranked = sorted(per_label(tested.truth, said, tested.labels), key=lambda one: (-one.rows, one.label))
    lines += [
        f"{_padded(one.label)}{one.rows:10d}{one.precision:13.3f}{one.recall:13.3f}{one.f1:8.3f}" for one in ranked
    ]
    if tested.unknown:
        lines.append(f"训练数据里没有的标签 / labels that the history lacks: {tested.unknown}")
    lines.append("\n混淆最多 / most confused: 应为 should be → 判为 was called")
    lines += [
        f"{count:6d}  {a} → {b}" for a, b, count in confusions(tested.truth, said, tested.labels)[:_MOST_CONFUSIONS]
    ]
    lines.append("\n" + figures(tested.scores))
    lines.append(
        f"{found['rows']} 行 rows, {found['labels']} 个标签 labels; 单条 alone {found['ms_single']} ms, "
        f"每百条成批时每条 each in batches of 100 {found['ms_batch100']} ms; 模型 model {found['model_mb']} MB"
    )
    return "\n".join(lines)


def _padded(text: str) -> str:
    shown = text if len(text) <= _WIDEST // 2 else text[: _WIDEST // 2 - 1] + "…"
    wide = sum(unicodedata.east_asian_width(one) in "WF" for one in shown)
    return shown + " " * (_WIDEST - len(shown) - wide)
