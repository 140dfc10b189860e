"""The house's laws as functions of a file's path and source: each returns its faults, none for a lawful file.

The laws themselves are in CONTRIBUTING.md. Everything here reads the syntax tree; nothing is imported or run.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

ENGINES = ("keras", "tensorflow", "tf_keras")
STREAMLIT = ("streamlit", "streamlit_drawable_canvas")
SCREEN = (*STREAMLIT, "plotly", "app", "pages")
COMMAND_LINE = ("model.commands", "model.terminal", "model.__main__")
LEARNING = ("model.learning",)
WORKSHOP = ("tests", "benchmarks")

# What no file of a room may import, each name with everything below it.
CLOSED_TO = {
    "looking": (*SCREEN, *ENGINES, *LEARNING, *COMMAND_LINE, *WORKSHOP),
    "learning": (*SCREEN, *COMMAND_LINE, *WORKSHOP),
    "command line": (*SCREEN, *ENGINES, *WORKSHOP),
    "app": ("pages", *ENGINES, *LEARNING, *COMMAND_LINE, *WORKSHOP),
    "charts": ("pages", *STREAMLIT, *ENGINES, *LEARNING, *COMMAND_LINE, *WORKSHOP),
    "pages": ("pages", *ENGINES, *LEARNING, *COMMAND_LINE, *WORKSHOP),
}

STATE = ("session_state", "query_params")
STATE_HOME = "app/state.py"
CACHES = ("cache_data", "cache_resource")
CACHE_HOME = "app/cache.py"

# What takes a first page half a second: imported where a training needs it, never where a page begins.
SLOW = (
    "distributed",
    "dask",
    "sqlalchemy",
    "model.runs.store",
    *(f"model.workers.{room}" for room in ("cluster", "duty", "foreman", "host")),
)
CALLS_HOME = "model/workers/calls.py"  # the one place that imports by a computed name, from a fixed list

IMPORTERS = ("import_module", "__import__", "run_module", "find_spec")
PAGE_LINES = 130
FILE_LINES = 400


@dataclass(frozen=True)
class Imported:
    """One name that a file imports: "model.learning.fit", on a line, within a function or not.

    `in_function` is also true of an import that only the type checker sees.
    """

    name: str
    line: int
    in_function: bool

    def is_below(self, roots: tuple[str, ...]) -> bool:
        """Whether the name is one of `roots` or lives below one."""
        return any(self.name == root or self.name.startswith(root + ".") for root in roots)


def room_of(path: str) -> str | None:
    """The room that a file stands in, or None for a file that no import law binds (tests, benchmarks)."""
    parts = PurePosixPath(path).parts
    if parts[0] == "pages":
        return "pages"
    if parts[0] == "app":
        return "charts" if PurePosixPath(parts[1]).stem == "charts" else "app"
    if path == "streamlit_app.py":
        return "app"
    if parts[0] == "model":
        if parts[1] == "learning":
            return "learning"
        return "command line" if module_of(path).startswith(COMMAND_LINE) else "looking"
    return None


def module_of(path: str) -> str:
    """The dotted name under which a file is imported: "model/learning/fit.py" is "model.learning.fit"."""
    return ".".join(PurePosixPath(path).with_suffix("").parts).removesuffix(".__init__")


def imports_of(path: str, source: str) -> Iterator[Imported]:
    """Every name that a file imports, by statement or by `import_module` and its kin.

    `from model import learning` gives "model" and "model.learning": either may be the module. A call
    that computes its name gives "?", for nobody can say what it imports.
    """
    package = module_of(path) if path.endswith("__init__.py") else module_of(path).rpartition(".")[0]
    tree = ast.parse(source)
    lazy = {id(node) for later in ast.walk(tree) if is_for_later(later) for node in ast.walk(later)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *filter(None, [node.module])])
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Call) and last_name(node.func) in IMPORTERS:
            known = node.args and isinstance(node.args[0], ast.Constant)
            names = [str(node.args[0].value) if known else "?"]
        else:
            continue
        for name in names:
            yield Imported(name, node.lineno, id(node) in lazy)


def is_for_later(node: ast.AST) -> bool:
    """Whether what stands in a node isn't done when its file is imported."""
    if isinstance(node, ast.If):
        return last_name(node.test) == "TYPE_CHECKING"
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def last_name(node: ast.expr) -> str:
    """The last name of a dotted expression, "c" of `a.b.c`; "" of any other expression."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def import_faults(path: str, source: str) -> list[str]:
    """Imports against the arrows of the house."""
    room = room_of(path)
    if room is None:
        return []
    faults = []
    for imported in imports_of(path, source):
        if imported.is_below(CLOSED_TO[room]):
            faults.append(f"{path}:{imported.line}: the {room} room must not import {imported.name}")
        elif imported.name == "?" and path != CALLS_HOME:
            faults.append(f"{path}:{imported.line}: what is imported here can't be read from the source")
        elif room == "command line" and imported.is_below(LEARNING) and not imported.in_function:
            faults.append(
                f"{path}:{imported.line}: {imported.name} must be imported where it is used: "
                "`predict` answers without waiting for Keras"
            )
        elif room in ("app", "charts", "pages") and imported.is_below(SLOW) and not imported.in_function:
            faults.append(
                f"{path}:{imported.line}: {imported.name} must be imported where it is used: "
                "a first page doesn't wait for what trainings need"
            )
    return faults


def home_faults(path: str, source: str) -> list[str]:
    """Streamlit's state or caches used away from the one module that each lives in."""
    if room_of(path) not in ("app", "charts", "pages"):
        return []
    homes = dict.fromkeys(STATE, STATE_HOME) | dict.fromkeys(CACHES, CACHE_HOME)
    faults = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            names = [node.attr]
        elif isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names = [node.value]  # getattr(st, "session_state")
        else:
            continue
        faults += [
            f"{path}:{node.lineno}: {name} belongs in {homes[name]}"
            for name in names
            if name in homes and homes[name] != path
        ]
    return faults


def safety_faults(path: str, source: str) -> list[str]:
    """Reading what may run code: pickles, and networks saved whole."""
    if room_of(path) is None:
        return []
    faults = [
        f"{path}:{imported.line}: {imported.name} runs what it reads"
        for imported in imports_of(path, source)
        if imported.is_below(("pickle", "shelve", "marshal", "joblib", "dill", "cloudpickle"))
    ]
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        if last_name(node.func) in ("load_model", "exec", "eval"):
            faults.append(f"{path}:{node.lineno}: {last_name(node.func)} runs what it reads")
        for keyword in node.keywords:
            refused = isinstance(keyword.value, ast.Constant) and keyword.value.value is False
            if keyword.arg == "allow_pickle" and not refused:
                faults.append(f"{path}:{node.lineno}: allow_pickle must be False: a pickle runs what it says")
    return faults


def length_faults(path: str, source: str) -> list[str]:
    """Files too long to hold in the head."""
    most = PAGE_LINES if room_of(path) == "pages" else FILE_LINES
    lines = len(source.splitlines())
    return [f"{path}: {lines} lines, and {most} are enough"] if lines > most else []


def name_faults(path: str, source: str) -> list[str]:
    """Files named after no idea."""
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "stuff"}
    found = vague.intersection(PurePosixPath(path).with_suffix("").parts)
    return [f"{path}: {name!r} names no idea" for name in sorted(found)]


def docstring_faults(path: str, source: str) -> list[str]:
    """Files without a docstring, and in app/ and model/ whatever is public without one."""
    tree = ast.parse(source)
    faults = []
    if source.strip() and not ast.get_docstring(tree):
        faults.append(f"{path}: a file begins by saying what it is")
    if room_of(path) in (None, "pages"):
        return faults
    definitions = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    for node in public_definitions(tree.body, definitions):
        if not ast.get_docstring(node):
            faults.append(f"{path}:{node.lineno}: {node.name} says nothing of itself")
    return faults


def public_definitions(body: list[ast.stmt], definitions) -> Iterator[ast.stmt]:
    """The public functions and classes of a body, and the public methods of those classes."""
    for node in body:
        if isinstance(node, definitions) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node.body, definitions)


UNSPOKEN = {
    "an unfinished thought": re.compile(r"\b(TODO|FIXME|XXX|HACK|lorem ipsum)\b", re.IGNORECASE),
    "a path of one machine": re.compile(r"(?<![\w.~}/*])/(home|Users|root|work|mnt|tmp)/\w|[A-Z]:\\+Users"),
    "an issue's number": re.compile(r"\b(issues?|PR|pull request) ?#?\d", re.IGNORECASE),
    "who typed it": re.compile(r"co-authored-by", re.IGNORECASE),
}


ENCODED = re.compile(r"[A-Za-z0-9+/=]{200,}")  # bytes in Base64: no words, whatever letters stand together


def speech_faults(path: str, text: str) -> list[str]:
    """What no file speaks of."""
    return [
        f"{path}:{number}: {what}: {line.strip()[:80]}"
        for number, line in enumerate(text.splitlines(), start=1)
        for what, pattern in UNSPOKEN.items()
        if pattern.search(ENCODED.sub("", line))
    ]


REQUIREMENT = re.compile(
    r"^(?P<name>[A-Za-z][\w.-]*)(\[[\w,-]+\])?>=[\d.]+,<[\d.]+( *; *[^#]+)? +# (?P<reason>\S.{4,})$"
)


def requirement_faults(path: str, text: str) -> list[str]:
    """Lines of a requirements file without a tested range or a word on why."""
    lines = [line for line in text.splitlines() if line and not line.startswith(("#", "-r "))]
    return [f"{path}: {line!r} needs a range and a reason" for line in lines if not REQUIREMENT.match(line)]


def requirement_names(text: str) -> set[str]:
    """The normalised names in a requirements file."""
    found = (REQUIREMENT.match(line) for line in text.splitlines())
    return {normalised(match["name"]) for match in found if match}


def normalised(name: str) -> str:
    """A package's name as the package index compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
