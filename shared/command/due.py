"""`hotline due`: until when something is due, and why. Needs no database: a city's pack or a calendar is enough."""

import argparse
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from shared.cities.load import files_of, load_city, read_pack
from shared.cities.problems import PackError
from shared.cities.time_limits import PROFILE, PROFILES
from shared.command.due_answer import Answer, Asked, as_json, in_words
from shared.command.due_inputs import (
    Unclear,
    calendar_in,
    instant_in,
    limit_in,
    one_of,
    suspensions_in,
    unit_class_in,
)  # fmt: skip
from shared.domain.calendar import CalendarError
from shared.domain.labels import CHANNELS, NATURES, STAGES, URGENCIES
from shared.domain.limits import Case, Ends, Limit, count
from shared.domain.rules import Rules
from shared.domain.segments import segments
from shared.domain.terms import Stage

UNUSABLE = 2


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is asked, the ways to ask without a city, and the ways to answer."""
    asked = parser.add_argument_group("by a city's rules")
    asked.add_argument("--city", help="the pack's name (default: --pack's, HOTLINE_CITY, the only one)")
    asked.add_argument("--pack", type=Path, metavar="DIR", help="the pack's folder, if it is not one shipped here")
    asked.add_argument("--profile", help="count by this provincial profile instead of the pack's own")
    asked.add_argument("--nature", help="consultation 咨询, help 求助, complaint 投诉 …")
    asked.add_argument("--urgency", default="normal", help="normal 一般, urgent 紧急, critical 特急")
    asked.add_argument("--stage", default="reply", help="which limit: sign 签收, reply 办理答复, redo 重办 …")
    asked.add_argument("--channel", default="phone")
    asked.add_argument("--unit-class", help="what sort of body has it: department, county, street …")
    asked.add_argument("--limit-class", help="a class that duties of the pack name")
    own = parser.add_argument_group("by a limit or a calendar of your own")
    own.add_argument("--limit", help="such as '8 working_hours', '3 working_days', '2 days', 'same_day'")
    own.add_argument("--ends", choices=[*Ends], help="where in its last day a limit in days ends (closing)")
    own.add_argument(
        "--from", dest="begins", choices=["instant", "next_day"], help="(days that end at closing: next_day)"
    )
    own.add_argument("--warn", help="1d: a day before; 25%%: with a quarter left")
    own.add_argument(
        "--calendar", type=Path, metavar="FILE", help="JSON or YAML with zone, week and days; no city then"
    )
    parser.add_argument("--start", required=True, help="an instant with its offset, such as 2026-09-29T10:00+08:00")
    parser.add_argument("--suspend", action="append", default=[], metavar="FROM/TO", help="held in between; may repeat")
    parser.add_argument("--all-segments", action="store_true", help="every stretch on a line")
    parser.add_argument("--english", action="store_true", help="in English")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print one answer; 2 with a sentence if the question cannot be answered as it was put."""
    try:
        found = answer(args)
    except Unclear as error:
        print(error.words.en if args.english else error.words.zh, file=sys.stderr)
        return UNUSABLE
    except (PackError, CalendarError) as error:
        print(error, file=sys.stderr)
        return UNUSABLE
    print(json.dumps(as_json(found), ensure_ascii=False, indent=2) if args.json else in_words(found, args))
    return 0


def answer(args: argparse.Namespace) -> Answer:
    """Count what was asked."""
    rules = None if args.calendar else _rules(args)
    asked, limit = _asked(args, rules)
    calendar = rules.calendar if rules else calendar_in(args.calendar)
    start = instant_in(args.start, "--start", calendar.zone)
    held = suspensions_in(args.suspend, calendar.zone)
    due = None if limit is None else count(limit, calendar, start, held)
    return Answer(rules, calendar.zone, asked, due, segments(due) if due else ())


def _rules(args: argparse.Namespace) -> Rules:
    shipped = sorted(path.parent.name for path in PROFILES.parent.glob("*/pack.yaml"))
    named = args.pack.resolve().name if args.pack else os.environ.get("HOTLINE_CITY")
    city = args.city or named or (shipped[0] if len(shipped) == 1 else "")
    if args.pack is None:
        _check_known("--city", city, shipped)
    if args.profile is None:
        return load_city(city, args.pack)
    _check_known("--profile", args.profile, (path.stem for path in PROFILES.glob("*.csv")))
    return read_pack(city, files_of(city, args.pack) | {PROFILE: (PROFILES / f"{args.profile}.csv").read_bytes()})


def _check_known(option: str, name: str, known: Iterable[str]) -> None:
    listed = sorted(known)
    if name not in listed:
        raise Unclear(
            f"{option}：没有“{name}”，请写其中一个：{'、'.join(listed)}。",
            f"{option}: there is no '{name}'. Write one of: {', '.join(listed)}.",
        )


def _asked(args: argparse.Namespace, rules: Rules | None) -> tuple[Asked | None, Limit | None]:
    if args.limit is not None:
        return None, limit_in(args.limit, args.ends, args.begins, args.warn)
    for option, value in (("--ends", args.ends), ("--from", args.begins), ("--warn", args.warn)):
        if value is not None:
            raise Unclear(f"{option} 只和 --limit 一起用。", f"{option} goes with --limit only.")
    if rules is None:
        raise Unclear(
            "--calendar 只说工作时间，请再写 --limit，如 --limit '3 working_days'。",
            "--calendar tells the hours only. Write --limit too, such as --limit '3 working_days'.",
        )
    if args.nature is None:
        raise Unclear(
            f"请写 --nature（{'、'.join(label.zh for label in NATURES.values())}），或者用 --limit 直接写时限。",
            f"Write --nature ({', '.join(NATURES)}), or a limit of your own with --limit.",
        )
    case = Case(
        one_of(args.nature, NATURES, "--nature"),
        one_of(args.urgency, URGENCIES, "--urgency"),
        one_of(args.channel, CHANNELS, "--channel"),
        unit_class_in(args.unit_class),
        _limit_class(args.limit_class, rules),
    )
    stage = one_of(args.stage, STAGES, "--stage")
    limit = rules.limits.find(stage, case)
    if limit is None and stage is Stage.REDO:  # as when a ticket is taken up again
        limit = rules.limits.find(Stage.REPLY, case)
    return Asked(stage, case), limit


def _limit_class(text: str | None, rules: Rules) -> str | None:
    known = sorted({duty.limit_class for duty in rules.duties.values() if duty.limit_class})
    if text is None or text in known:
        return text
    raise Unclear(
        f"--limit-class：派单目录里没有“{text}”，有：{'、'.join(known) or '无'}。",
        f"--limit-class: no duty of this city has '{text}'. There are: {', '.join(known) or 'none'}.",
    )
