"""The house stands as CONTRIBUTING.md says: every file keeps the laws, and each law catches its breach."""

import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import house_laws as laws
import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("app", "benchmarks", "model", "pages", "tests")
SOURCES = [ROOT / "streamlit_app.py", *(file for room in ROOMS for file in (ROOT / room).rglob("*.py"))]
FILE_LAWS = (
    laws.import_faults,
    laws.home_faults,
    laws.safety_faults,
    laws.length_faults,
    laws.name_faults,
    laws.docstring_faults,
)


def cases(table):
    return [(law, *case) for law, rows in table.items() for case in rows]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def read(name: str | Path) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("law", FILE_LAWS, ids=lambda law: law.__name__.removesuffix("_faults"))
def test_every_file_keeps_the_law(law):
    faults = [fault for file in SOURCES for fault in law(relative(file), read(file))]
    assert not faults, "\n".join(faults)


def test_the_laws_see_every_room():
    seen = {laws.room_of(relative(file)) for file in SOURCES}
    assert seen >= {"looking", "learning", "command line", "app", "pages"}


def test_no_file_speaks_of_what_it_must_not():
    kinds = {".py", ".md", ".toml", ".txt", ".css", ".js", ".json", ".html", ""}
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout: nothing says which files are the project's")
    files = [ROOT / line for line in listed.stdout.splitlines()]
    files = [file for file in files if file.suffix in kinds and file.is_file()]
    texts = {relative(file): read(file) for file in files}
    # These two quote what they forbid.
    del texts["tests/test_house.py"], texts["tests/house_laws.py"]
    faults = [fault for path, text in texts.items() for fault in laws.speech_faults(path, text)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_each_requirement_has_a_range_and_a_reason(name):
    text = read(name)
    assert laws.requirement_names(text)
    assert not laws.requirement_faults(name, text)


# Compared by benchmarks/forward_pass.py and training.py where a person has installed them; they say if not.
OPTIONAL = {"onnxruntime", "ai-edge-litert", "tf2onnx", "torch"}


def test_what_is_imported_is_required_by_name():
    to_run = laws.requirement_names(read("requirements.txt"))
    to_develop = to_run | OPTIONAL | laws.requirement_names(read("requirements-dev.txt"))
    own = {*ROOMS, "streamlit_app", *(file.stem for file in (ROOT / "tests").rglob("*.py"))}
    distributions = packages_distributions()
    faults = []
    for file in SOURCES:
        path = relative(file)
        allowed = to_develop if laws.room_of(path) is None else to_run
        for imported in laws.imports_of(path, read(file)):
            package = imported.name.split(".")[0]
            if package in own or package in sys.stdlib_module_names or not package.isidentifier():
                continue
            carriers = [package, *distributions.get(package, [])]
            if not allowed.intersection(map(laws.normalised, carriers)):
                faults.append(f"{path}:{imported.line}: {package} is in no requirements file")
    assert not faults, "\n".join(faults)


def test_the_readme_names_its_two_commands_for_the_machine():
    commands = dict(re.findall(r"<!-- (\w+)-command -->\s*```\w*\n(.+?)\n```", read("README.md")))
    assert commands == {
        "test": "pip install -r requirements-dev.txt && pytest",
        "run": "pip install -r requirements.txt && streamlit run",
    }


BREACHES = {
    laws.import_faults: [
        ("model/forward.py", "import streamlit as st", "looking room must not"),
        ("model/forward.py", "def f():\n    from plotly import graph_objects", "plotly"),
        ("model/forward.py", "import app.state", "app.state"),
        ("model/forward.py", "from pages import draw", "pages"),
        ("model/forward.py", "from model.learning import fit", "model.learning"),
        ("model/forward.py", "from model import learning", "model.learning"),
        ("model/forward.py", "from . import learning", "model.learning"),
        ("model/datasets/mnist.py", "from ..learning.fit import train", "model.learning.fit"),
        ("model/__init__.py", "from .learning import fit", "model.learning"),
        ("model/forward.py", "from model.commands import main", "model.commands"),
        ("model/forward.py", "importlib.import_module('model.learning.fit')", "fit"),
        ("model/forward.py", "__import__('keras')", "keras"),
        ("model/forward.py", "import_module(name)", "can't be read"),
        ("model/forward.py", "if TYPE_CHECKING:\n    import tensorflow as tf", "tensorflow"),
        ("model/commands.py", "from model.learning.fit import train", "where it is used"),
        ("model/__main__.py", "import keras", "keras"),
        ("model/learning/fit.py", "import streamlit", "streamlit"),
        ("model/learning/fit.py", "from app.state import hand", "app.state"),
        ("app/main.py", "import keras.layers", "keras.layers"),
        ("app/main.py", "from pages.draw import show", "pages.draw"),
        ("app/main.py", "def f():\n    import model.learning", "model.learning"),
        ("app/charts.py", "import streamlit", "charts room must not"),
        ("app/charts/bars.py", "from streamlit import caption", "streamlit"),
        ("pages/draw.py", "import pages.filters", "pages.filters"),
        ("pages/draw.py", "import tensorflow", "tensorflow"),
        ("streamlit_app.py", "import tensorflow", "tensorflow"),
        ("app/main.py", "from tests.conftest import server", "tests"),
        ("app/main.py", "from model.runs.store import RunStore", "where it is used"),
        ("app/charts/curves.py", "import sqlalchemy", "where it is used"),
        ("pages/draw.py", "from model.workers.foreman import Foreman", "where it is used"),
        ("model/workers/foreman.py", "import_module(name)", "can't be read"),
        ("model/workers/duty.py", "from model.learning.work import work_on", "model.learning"),
        ("model/workers/calls.py", "import_module('keras')", "keras"),
    ],
    laws.home_faults: [
        ("pages/draw.py", "st.session_state['digit'] = 3", "belongs in app/state.py"),
        ("pages/draw.py", "st.query_params", "belongs in app/state.py"),
        ("app/widgets.py", "from streamlit import session_state", "app/state.py"),
        ("app/widgets.py", "getattr(st, 'query_params')", "app/state.py"),
        ("app/state.py", "@st.cache_data\ndef f(): ...", "belongs in app/cache.py"),
        ("app/cache.py", "st.session_state", "belongs in app/state.py"),
    ],
    laws.safety_faults: [
        ("model/checkpoint.py", "import pickle", "pickle"),
        ("model/checkpoint.py", "np.load(path, allow_pickle=True)", "allow_pickle"),
        ("model/checkpoint.py", "np.load(path, allow_pickle=trusted)", "allow_pickle"),
        ("model/learning/fit.py", "keras.models.load_model(path)", "load_model"),
    ],
    laws.length_faults: [
        ("pages/draw.py", "pass\n" * 131, "131 lines"),
        ("model/forward.py", "pass\n" * 401, "401 lines"),
    ],
    laws.name_faults: [
        ("model/utils.py", "", "names no idea"),
        ("app/common/bars.py", "", "names no idea"),
    ],
    laws.docstring_faults: [
        ("model/forward.py", "x = 1", "begins by saying"),
        ("model/forward.py", '"""Doc."""\ndef forward(): ...', "forward says nothing"),
        ("model/forward.py", '"""D."""\nclass A:\n    """D."""\n    def run(self): ...', "run"),
    ],
    laws.speech_faults: [
        ("README.md", "TODO: write this", "unfinished"),
        ("README.md", "see /home/ada/lab", "one machine"),
        ("README.md", "closes issue #7", "issue's number"),
        ("assets/a.json", f'"{"eNq+PR5/" * 40}": "closes PR5"', "issue's number"),
    ],
    laws.requirement_faults: [
        ("requirements.txt", "numpy", "needs a range"),
        ("requirements.txt", "numpy>=2.4  # arrays", "needs a range"),
        ("requirements.txt", "numpy>=2.4,<2.5", "needs a range"),
    ],
}


@pytest.mark.parametrize(("law", "path", "source", "words"), cases(BREACHES))
def test_a_breach_is_caught(law, path, source, words):
    faults = law(path, source)
    assert len(faults) >= 1
    assert words in faults[0] + faults[-1]


LAWFUL = {
    laws.import_faults: [
        ("pages/draw.py", "import streamlit as st\nfrom app import state\nfrom model import cards"),
        ("app/charts.py", "import plotly.graph_objects as go\nimport numpy as np"),
        ("app/workers.py", "WORK = 'model.learning.fit:train'"),
        ("model/learning/fit.py", "import keras\nfrom model import recipe\nfrom . import fit"),
        ("model/commands.py", "def train():\n    from model.learning.fit import train"),
        ("model/forward.py", "from .layers import Dense\nimport applause, pagesize"),
        ("model/workers/calls.py", "importlib.import_module(module)"),
        ("app/workroom.py", "def store():\n    from model.runs.store import RunStore"),
        ("app/workroom.py", "if TYPE_CHECKING:\n    from model.runs.store import RunStore"),
    ],
    laws.home_faults: [
        ("app/state.py", "st.session_state, st.query_params"),
        ("app/cache.py", "@st.cache_resource\ndef f(): ..."),
    ],
    laws.safety_faults: [
        ("model/checkpoint.py", "np.load(path, allow_pickle=False)"),
    ],
    laws.docstring_faults: [
        ("model/forward.py", '"""Doc."""\ndef _private(): ...'),
    ],
    laws.speech_faults: [
        ("README.md", "the page https://example.org/home/x and ~/.keras/datasets"),
        ("assets/a.json", f'"right": "{"eNq+PR5/" * 40}"'),  # encoded bytes say nothing
    ],
    laws.requirement_faults: [
        ("requirements.txt", "# why\n-r other.txt\nnumpy>=2.4,<2.5  # arrays"),
    ],
}


@pytest.mark.parametrize(("law", "path", "source"), cases(LAWFUL))
def test_a_lawful_file_is_left_alone(law, path, source):
    assert law(path, source) == []
