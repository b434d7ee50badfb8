"""Zones and the managers that serve them: who owns what, and where a supervisor wants it."""

from attrs import frozen

from agentmgr.campaign.service import Cause, Service, ServiceError
from agentmgr.ports import ManagerLease, ManagerState, ZoneLease


@frozen
class ZoneStatus:
    """A zone with its owner.

    Attributes:
        lease: who owns it, as all managers see it.
        owner: name of the manager that does; empty for nobody.
        age_s: how long ago this manager saw the owner's last sign of life; None where that is not known.
        agents: how many are logged on; None if it is not served by this process.
        http_url: where browsers reach the owner's HTTP port; empty where that is not known.
    """

    lease: ZoneLease
    owner: str
    age_s: float | None
    agents: int | None
    http_url: str = ""


class ZoneService(Service):
    """Zones as several managers have them; with one process alone all of them are its own."""

    def status(self) -> tuple[ZoneStatus, ...]:
        """Return all zones that ever had an owner, by name."""
        view = self._at.store.leases.read()
        live = {m.incarnation: m for m in view.managers if m.state is ManagerState.Live}
        ages = self._at.manager.ages()
        return tuple(
            ZoneStatus(
                lease,
                owner.name if owner is not None else "",
                ages.get(lease.owner),
                self._at.floors.agents_in(lease.zone),
                owner.http_url if owner is not None else "",
            )
            for lease in view.zones
            for owner in [live.get(lease.owner)]
        )

    def managers(self) -> tuple[ManagerLease, ...]:
        """Return the managers that live, by name."""
        view = self._at.store.leases.read()
        return tuple(manager for manager in view.managers if manager.state is ManagerState.Live)

    def move(self, zone: str, manager: str) -> None:
        """Want a zone at a manager from now on; an empty name wants it where it is designated to be.

        Raises:
            ServiceError: there is no such zone, or no such manager that lives.
        """
        self.check_global("to move a zone")
        living = [each.name for each in self.managers()]
        if manager and manager not in living:
            some = f"those that live: {', '.join(living)}" if living else "none lives"
            raise ServiceError(Cause.BAD_VALUE, f"no manager {manager!r}; {some}")
        if not self._at.store.leases.want(zone, manager):
            raise ServiceError(Cause.NO_SUCH_ZONE, f"no zone {zone!r}; see agentmgr zones status")

    def drain(self) -> str:
        """Have this manager give its zones to others that are ready, and end; return its name.

        Raises:
            ServiceError: no server runs.
        """
        self.check_global("to drain a manager")
        name = self._at.manager.drain()
        if name is None:
            raise ServiceError(Cause.NOT_SERVED, "no server runs here: there is nothing to drain")
        return name
