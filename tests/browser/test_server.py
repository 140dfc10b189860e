"""The running server: what it has imported, what it says, what it weighs."""

import pytest

from benchmarks.dashboard import log_faults
from benchmarks.handwriting import link_to

pytestmark = pytest.mark.browser

MOST_MEGABYTES = 300


def test_the_server_stays_light_and_silent_after_all_pages_were_seen(visitor, server):
    visitor.open()
    addresses = visitor.page.get_by_role("link").evaluate_all("links => links.map(link => link.href)")
    pages = sorted({address for address in addresses if address.startswith(server.url)})
    assert len(pages) >= 2
    for page in pages:
        visitor.open(page.removeprefix(server.url))
    visitor.open(f"{link_to(6)}&why=1")
    visitor.expect_verdict(6)
    visitor.page.get_by_alt_text("labelled").first.wait_for(timeout=60_000)

    modules = server.modules()
    assert "streamlit" in modules
    assert "model.forward" in modules
    heavy = ("tensorflow", "keras", "model.learning", "sklearn", "matplotlib", "torch", "jax")
    assert [name for name in heavy if name in modules] == []
    assert log_faults(server.read_log()) == []
    memory = server.memory_megabytes()
    assert memory is None or memory < MOST_MEGABYTES
