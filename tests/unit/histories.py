"""A small history of an invented city, written from templates, for what learns from histories."""

import csv
import io
import random
from collections.abc import Iterable, Sequence

_ABOUT = {
    "水务": ["自来水管爆裂", "家里水压太低", "水表走得太快", "下水井盖不见了", "河边排水口往外冒脏水"],
    "交通": ["公交车到站不停", "红绿灯时间太短", "地铁口共享单车堆满", "出租车司机绕路", "斑马线看不清了"],
    "教育": ["小学放学太晚", "幼儿园学费又涨", "初中补课收钱", "学校食堂饭菜凉", "学区怎么划分"],
    "环保": ["工厂晚上冒黑烟", "烧烤店油烟呛人", "工地半夜施工吵", "河水发臭", "装修噪音没完"],
    "社保": ["养老金没有到账", "医保卡刷不出来", "社保断缴怎么补", "退休手续去哪办", "失业金怎么领"],
}  # fmt: skip
_WHERE = ["东门桥头", "幸福小区", "人民路口", "三号楼下", "菜市场旁", "体育馆对面", "老车站后面"]
_WISH = ["希望尽快解决。", "请问找谁？", "已经一个多月了。", "打了几次电话都没有结果。", "谢谢！", "老人小孩都受不了。"]
LABELS = tuple(_ABOUT)


def rows(count: int = 300, seed: int = 7, noise: float = 0.06) -> list[tuple[str, str]]:
    """Return (text, label), a few of them labelled wrongly, as in life."""
    lots = random.Random(seed)
    found = []
    for number in range(count):
        label = lots.choices(LABELS, weights=[9, 7, 5, 3, 2])[0]
        told = lots.choice(_ABOUT[label if lots.random() > noise else lots.choice(LABELS)])
        found.append((f"{lots.choice(_WHERE)}{told}，{number % 37 + 1}栋{lots.choice(_WISH)}", label))
    return found


def as_csv(found: Iterable[Sequence[str]], head: Sequence[str] = ("text", "label")) -> str:
    """Return rows as the text of a CSV file."""
    file = io.StringIO()
    csv.writer(file).writerows([head, *found])
    return file.getvalue()
