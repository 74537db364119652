"""A second city, invented and tiny: what holds for it cannot be Chengdu's doing."""

from pathlib import Path

FILES = {
    "pack.yaml": """\
city: qinghe
version: "1"
name: 清河市
name_en: Qinghe
zone: Asia/Urumqi
week:
  monday: ["10:00-14:00", "15:30-19:30"]
  saturday: ["10:00-14:00"]
holidays: own
make_up_hours: ["11:00-13:00"]
policy:
  threshold: 0.5
  approval_required: true
  urge_window_hours: 2
  max_returns: 1
  digest_above: 3
  digest_window_minutes: 30
wording:
  registered: {zh: 收到了。, en: We have it.}
  dispatched: {zh: "{unit}办理，{due}前答复。", en: "{unit} answers by {due}."}
  resolved: {zh: "{unit}答复了。", en: "{unit} has answered."}
states:
  registered: {zh: 清河收到了您的来电。, en: Qinghe has your call.}
  dispatched: {zh: 交给单位了。, en: A unit has it.}
  signed: {zh: 单位在办。, en: A unit works on it.}
  return_requested: {zh: 换个单位办。, en: Another unit will do it.}
  reply_submitted: {zh: 答复在核对。, en: The answer is checked.}
  resolved: {zh: 清河答复您了。, en: Qinghe has answered.}
  reopened: {zh: 重新办。, en: It is done again.}
  withdrawn: {zh: 您撤回了。, en: You took it back.}
  not_accepted: {zh: 清河不能办。, en: Qinghe cannot do it.}
  closed: {zh: 清河办完了。, en: Qinghe is done.}
notices:
  dispatched: {zh: "清河工单{number}，{unit}请在{due}前办。", en: "{number}: {unit}, by {due}."}
  redispatched: {zh: 改派来的。, en: Re-dispatched.}
  reopened: {zh: 重办。, en: Again.}
  urged: {zh: 催办。, en: Hurry.}
  warned: {zh: 快到时限。, en: Nearly due.}
  red_carded: {zh: 红牌。, en: Red card.}
  overdue: {zh: 超期了。, en: Overdue.}
ladder:
  - {code: yellow, name: 黄牌, name_en: Yellow, after: -0.5, tells: [handler]}
  - {code: mayor, name: 报市长, name_en: Mayor, after: 3, tells: [admin, supervisor]}
weights: {on_time: 0.5, solved: 0.5}
""",
    "counties.csv": """\
code,name,name_en,division,places
east,河东区,East,990102,老码头|钟楼
west,河西区,West,,新桥
""",
    "units.csv": """\
code,name,name_en,kind,parent,county,email
qinghe,清河市人民政府,City,city,,,
lamps,清河市照明处,Lamps,department,qinghe,,lamps@qinghe.example
watch,清河市监察组,Watch,discipline,qinghe,,
east.gov,河东区政府,East,county,qinghe,east,
west.gov,河西区政府,West,county,qinghe,west,
east.lamps,河东区照明所,East lamps,county_bureau,east.gov,east,desk@east.example
""",
    "streets.csv": """\
code,name,name_en,county,division
east.matou,码头街道,Matou Subdistrict,east,990102001
east.chengguan,城关镇,Chengguan Town,east,990102101
west.chengguan,城关镇,Chengguan Town,west,990103101
west.xinqiao,新桥镇,Xinqiao Town,west,
""",
    "landmarks.csv": """\
name,other_names,misspelt,county,street
火车站,站前广场,火车占,west,west.xinqiao
长街,,,east|west,
""",
    "communities.csv": """\
street,communities
east.matou,水门社区|渡口村
west.chengguan,水门社区
""",
    "skills.csv": "code,name,name_en\npets,宠物,Pets\n",
    "categories.csv": """\
code,name,name_en,parent
town,城市,Town,
town.light,照明,Light,town
other,其他,Other,
""",
    "lines.csv": "number,name,name_en,unit,how\n12399,路灯热线,Lamp line,lamps,parallel\n",
    "duties.csv": """\
code,name,name_en,category,unit,city_unit,co_handlers,level,nature,urgency,skill,limit_class,words,against
lamps,路灯,Lamps,town.light,*.lamps,lamps,watch|*.gov,county,help,urgent,,supply,路灯:3|灯+不亮:2,灯会
pets,宠物登记,Pets,other,watch,,,street,consultation,normal,pets,,养猫:3,
""",
    "limits.csv": """\
stage,nature,urgency,channel,unit_class,limit_class,amount,unit,ends,from,inclusive,warn,source
reply,praise,*,*,*,*,none,,,,,,清河办法
reply,*,critical,*,*,*,1,hours,,,,50%,清河办法
reply,*,urgent,*,*,*,12,working_hours,,,,25%,清河办法
reply,*,normal,*,county_bureau,*,1,working_days,,,,1d,清河办法
reply,*,normal,*,*,*,2,working_days,same_clock_time,,no,1d,清河办法
sign,*,*,phone|web,*,*,30,working_minutes,,,,,清河办法
""",
    "calendar.csv": """\
date,kind,name,name_en,hours
2026-05-04,rest,丰收节,Harvest,
2026-05-03,work,丰收节调休,For Harvest,
2026-05-05,special,半天,Half a day,10:00-12:00
""",
    "lexicon.csv": """\
kind,phrases
negation,没有
hypothetical,如果
abstract,演练
present,正在
praise,表扬
consultation,请问
question,怎么
complaint,投诉
fault,没人管
report,举报
suggestion,建议
help,求助
official,所长
private,邻居
address,尊敬的
misconduct,打人
rudeness,骂人
""",
    "aliases.csv": "alias,units\n照明所,*.lamps|lamps\n",
    "referrals.csv": """\
code,effect,name,name_en,words,text,text_en
fire,critical,火情,Fire,着火,快跑。,Run.
court,not_accepted,法院,Court,不服判决,请上诉。,Appeal.
""",
}


def write_pack(folder: Path, **changed: tuple[str, str] | str) -> Path:
    """Write the pack to `folder`; `units_csv=(old, new)` replaces text in units.csv, a plain text the whole file."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in FILES.items():
        change = changed.get(name.replace(".", "_"), text)
        if isinstance(change, tuple):
            assert change[0] in text, f"{name} has no {change[0]!r}"
            change = text.replace(*change)
        (folder / name).write_text(change, encoding="utf-8")
    return folder
