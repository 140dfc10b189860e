"""What tests share: the data beside the repository, a browser, and a running dashboard."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, sync_playwright
from postgres_server import NoPostgresError, run_postgres
from sqlalchemy import create_engine, text

from benchmarks.chromium import NoChromiumError, launch_chromium
from benchmarks.dashboard import ROOT, Dashboard, run_dashboard
from model.runs.store import RunStore

SHARED_DATA_VARIABLE = "DIGIT_LAB_SHARED_DATA"
REQUIRE_BROWSER_VARIABLE = "DIGIT_LAB_REQUIRE_BROWSER"
REQUIRE_POSTGRES_VARIABLE = "DIGIT_LAB_REQUIRE_POSTGRES"

_schemas = itertools.count(1)

# The same examples in every run, and no example is too slow because the machine is busy.
settings.register_profile(
    "digit-lab", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("digit-lab")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the browser tests last: quick ones speak first, and Playwright's event loop is in nobody's way."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with MNIST, Kaggle's index map and the pen digits; without it the test is skipped."""
    folder = Path(os.environ.get(SHARED_DATA_VARIABLE) or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"needs the data folder {folder} (the variable {SHARED_DATA_VARIABLE} names another)")
    return folder


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless Chromium; without one the test is skipped, or fails if DIGIT_LAB_REQUIRE_BROWSER=1."""
    with sync_playwright() as playwright:
        try:
            browser = launch_chromium(playwright)
        except NoChromiumError as error:
            if os.environ.get(REQUIRE_BROWSER_VARIABLE) == "1":
                pytest.fail(f"{REQUIRE_BROWSER_VARIABLE}=1, but there is {error}")
            pytest.skip(str(error))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server() -> Iterator[Dashboard]:
    """The real dashboard, run for the whole session: `.url`, `.pid`, `.log`, `.modules()`."""
    # A developer who goes on editing while the tests run must not change what they test.
    with run_dashboard() as dashboard:
        yield dashboard


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server's URL; without one a test is skipped, or fails if DIGIT_LAB_REQUIRE_POSTGRES=1."""
    try:
        with run_postgres() as url:
            yield url
    except NoPostgresError as error:
        if os.environ.get(REQUIRE_POSTGRES_VARIABLE) == "1":
            pytest.fail(f"{REQUIRE_POSTGRES_VARIABLE}=1, but {error}")
        pytest.skip(str(error))


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'runs.sqlite'}"
    url = request.getfixturevalue("postgres")
    schema = f"test_{next(_schemas)}"
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text(f"create schema {schema}"))
    engine.dispose()
    return f"{url}&options=-csearch_path%3D{schema}"


@pytest.fixture
def store(database: str, tmp_path: Path) -> Iterator[RunStore]:
    """An empty store of runs, on either kind of database."""
    runs = RunStore(tmp_path / "runs", database)
    yield runs
    runs.close()
