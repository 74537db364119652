"""Search by last digits where many ids fit them but for the check digit."""

from shared.reads.search import MOST_ROWS
from tests.integration.site import Site
from tests.integration.test_pages_search import looked, titles


def test_a_number_among_many_that_might_end_so_is_found_by_its_last_digits(site: Site) -> None:
    last, step = 77_123, 1000
    first = last - (MOST_ROWS + 5) * step
    wanted = ""
    for ticket_id in range(first, last + 1, step):
        site.stage.as_owner("SELECT setval('ticket_id', :before)", before=ticket_id - 1)
        site.stage.register(title="要找的" if not wanted else "别的")
        wanted = wanted or site.number(ticket_id)
    assert "要找的" in titles(looked(site, "lin", q=wanted[-4:]))
