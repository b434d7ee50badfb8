"""What every way of calling operations over HTTP needs: who calls, the services, the threads, the audit."""

from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

import structlog
import trio
from attrs import AttrsInstance, Factory, frozen
from starlette.exceptions import HTTPException
from starlette.requests import Request

from agentmgr.api.faults import Refused
from agentmgr.api.operations import Operation
from agentmgr.audit import audit
from agentmgr.campaign.service import Caller
from agentmgr.campaign.services import Services
from agentmgr.web.signin import SignIn

log = structlog.get_logger()

THREADS = 3
"""How many calls are carried out at a time: more would hold up what zones write, and not be faster."""
FAILED = "the server failed; its log says why"

TOLD = (
    "CampaignName", "ContactListName", "ContactGroupName", "DataSourceName", "JobID", "JobId", "TaskID",
    "OrgName", "AgentId", "Count",
)  # fmt: skip
"""What of a request the audit has: never numbers, or values of customers."""
_LOOKS = ("Get", "Is", "List")
_OF_CUSTOMERS = (
    "GetContactData", "GetContactAttribute", "GetPhoneNumber", "ListContacts", "ListAttempts",
    "ListDispositions", "ListDnc",
)  # fmt: skip

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


def check_plain(request: Request) -> None:
    """See that a body is not packed.

    Raises:
        HTTPException: 415, it is.
    """
    packed = request.headers.get("content-encoding", "").strip().lower()
    if packed not in ("", "identity"):
        raise HTTPException(
            415,
            f"a body packed as {packed[:100]} is not read; send it plain\n",
            {"Accept-Encoding": "identity"},
        )


class Failed(Exception):
    """An operation met a fault of the server; its log says which."""


@frozen
class Calls:
    """Who calls, the services that they have, and the threads in which calls are carried out."""

    sign_in: SignIn
    services: Callable[[Caller], Services]
    _threads: trio.CapacityLimiter = Factory(lambda: trio.CapacityLimiter(THREADS))

    async def run(self, work: Callable[[*Ts], T], *args: *Ts) -> T:
        """Run what blocks in one of the threads for calls; it is not cut off."""
        return await trio.to_thread.run_sync(work, *args, limiter=self._threads)

    def perform(self, operation: Operation, request: AttrsInstance, caller: Caller) -> AttrsInstance:
        """Carry a request out and write that down; blocks.

        Raises:
            Refused: it was not carried out, as its operation says.
            Failed: the server is at fault.
        """
        outcome = "failed"
        try:
            response = operation.perform(request, self.services(caller))
            outcome = "done"
        except Refused as refused:
            outcome = f"refused {refused.code}"
            raise
        except Exception as error:
            log.exception("operation_failed", operation=operation.name, who=caller.name)
            raise Failed(FAILED) from error
        else:
            return response
        finally:
            write_down(operation.name, request, caller, outcome)


def write_down(name: str, request: AttrsInstance, caller: Caller, outcome: str) -> None:
    """Write a call into the audit; what was only looked at is none, unless it was of customers."""
    if name.startswith(_LOOKS) and not name.startswith(_OF_CUSTOMERS):
        log.debug("operation", operation=name, who=caller.name, outcome=outcome)
        return
    told = {key: getattr(request, key, None) for key in TOLD}
    audit(name, caller.name, outcome, **{key: value for key, value in told.items() if value is not None})
