"""Whatever a page sends, the server answers with what it can or why it cannot, and is never at fault."""

from pathlib import Path
from typing import Any, get_args

import attrs
import pytest
import trio
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from test_supervise import House

from agentmgr.admin.requests import Request
from agentmgr.campaign.service import Caller
from agentmgr.ports import Role
from tests.databases import new_store

TEXTS = st.one_of(
    st.sampled_from(
        ["", "Spring", "List", "ann", "UTC", "Europe/Berlin", "2026-03-02", "campaign", "1", "agent"]
    ),
    st.text(max_size=8),
)
ANYTHING = st.recursive(
    st.one_of(
        st.none(), st.booleans(), TEXTS, st.floats(allow_nan=False, allow_infinity=False),
        st.integers(-(2**63), 2**63 - 1), st.sampled_from([0, 1, -1, 2**31, 1e300]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=4,
)  # fmt: skip
WITHOUT = {"DrainManager"}  # which would end this process


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    cls: Any = draw(st.sampled_from([each for each in get_args(Request) if each.__name__ not in WITHOUT]))
    args = {
        field.name: draw(_of(field))
        for field in attrs.fields(cls)
        if field.default is attrs.NOTHING or draw(st.booleans())
    }
    return cls.__name__, args


def _of(field: Any) -> st.SearchStrategy[Any]:
    """What has the right type mostly, so that it comes through to the services."""
    kind = str(field.type)
    right: st.SearchStrategy[Any] = TEXTS
    if "tuple" in kind:
        right = st.lists(TEXTS if "str" in kind else st.integers(0, 5), max_size=3)
    elif "Mapping" in kind:
        right = st.dictionaries(
            st.sampled_from(["name", "skill", "lists", "priority", "codes", "pacing"]), ANYTHING
        )
    elif "bool" in kind:
        right = st.booleans()
    elif "float" in kind or "int" in kind:
        right = st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(0, 5), st.floats(0, 4e9))
    return st.one_of(right, right, right, ANYTHING)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(tmp_path_factory.mktemp("any")) / "agentmgr.sqlite"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(st.lists(requests(), min_size=1, max_size=5))
@example([("SetAccount", {"name": "ann", "enabled": False})])
def test_no_request_of_a_page_is_a_fault_of_the_server(
    path: Path, asked: list[tuple[str, dict[str, Any]]]
) -> None:
    store = new_store(path) if not path.exists() else _open(path)

    async def ask() -> None:
        async with trio.open_nursery() as nursery:
            house = House(store, nursery)
            services = house.services(Caller("test"))
            if store.find_account("ann") is not None:  # an example before may have changed it
                services.accounts.delete("ann")
            services.accounts.add("ann", "secret", Role.MANAGER)
            browser = await house.signed_in()
            for name, args in asked:
                answer = await browser.do(name, **args)
                assert answer.status in (200, 401, 403, 422), (name, args, answer.body)
                if answer.status == 401:
                    return
            nursery.cancel_scope.cancel()

    try:
        trio.run(ask)
    finally:
        store.close()


def _open(path: Path) -> Any:
    from agentmgr.store import open_sqlite

    return open_sqlite(path)
