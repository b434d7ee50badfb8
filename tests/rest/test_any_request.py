"""Any request that the description allows, and many that it does not, over HTTP: schemathesis makes them.

The server is a whole one but for its zones. Names and ids that stand in its store are put into most requests:
what is made up alone would get no further than to what is not there.
"""

import queue
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
import trio
from attrs import frozen
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks
from schemathesis.specs.openapi.checks import negative_data_rejection

from agentmgr.campaign.campaigns import DEFAULT_CODE_ID, DEFAULT_COMPLETION_CODES
from agentmgr.campaign.passwords import hashed
from agentmgr.campaign.service import Backing, Caller
from agentmgr.campaign.services import Services
from agentmgr.core.effects import EndAttempt, SaveDisposition, StartAttempt
from agentmgr.core.model import CampaignSpec, PacingType, PhoneNumber
from agentmgr.core.tasks import FIRST_TASK
from agentmgr.ports import AccountLogin, ContactDraft, DataSource, NoFloors, Role, Scope, SourceKind
from agentmgr.rest.bulk import bulk_route
from agentmgr.rest.openapi import describe
from agentmgr.rest.routes import ROOT
from agentmgr.store import SqlStore
from agentmgr.web.pages import pages
from agentmgr.web.routes import STREAMED, api_routes, calls_of, resources
from agentmgr.web.server import WebServer
from protocol.enums import ContactType
from tests.databases import new_store

pytestmark = pytest.mark.slow
T0, ZONE, SESSION = 1_750_000_000.0, "Z", "1000000001"
DOCUMENT = describe(resources(), "1")
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
SOME = settings(
    max_examples=settings().max_examples // 10,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@schemathesis.serializer("application/x-ndjson")
def _lines(context: Any, value: Any) -> bytes:
    return value.encode(errors="replace") if isinstance(value, str) else repr(value).encode()


@frozen
class Served:
    """Where a server is, and how one signs in."""

    url: str
    headers: dict[str, str]
    known: dict[str, list[Any]]


def _fill(store: SqlStore, services: Services) -> dict[str, list[Any]]:
    """Let there be some of everything; return the names and ids of it."""
    services.organisations.add("North")
    for name in ("A", "B", "C"):
        list_id = store.ensure_list(name, T0, "DE")
        numbers = [(PhoneNumber("PhoneNumber1", f"+4930123{n:04}", "Europe/Berlin"),) for n in range(5)]
        drafts = [ContactDraft(f"U{n}", each, {"FirstName": "Ada"}) for n, each in enumerate(numbers)]
        store.put_contacts(list_id, drafts, T0)
    codes: dict[str, Any] = {
        "completion_codes": DEFAULT_COMPLETION_CODES,
        "default_code_id": DEFAULT_CODE_ID,
    }
    for name, more in (("Spring", {"custom_pacing": True}), ("Summer", {"infinite": True}), ("Autumn", {})):
        spec = CampaignSpec(0, name, PacingType.Predictive, "English", **codes, **more)
        services.campaigns.create(spec, ["A", "B"])
    jobs = [services.campaigns.run(name, [ZONE]).job.job_id for name in ("Spring", "Spring", "Summer")]
    for scope in (Scope.CAMPAIGN, Scope.AGENT):
        services.values.define(scope, "Sum", initial=1.0)
    services.sources.add(DataSource(0, "Leads", "C", SourceKind.FILE, "leads.csv"))
    services.dnc.add(["+4930999"])
    token = store.open_zone(ZONE, T0).token
    (contact,) = store.claim_contacts(token, jobs[0], 1, T0).contacts
    start = StartAttempt(SESSION, jobs[0], contact.contact_id, ContactType.Predictive, "+49301230000", T0)
    code = SaveDisposition(SESSION, jobs[0], contact.contact_id, "1001", 1, "agent", T0 + 9)
    store.commit(token, [start, code, EndAttempt(SESSION, "Handled", T0 + 9, "1001")])
    return {
        "ContactListName": ["A", "B", "C"],
        "CampaignName": ["Spring", "Summer", "Autumn"],
        "DataSourceName": ["Leads"],
        "OrgName": ["North", ""],
        "ContactID": ["U0", "U1", "U2"],
        "UserContactID": ["U0", "U1", "U2"],
        "UserContactId": ["U0", "U1", "U2"],
        "JobID": jobs,
        "JobId": jobs,
        "TaskName": ["Call"],
        "TaskID": [FIRST_TASK.task_id],
        "AttributeName": ["FirstName", "Sum", "PhoneNumber1"],
        "PhoneAttributeName": ["PhoneNumber1"],
        "PimSessionID": [int(SESSION)],
        "Address": ["+4930999", "+4930123"],
        "AgentId": ["1001"],
        "after": ["A", "", "0"],
        "Zone": [ZONE],
        "ZoneName": [ZONE],
    }


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    store = new_store(tmp_path_factory.mktemp("any") / "agentmgr.sqlite")
    backing = Backing(store, time.time, lambda: frozenset({ZONE}), lambda zone: None, NoFloors())
    everybody = Services(backing, Caller("supervisor"))
    store.put_account(AccountLogin("ann", hashed("secret"), Role.MANAGER, True))
    known = _fill(store, everybody)
    _, token = everybody.tokens.add("ann")
    ready: queue.Queue[tuple[int, trio.lowlevel.TrioToken, trio.CancelScope]] = queue.Queue()

    async def serve() -> None:
        app = pages(
            CollectorRegistry(), dict, api_routes(calls_of(store, lambda caller: Services(backing, caller)))
        )
        with trio.CancelScope() as ending:
            (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
            port = listener.socket.getsockname()[1]
            ready.put((port, trio.lowlevel.current_trio_token(), ending))
            await WebServer(app, streamed=STREAMED).serve([listener])

    thread = threading.Thread(target=trio.run, args=(serve,))
    thread.start()
    port, running, ending = ready.get(timeout=10)
    yield Served(f"http://127.0.0.1:{port}", {"Authorization": f"Bearer {token}"}, known)
    running.run_sync_soon(ending.cancel)
    thread.join(10)
    store.close()


def _filled(value: Any, known: dict[str, list[Any]], draw: Any) -> Any:
    """Put what there is into most of the places whose names say what it is."""
    if isinstance(value, list):
        return [_filled(each, known, draw) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: draw(st.sampled_from(known[name]))
        if name in known and draw(st.integers(0, 4))
        else _filled(each, known, draw)
        for name, each in value.items()
    }


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.definition.raw["operationId"])
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda each: each.value)
def test_request_is_answered_as_the_description_says_and_is_no_fault_of_the_server(
    served: Served, operation: Any, mode: GenerationMode
) -> None:
    session = requests.Session()
    is_bulk = operation.path == bulk_route().path and operation.method == "post"

    @SOME
    @given(st.data(), operation.as_strategy(generation_mode=mode))
    def call(data: Any, case: Any) -> None:
        for part in ("path_parameters", "query", "body"):
            if isinstance(value := getattr(case, part), dict):
                setattr(case, part, _filled(value, served.known, data.draw))
        case.headers = {**(case.headers or {}), **served.headers}
        response = case.call(base_url=served.url + ROOT, session=session)
        case.validate_response(response, checks=CHECKS if is_bulk else [*CHECKS, negative_data_rejection])

    call()


def test_description_that_is_served_is_the_one_that_was_tried(served: Served) -> None:
    found = requests.get(f"{served.url}{ROOT}/openapi.json", timeout=10).json()
    assert found["paths"] == DOCUMENT["paths"]
    assert len(OPERATIONS) == len(resources())
