"""The running server: what it has imported, what it says, what it weighs."""

import pytest

from benchmarks.dashboard import log_faults, run_dashboard
from benchmarks.handwriting import link_to
from benchmarks.visitor import Visitor

pytestmark = pytest.mark.browser

MOST_MEGABYTES = 300


def see_all_pages(visitor, url):
    visitor.open()
    addresses = visitor.page.get_by_role("link").evaluate_all("links => links.map(link => link.href)")
    pages = sorted({address for address in addresses if address.startswith(url)})
    assert len(pages) >= 3
    for page in pages:
        visitor.open(page.removeprefix(url))
    visitor.open(f"{link_to(6)}&why=1")
    visitor.expect_verdict(6)
    visitor.page.get_by_alt_text("labelled").first.wait_for(timeout=60_000)


def test_the_server_loads_no_engine_and_says_nothing_after_all_pages_were_seen(visitor, server):
    see_all_pages(visitor, server.url)
    modules = server.modules()
    assert "streamlit" in modules
    assert "model.forward" in modules
    heavy = ("tensorflow", "keras", "model.learning", "sklearn", "matplotlib", "torch", "jax")
    assert [name for name in heavy if name in modules] == []
    assert log_faults(server.read_log()) == []


def test_a_server_stays_light_after_all_pages_were_seen(profiles):
    """One of its own: the other has served all the tests' visitors, and remembers each for minutes."""
    with run_dashboard() as dashboard:
        visitor = Visitor(profiles().new_page(), dashboard.url)
        see_all_pages(visitor, dashboard.url)
        visitor.page.close()
        assert visitor.faults == []
        memory = dashboard.memory_megabytes()
        assert memory is None or memory < MOST_MEGABYTES
