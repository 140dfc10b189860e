"""Where runs are kept, and what they are called."""

import os
import secrets
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from model.recipe import Recipe

DATABASE = "runs.sqlite"
STORE_VARIABLE = "DIGIT_LAB_STORE"  # a database's URL, when several machines share one store


def runs_folder(runs: Path | None = None) -> Path:
    """Where runs are kept: as given, else DIGIT_LAB_HOME, else a folder of the user's own."""
    if runs is not None:
        return runs
    home = os.environ.get("DIGIT_LAB_HOME")
    return Path(home) / "runs" if home else platformdirs.user_data_path("digit-lab") / "runs"


def store_url(folder: Path, url: str | None = None) -> str:
    """The database: as given, else DIGIT_LAB_STORE, else an SQLite file in the folder of runs."""
    return url or os.environ.get(STORE_VARIABLE) or f"sqlite:///{(folder / DATABASE).absolute()}"


def has_store(folder: Path) -> bool:
    """Whether there may be runs: a database is named, or lies in the folder. Doesn't open it."""
    return bool(os.environ.get(STORE_VARIABLE)) or (folder / DATABASE).exists()


def new_run_id(recipe: Recipe) -> str:
    """An id for a new run: when, a word of the recipe's name, and eight random hexadecimal digits."""
    word = "".join(c if c.isalnum() and c.isascii() else "-" for c in recipe.name.lower())[:24].strip("-")
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{word or 'run'}-{secrets.token_hex(4)}"
