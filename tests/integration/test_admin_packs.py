"""Packs by page: versions, what differs, activating with confirmation, and who was faster."""

from shared import packs
from tests.integration.site import Site
from tests.integration.stage import CITY, rules_of


def loaded(site: Site) -> int:
    """Load a version in which one unit has another name; return its id."""
    with site.stage.owner.begin() as connection:
        active = packs.active(connection, CITY)
        assert active is not None
        files = packs.read_files(connection, active.id)
        name = rules_of(CITY).units["water_affairs"].name
        files["units.csv"] = files["units.csv"].replace(name.encode(), f"{name}（新）".encode())
        return packs.load(connection, CITY, files, "test").id


def test_an_administrator_compares_and_activates_a_version(site: Site) -> None:
    new, root = loaded(site), site.person("root")
    assert "现行" in root.get("/admin/packs").text
    page = root.get(f"/admin/packs/{new}")
    assert "（新）" in page.text
    assert "检查通过" in page.text
    expected = page.value("expected")
    unsure = root.post(f"/admin/packs/{new}/activate", expected=expected)
    assert (unsure.status, "请先看过差异" in unsure.text) == (400, True)
    assert root.post(f"/admin/packs/{new}/activate", expected=expected, sure="true").status == 303
    with site.stage.engine.connect() as connection:
        active = packs.active(connection, CITY)
        assert active is not None
        assert active.id == new
        assert packs.activations(connection, CITY)[0].by_whom == "staff:root"
    noted = site.stage.rows("SELECT object, after FROM access_log WHERE action = 'pack_activated'")
    assert noted == [{"object": f"pack:{CITY}", "after": {"version": active.version}}]
    late = root.post(f"/admin/packs/{expected}/activate", expected=expected, sure="true")
    assert (late.status, "启用了另一个版本" in late.text) == (409, True)
