"""The services over a store, as a test calls them."""

from collections.abc import Callable, Iterable

from agentmgr.campaign.service import Backing, Caller
from agentmgr.campaign.services import Services
from agentmgr.ports import Floors, NoFloors, ServiceStore

T0 = 1_750_000_000.0


def services(
    store: ServiceStore,
    served: Iterable[str] = (),
    *,
    caller: str = "Ann",
    now: float = T0,
    hint: Callable[[str], None] = lambda zone: None,
    floors: Floors | None = None,
) -> Services:
    """Return the services for a caller while some zones are served."""
    zones = frozenset(served)
    return Services(Backing(store, lambda: now, lambda: zones, hint, floors or NoFloors()), Caller(caller))
