"""Requests as they travel, the words in them, and refusals of services as the admin room tells them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmgr.admin import operations, requests
from agentmgr.admin.campaign_file import PACING
from agentmgr.admin.requests import Request
from agentmgr.admin.socket import AdminRefused
from agentmgr.campaign.services import Services, unserved
from agentmgr.cli.campaign import Pacing
from protocol.codec import pack, unpack
from tests.databases import new_store

PLAIN = {
    str: st.text(max_size=5),
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False),
    bool: st.booleans(),
    type(None): st.none(),
    Any: st.booleans(),
}


def anything(hint: Any) -> st.SearchStrategy[Any]:
    """Build whatever a request may have in a field of a type."""
    args = get_args(hint)
    if hint in PLAIN:
        return PLAIN[hint]
    if attrs.has(hint):
        fields = {field.name: anything(field.type) for field in attrs.fields(hint)}
        return st.builds(hint, **fields)
    if get_origin(hint) is Mapping:
        return st.dictionaries(anything(args[0]), anything(args[1]), max_size=2)
    if get_origin(hint) is tuple:
        return st.lists(anything(args[0]), max_size=2).map(tuple)
    return st.one_of([anything(arg) for arg in args])


@given(st.sampled_from(get_args(Request)).flatmap(anything))
def test_request_comes_through_the_socket_as_it_was(request: Any) -> None:
    carried: list[Any] = []

    def perform(request: Any, services: Any, pieces: Any) -> Any:
        carried.append(request)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(operations, "perform", perform)
        by_name = operations.from_socket(None)  # type: ignore[arg-type]  # nothing is asked of it
        by_name(type(request).__name__, unpack(pack(attrs.asdict(request))), iter(()))
    assert carried == [request]


@pytest.mark.parametrize(
    ("name", "args", "said"),
    [
        ("DropTables", {}, "the server knows no DropTables"),
        ("PauseCampaign", {}, "unusable arguments of PauseCampaign"),
    ],
)
def test_request_of_another_version_refused(name: str, args: dict[str, Any], said: str) -> None:
    with pytest.raises(AdminRefused, match=said):
        operations.from_socket(None)(name, args, iter(()))  # type: ignore[arg-type]  # nothing is asked of it


def test_refusal_of_a_service_is_one_of_the_admin_room(tmp_path: Path) -> None:
    store = new_store(tmp_path / "agentmgr.sqlite")
    services = Services(unserved(store), operations.SUPERVISOR)
    with pytest.raises(AdminRefused, match=r"^no campaign 'Spring'; there are: none yet$"):
        list(operations.perform(requests.PauseCampaign("Spring"), services))
    store.close()


def test_dnc_entry_says_that_the_supervisor_made_it(tmp_path: Path) -> None:
    store = new_store(tmp_path / "agentmgr.sqlite")
    services = Services(unserved(store), operations.SUPERVISOR)
    list(operations.perform(requests.AddToDnc(("+442079460958",)), services))
    (row,) = operations.perform(requests.ListDnc(), services)
    assert (row["address"], row["added_by"]) == ("+442079460958", "supervisor")
    store.close()


def test_pacing_has_a_word_for_the_command_line_each() -> None:
    assert get_args(Pacing) == tuple(PACING)
