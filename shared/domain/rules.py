"""A city's rules at one version: what a pack 城市包 says, immutable. Loading and checking is `shared.cities`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.domain.calendar import WorkingCalendar
from shared.domain.limits import Limits
from shared.domain.places import Landmark
from shared.domain.terms import Level, LineMerger, Nature, Role, UnitKind, Urgency


@dataclass(frozen=True, slots=True)
class Unit:
    """A body that can hold tickets 承办单位. `county` is the county's code, None for a city-wide body."""

    code: str
    name: str
    name_en: str
    kind: UnitKind
    parent: str | None
    county: str | None
    email: str | None = None
    division: str | None = None  # statistical code 统计用区划代码 of a county or street

    @property
    def level(self) -> Level:
        """The level of government it works at; a utility serves the city."""
        return _LEVELS.get(self.kind, Level.CITY)


_LEVELS = {
    UnitKind.COUNTY: Level.COUNTY,
    UnitKind.COUNTY_BUREAU: Level.COUNTY,
    UnitKind.STREET: Level.STREET,
}


@dataclass(frozen=True, slots=True)
class Category:
    """A subject 事项分类; `parent` is None for one of the first level."""

    code: str
    name: str
    name_en: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class OriginLine:
    """A merged former line 来源热线, by its number; `how` says what became of it. `unit` answers for its matters."""

    number: str
    name: str
    name_en: str
    unit: str
    how: LineMerger


@dataclass(frozen=True, slots=True)
class Skill:
    """What an expert seat 专家座席 can answer."""

    code: str
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Duty:
    """One line of the dispatch catalogue 派单目录.

    `unit` is a unit code, or `*.<suffix>`: the bureau `<county>.<suffix>` of the county the request is in.
    `words` are literal phrases with their weight; `against` are phrases that speak against the duty.
    `words` may join parts, `半夜+施工`: all of them must stand near one another.
    `city_unit` takes the duty while the county is not known; without it a person asks which county it is.
    `skill` names the expert queue that answers consultations about it, None if the unit does.
    `co_handlers` 协办 are unit codes or `*.<suffix>`; `level` is the lowest that may be given it (REQUIREMENTS R6).
    `limit_class` picks special lines of the limits, such as `supply` for water, power and gas.
    """

    code: str
    name: str
    name_en: str
    unit: str
    words: tuple[tuple[str, float], ...]
    against: tuple[str, ...] = ()
    nature: Nature = Nature.HELP
    urgency: Urgency = Urgency.NORMAL
    skill: str | None = None
    city_unit: str | None = None
    category: str | None = None
    co_handlers: tuple[str, ...] = ()
    level: Level = Level.STREET
    limit_class: str | None = None


@dataclass(frozen=True, slots=True)
class Referral:
    """What a caller is told at once 告知: a danger has its `urgency`, a matter the line may not take has none."""

    code: str
    name: str
    name_en: str
    words: tuple[str, ...]
    urgency: Urgency | None
    text: str
    text_en: str


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of the supervision ladder 督办阶梯: `after` in working days past due (below 0: before), who is told."""

    code: str
    name: str
    name_en: str
    after: float
    tells: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When nobody's telephone shall ring for what can wait 免打扰时段; `start` after `end` reaches over midnight."""

    start: time
    end: time

    def ends_after(self, at: datetime) -> datetime | None:
        """Return when the quiet around `at`, in the city's zone, is over, in UTC; None if it is not quiet."""
        now = at.timetz().replace(tzinfo=None)
        is_quiet = self.start <= now < self.end if self.start <= self.end else not self.end <= now < self.start
        if not is_quiet:
            return None
        day = at.date() if now < self.end else at.date() + timedelta(days=1)
        return datetime.combine(day, self.end, tzinfo=at.tzinfo).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class ShortText:
    """A short message 短信 to callers as a provider has approved it. `ids` by provider; {number} and {code} in it."""

    text: str
    ids: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Policy:
    """Switches and thresholds of the city."""

    threshold: float = 0.6
    approval_required: bool = False  # of every unit's replies, by its leader
    approval_units: tuple[str, ...] = ()  # of these units' replies, where it is not of all
    contact_evidence: bool = False  # a reply needs a recorded contact with the caller, or the reason for none
    urge_window: timedelta = timedelta(hours=4)
    max_returns: int = 2
    reopen_window: timedelta = timedelta(days=15)  # how long after the archive the caller may say that it is not solved
    max_caller_redos: int = 2
    quiet: QuietHours = QuietHours(time(21, 30), time(8, 0))
    digest_above: int = 5  # so many mails a unit gets at once in a window, the rest as one when it ends
    digest_window: timedelta = timedelta(minutes=15)
    draft_life: timedelta = timedelta(hours=24)  # how long what an operator typed is kept without being registered

    def needs_approval(self, unit: str | None) -> bool:
        """Tell whether the unit's leader must approve its replies."""
        return self.approval_required or unit in self.approval_units


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything `decide` and the router may know about a city."""

    city: str
    name: str
    name_en: str
    zone: ZoneInfo
    version: str
    calendar: WorkingCalendar
    units: Mapping[str, Unit]
    counties: Mapping[str, tuple[str, ...]]  # county code -> its names, longest first
    skills: Mapping[str, Skill]
    duties: Mapping[str, Duty]
    limits: Limits
    policy: Policy
    lexicon: Mapping[str, tuple[str, ...]]  # emergency, negation, praise, consultation … words of the router
    wording: Mapping[str, tuple[str, str]]  # public sentence per event kind: (Chinese, English)
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # what people call units -> unit or `*.suffix`
    referrals: Mapping[str, Referral] = field(default_factory=dict)
    county_names: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # code -> (Chinese, English)
    categories: Mapping[str, Category] = field(default_factory=dict)
    lines: Mapping[str, OriginLine] = field(default_factory=dict)
    states: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # state -> what it means for the caller
    notices: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # event kind -> what the unit is told
    texts: Mapping[str, ShortText] = field(default_factory=dict)  # event kind -> the caller's short message
    ladder: tuple[Rung, ...] = ()
    landmarks: tuple[Landmark, ...] = ()
    communities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # street's code -> its 社区（村）
    weights: Mapping[str, float] = field(default_factory=dict)  # metric -> weight in a unit's score, sum 1
