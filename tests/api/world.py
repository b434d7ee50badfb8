"""A store with the services over it, on which one operation at a time is called."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from attrs import AttrsInstance, Factory, define

from agentmgr.api.operations import OPERATIONS
from agentmgr.campaign.campaigns import DEFAULT_CODE_ID, DEFAULT_COMPLETION_CODES
from agentmgr.campaign.service import Backing, Caller
from agentmgr.campaign.services import Services
from agentmgr.core.model import CampaignSpec
from agentmgr.ports import Floors, NoFloors, StoreFault
from agentmgr.store import SqlStore
from protocol.enums import PacingType

T0 = 1_750_000_000.0

Response = TypeVar("Response", bound=AttrsInstance)


class Failing:
    """A store whose methods of some names fail."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._names: frozenset[str] = frozenset()
        self._before: dict[str, Callable[[], None]] = {}

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)  # a name that is none is a mistake of the test
        if name in self._before:
            return _acting(self._before.pop(name), found)
        return _fail if name in self._names else found

    def act_before(self, name: str, act: Callable[[], None]) -> None:
        self._before[name] = act

    def fail(self, names: tuple[str, ...]) -> None:
        for name in names:
            getattr(self._store, name)
        self._names = frozenset(names)


def _acting(act: Callable[[], None], found: Callable[..., Any]) -> Callable[..., Any]:
    def first_act(*args: Any, **kwargs: Any) -> Any:
        act()
        return found(*args, **kwargs)

    return first_act


def _fail(*_: Any, **__: Any) -> Any:
    raise StoreFault("the disk is full")


@define
class World:
    """What an operation meets: change it, then `call`.

    Attributes:
        store: SQLite's or PostgreSQL's.
        caller: who calls.
        now: what the services take for the time, epoch seconds.
        served: the zones that somebody serves.
        floors: the zones of this process.
        hints: the zones that were hinted at.
        pauses: how long was waited for zones, each time, seconds.
    """

    _real: SqlStore
    caller: Caller = Caller("ann")
    now: float = T0
    served: frozenset[str] = frozenset()
    floors: Floors = NoFloors()
    hints: list[str] = Factory(list)
    pauses: list[float] = Factory(list)
    _failing: Failing = Factory(lambda self: Failing(self._real), takes_self=True)

    @property
    def store(self) -> SqlStore:
        """The store, also for what no service does."""
        return self._real

    @property
    def services(self) -> Services:
        """The services as `caller` has them."""
        return self._services_of(self.caller)

    @property
    def supervisor(self) -> Services:
        """The services as somebody has them who works for no organisation: for what a case begins with."""
        return self._services_of(Caller("supervisor"))

    def _services_of(self, caller: Caller) -> Services:
        store: Any = self._failing
        at = Backing(
            store,
            lambda: self.now,
            lambda: self.served,
            self.hints.append,
            self.floors,
            pause=self.pauses.append,
        )
        return Services(at, caller)

    def call(self, request: AttrsInstance, gives: type[Response]) -> Response:
        """Carry a request out.

        Raises:
            Refused: with the code of the operation.
        """
        response = OPERATIONS[type(request)].perform(request, self.services)
        assert isinstance(response, gives)
        return response

    @contextmanager
    def failing(self, *names: str) -> Iterator[None]:
        """Let methods of the store fail in the block."""
        self.fail(*names)
        yield
        self.fail()

    def fail(self, *names: str) -> None:
        """Let methods of the store fail from now on, and all others not."""
        self._failing.fail(names)

    def meanwhile(self, method: str, act: Callable[[], None]) -> None:
        """Let something happen just before the next call of a method of the store."""
        self._failing.act_before(method, act)

    def share(self, *organisations: str) -> None:
        """Let there be organisations; everybody's caller makes them."""
        for name in organisations:
            self.store.add_organisation(name, self.now)

    def call_for(self, organisation: str) -> None:
        """Let the caller work for an organisation from now on; for all of them if it is empty."""
        self.caller = Caller(self.caller.name, organisation)

    def add_campaign(self, name: str, *lists: str, **settings: Any) -> CampaignSpec:
        """Make a campaign on lists, which are made if they are not there."""
        for each in lists:
            self.store.ensure_list(each, self.now, organisation=self.caller.organisation)
        codes = {"completion_codes": DEFAULT_COMPLETION_CODES, "default_code_id": DEFAULT_CODE_ID}
        spec = CampaignSpec(0, name, PacingType.Predictive, "English", **(codes | settings))
        return self.services.campaigns.create(spec, lists)


Case = Callable[[World], Any]
