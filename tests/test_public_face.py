"""What a user may build on: names, signatures, types and documentation. A change here is a change for them."""

import doctest
import importlib
import inspect
import pkgutil
from importlib.resources import files

import pytest

import mh_notebook as mh
from mh_notebook import accessor, credits, kind_projects, projects
from mh_notebook import client as clients
from mh_notebook.protocol import models
from mh_notebook.views import compare, media

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(mh.__path__, "mh_notebook.")
    if not module.name.endswith("__main__")  # importing it runs the command line
)
CLIENT = (
    "(token: str | None = None, base_url: str | None = None, *, timeout: float = 60.0, concurrency: int = 32, "
    "download_directory: Directory = None, history: bool | str | PathLike[str] = True, progress: bool | None = None, "
    "stall_timeout: float = 30.0"
)
CHECK_RESULT = (
    "(self, id: str, wait_for_completion: bool = True, download_outputs: bool = True, "
    "download_directory: Directory = None, *, timeout: float | None = None, progress: bool | None = None) -> AnyProject"
)
WATCH = (
    "refs: Refs, *, kind: str | None = None, download: bool = False, download_directory: Directory = None, "
    "timeout: float | None = None, budget: Budget | None = None) -> Monitor"
)
RESUME = (
    "*, download: bool | None = None, download_directory: Directory = None, timeout: float | None = None) -> Monitor"
)
RESCUE = "hours: float = 6, download_directory: Directory = None) -> pd.DataFrame"
HISTORY = "kind: Which = None, since: When = None, until: When = None, status: Which = None) -> pd.DataFrame"
KIND_PROJECTS = {
    "get": "(self, id: str) -> AnyProject",
    "delete": "(self, id: str) -> None",
    "check_result": CHECK_RESULT,
}
MIXED_PROJECTS = {
    "get": "(self, refs: Refs, *, kind: str | None = None) -> list[Project]",
    "frame": "(self, refs: Refs, *, kind: str | None = None) -> pd.DataFrame",
    "watch": f"(self, {WATCH}",
    "resume": f"(self, {RESUME}",
    "rescue": f"(self, {RESCUE}",
    "saved": "(self, refs: Refs, download_directory: Directory = None, *, kind: str | None = None) -> list[Project]",
    "download": "(self, refs: Refs, download_directory: Directory = None, *, kind: str | None = None) -> pd.DataFrame",
}
FUNCTIONS = {
    "compare": (
        "(a: object, b: object, *, client: HasProjects | None = None, budget: int | None = None) -> Comparison"
    ),
    "demo": "() -> None",
    "doctor": "(ask: bool = True) -> Checkup",
    "frame": "(refs: Refs, *, kind: str | None = None) -> pd.DataFrame",
    "gallery": "(xs: object, *, client: HasProjects | None = None, budget: int | None = None) -> Gallery",
    "history": f"({HISTORY}",
    "login": "() -> None",
    "preview": "(x: object, *, client: HasProjects | None = None, budget: int | None = None) -> Preview",
    "rescue": f"({RESCUE}",
    "resume": f"({RESUME}",
    "watch": f"({WATCH}",
    "weight": "(path: str | os.PathLike[str] | None = None) -> pd.DataFrame",
}
PREVIEW = {"html": "property"}
CLIENT_METHODS = {
    "account": "(self) -> Account",
    "close": "(self) -> None",
    "history": f"(self, {HISTORY}",
    "projects": "property",
    "v1": "property",
}
MONITOR = {
    "wait": "(self, timeout: float | None = None) -> pd.DataFrame",
    "stop": "(self) -> None",
    "on_complete": "(self, callback: Callback) -> None",
    "frame": "property",
    "errors": "property",
    "projects": "property",
    "done": "property",
}
SANDBOX = {
    "add": "(self, kind: str, type: str | None = None, **options: Unpack[ProjectOptions]) -> Ref",
    "client": "(self, **options: Unpack[ClientOptions]) -> Client",
    "async_client": "(self, **options: Unpack[ClientOptions]) -> AsyncClient",
    "url": "property",
    "token": "property",
    "refs": "property",
    "requests": "property",
    "balance": "property",
}
CREDITS = {
    "audit": "(frame: pd.DataFrame, *, now: Any = None, drift: float = 0.1, hours: float = 6.0) -> pd.DataFrame",
    "distinct": "(frame: pd.DataFrame) -> pd.DataFrame",
    "during": "(frame: pd.DataFrame, period: str, tz: str = 'UTC') -> pd.DataFrame",
    "outliers": "(frame: pd.DataFrame) -> pd.DataFrame",
    "over_time": "(frame: pd.DataFrame, freq: str = 'D', tz: str = 'UTC', by: By | None = None) -> pd.DataFrame",
    "panel": "(frame: pd.DataFrame, *, tz: str = 'UTC', plan: Plan | None = None, budget: Budget | None = None, "
    "now: Any = None) -> CreditsPanel",
    "per_unit": "(frame: pd.DataFrame) -> pd.DataFrame",
    "plot": "(frame: pd.DataFrame, what: str = 'over_time', *, freq: str = 'D', tz: str = 'UTC', "
    "ax: Axes | None = None, **options: Any) -> Axes",
    "projection": "(frame: pd.DataFrame, *, tz: str = 'UTC', now: Any = None) -> Projection",
    "statement": "(frame: pd.DataFrame, period: str, *, by: By = 'kind', tz: str = 'UTC', "
    "plan: Plan | None = None) -> Statement",
    "summary": "(frame: pd.DataFrame, by: By = 'kind') -> pd.DataFrame",
    "total": "(frame: pd.DataFrame) -> int",
    "unit_costs": "(frame: pd.DataFrame) -> pd.DataFrame",
    "Plan": "(price: Number | None = None, credits: int | None = None, currency: str = 'USD', *, "
    "bands: Sequence[tuple[int, Number]] | None = None) -> None",
    "Budget": "(limit: int, per: str = 'month', tz: str = 'UTC') -> None",
}
PLAN = {
    "cost": "(self, credits: int) -> Decimal",
    "split": "(self, credits: Sequence[int] | pd.Series[int]) -> list[Decimal]",
    "bill": "(self, frame: pd.DataFrame, by: By = 'kind') -> pd.DataFrame",
    "text": "(self, amount: Decimal) -> str",
}
BUDGET = {
    "of": "(self, frame: pd.DataFrame, now: Any = None) -> BudgetState",
    "warning": "(self, frame: pd.DataFrame, now: Any = None) -> str | None",
}
CREDITS_PANEL = {
    "select": "(self, *, kind: str | None = None, types: Iterable[str] = (), since: date | str | None = None, "
    "until: date | str | None = None) -> None",
    "freeze": "(self) -> None",
    "frame": "property",
}
FRAME_ACCESSOR = {
    "credits": "(self, by: By = 'kind') -> pd.DataFrame",
    "over_time": "(self, freq: str = 'D', tz: str = 'UTC', by: By | None = None) -> pd.DataFrame",
    "unit_costs": "(self) -> pd.DataFrame",
    "audit": CREDITS["audit"].replace("frame: pd.DataFrame", "self"),
    "plot": "(self, kind: str = 'over_time', **options: Any) -> Axes",
    "gallery": "(self, *, client: HasProjects | None = None, budget: int | None = None) -> Gallery",
    "watch": "(self, **options: Unpack[WatchOptions]) -> Monitor",
}
FACE = {
    mh: FUNCTIONS,
    mh.Client: CLIENT_METHODS,
    mh.AsyncClient: CLIENT_METHODS,
    clients.KindProjects: KIND_PROJECTS,
    kind_projects.AsyncKindProjects: KIND_PROJECTS,
    clients.Projects: MIXED_PROJECTS,
    projects.AsyncProjects: MIXED_PROJECTS,
    mh.Monitor: MONITOR,
    mh.Sandbox: SANDBOX,
    credits: CREDITS,
    media.Preview: PREVIEW,
    media.Gallery: PREVIEW,
    compare.Comparison: PREVIEW,
    credits.Plan: PLAN,
    credits.Budget: BUDGET,
    credits.CreditsPanel: CREDITS_PANEL,
    accessor.FrameAccessor: FRAME_ACCESSOR,
}
ROWS = [(owner, name) for owner, table in FACE.items() for name in table]


def signature(owner, name):
    if inspect.ismodule(owner):
        getattr(owner, name)  # some of its names are there from their first use on
    found = inspect.getattr_static(owner, name)
    return "property" if isinstance(found, property) else str(inspect.signature(found)).replace("'", "")


@pytest.mark.parametrize(("owner", "name"), ROWS, ids=lambda value: getattr(value, "__name__", value))
def test_each_public_signature_is_what_is_written_here(owner, name):
    assert signature(owner, name) == FACE[owner][name].replace("'", "")


def test_the_clients_are_made_with_the_same_keywords():
    for client in (mh.Client, mh.AsyncClient):
        text = str(inspect.signature(client)).replace("'", "")
        assert text.partition(")")[0] == CLIENT


@pytest.mark.parametrize(
    ("blocking", "asynchronous"),
    [
        (mh.Client, mh.AsyncClient),
        (clients.KindProjects, kind_projects.AsyncKindProjects),
        (clients.Projects, projects.AsyncProjects),
        (clients.V1, clients.AsyncV1),
    ],
)
def test_the_blocking_face_has_the_same_calls_parameters_and_words(blocking, asynchronous):
    inner = {"prepare_watch"}  # what the clients share, no call of a user's
    names = {name for name in dir(blocking) if not name.startswith("_")}
    assert names == {name for name in dir(asynchronous) if not name.startswith("_")} - inner
    for name in names:
        assert signature(blocking, name) == signature(asynchronous, name)
        if blocking is not mh.Client:
            assert getattr(blocking, name).__doc__ == getattr(asynchronous, name).__doc__


def test_asynchronous_calls_are_awaited_and_blocking_ones_are_not():
    for name in ("get", "delete", "check_result"):
        assert inspect.iscoroutinefunction(getattr(kind_projects.AsyncKindProjects, name))
        assert not inspect.iscoroutinefunction(getattr(clients.KindProjects, name))
    for name in ("get", "frame", "download"):
        assert inspect.iscoroutinefunction(getattr(projects.AsyncProjects, name))
        assert not inspect.iscoroutinefunction(getattr(clients.Projects, name))
    assert not inspect.iscoroutinefunction(projects.AsyncProjects.watch)


def test_all_is_sorted_complete_and_true():
    assert mh.__all__ == sorted(mh.__all__)
    assert len(set(mh.__all__)) == len(mh.__all__)
    assert [name for name in dir(mh) if not name.startswith("_")] == mh.__all__
    assert {name for name in mh.__all__ if inspect.ismodule(getattr(mh, name))} == {"credits"}
    assert set(FUNCTIONS) == {name for name in mh.__all__ if inspect.isfunction(getattr(mh, name))}


def test_a_submodule_of_the_same_name_never_takes_a_functions_place():
    for name in ("history", "login", "demo", "doctor", "credits", "weight"):
        importlib.import_module(f"mh_notebook.{name}")
    assert all(callable(getattr(mh, name)) for name in ("history", "login", "demo", "doctor", "weight"))
    assert inspect.ismodule(mh.credits)


def test_types_are_said_and_shipped():
    assert (files("mh_notebook") / "py.typed").is_file()


def public_things():
    for name in mh.__all__:
        yield name, getattr(mh, name)
    for owner, table in FACE.items():
        for name in table:
            yield f"{owner.__name__}.{name}", inspect.getattr_static(owner, name)
    for model in (mh.ImageProject, mh.VideoProject, mh.AudioProject, mh.Account, models.Download, models.ProjectError):
        for name, thing in vars(model).items():
            if isinstance(thing, property) or (inspect.isfunction(thing) and not name.startswith("_")):
                yield f"{model.__name__}.{name}", thing


def test_all_that_is_public_is_documented():
    silent = [name for name, thing in public_things() if not (inspect.getdoc(thing) or "").strip()]
    assert silent == []
    inherited = [name for name in mh.__all__ if isinstance(thing := getattr(mh, name), type) and not thing.__doc__]
    assert inherited == []


def test_all_of_credits_is_listed_and_each_function_has_an_example():
    results = {"BudgetState", "CreditsPanel", "Projection", "Statement"}  # what they return: not made by hand
    assert set(credits.__all__) == set(CREDITS) | results
    finder = doctest.DocTestFinder(recurse=False)
    things = [getattr(credits, name) for name in CREDITS]
    things += [
        getattr(owner, name) for owner, table in ((credits.Plan, PLAN), (credits.Budget, BUDGET)) for name in table
    ]
    for thing in things:
        assert [test for test in finder.find(thing, globs={}) if test.examples], thing


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_documentation_are_true(name, capsys):
    module = importlib.import_module(name)
    result = doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0, capsys.readouterr().out


def test_the_main_calls_have_an_example():
    finder = doctest.DocTestFinder(recurse=False)
    for call in (
        mh.Client,
        mh.AsyncClient,
        mh.Sandbox,
        mh.history,
        mh.doctor,
        mh.demo,
        mh.preview,
        mh.gallery,
        mh.compare,
        mh.weight,
    ):
        assert [test for test in finder.find(call, globs={}) if test.examples], call
