"""What a manager does about zones, from what all managers see: pure, and the same whenever it is asked."""

from collections.abc import Mapping, Sequence

from attrs import define, field, frozen

from agentmgr.ha.times import LeaseTimes
from agentmgr.ports import LeaseView, ManagerLease, ManagerState, Token, ZoneLease


@frozen
class Take:
    """Take a zone over as it was seen; `dead` is its owner if that gave no sign of life since `beat`.

    With `beat` None the owner is known to be dead.
    """

    zone: str
    seen: Token | None
    reason: str
    dead: str = ""
    beat: int | None = None


@frozen
class Lose:
    """Let go of a zone that is open here and belongs to somebody else, or nobody."""

    zone: str
    reason: str


@frozen
class Move:
    """Tell the agents of a zone, let them finish, and leave it to the manager of a name."""

    zone: str
    token: Token
    to: str
    reason: str


Act = Take | Lose | Move


@frozen
class Standing:
    """What this manager is and has.

    Attributes:
        incarnation, name: its own.
        ready: whether it takes zones.
        since: when it began, by the clock of its sightings.
        leaving: whether it gives all its zones to others.
        designated: the zones that it knows, and the manager that each is meant for; empty for any.
        open: the zones that are open here, with their tokens.
    """

    incarnation: str
    name: str
    ready: bool
    since: float
    leaving: bool
    designated: Mapping[str, str]
    open: Mapping[str, Token]


@define
class Sighting:
    """When this manager, by its own clock, first saw another as it still is.

    Attributes:
        beat: of the other, as it was seen last.
        since: when that was seen first, after the answer of the store.
        ready_since: since when it was seen ready without a break; None if it is not.
        is_dead: whether the machine knows that its process has ended.
    """

    beat: int
    since: float
    ready_since: float | None = None
    is_dead: bool = False


@define
class Sightings:
    """What was seen of all others, and since when zones have been without a living owner."""

    managers: dict[str, Sighting] = field(factory=dict)
    ownerless: dict[str, float] = field(factory=dict)

    def note(self, view: LeaseView, now: float) -> None:
        """Take a view in; `now` is after it was answered."""
        for manager in view.managers:
            seen = self.managers.get(manager.incarnation)
            if seen is None:
                seen = self.managers[manager.incarnation] = Sighting(manager.beat, now)
            elif seen.beat != manager.beat:
                seen.beat, seen.since = manager.beat, now
            is_ready = manager.ready and manager.state is ManagerState.Live
            seen.ready_since = (now if seen.ready_since is None else seen.ready_since) if is_ready else None
        for gone in self.managers.keys() - {manager.incarnation for manager in view.managers}:
            del self.managers[gone]


def decide(
    me: Standing, view: LeaseView, sightings: Sightings, now: float, times: LeaseTimes
) -> Sequence[Act]:
    """Return what is to be done; `now` is by the clock of the sightings, which have taken the view in."""
    turn = _Turn(me, sightings, now, times, view)
    acts = (turn.about(zone, designated) for zone, designated in me.designated.items())
    return [act for act in acts if act is not None]


class _Turn:
    """One look at everything."""

    def __init__(
        self, me: Standing, sightings: Sightings, now: float, times: LeaseTimes, view: LeaseView
    ) -> None:
        self._me = me
        self._sightings = sightings
        self._now = now
        self._times = times
        self._managers = {manager.incarnation: manager for manager in view.managers}
        self._leases = {lease.zone: lease for lease in view.zones}
        self._living = self._find_living(view)

    def about(self, zone: str, designated: str) -> Act | None:
        """Return what is to be done about a zone; None if it is well as it is."""
        me, lease = self._me, self._leases.get(zone)
        mine, owner = me.open.get(zone), self._managers.get(lease.owner) if lease is not None else None
        wanted = (lease.wanted_by if lease is not None else "") or designated
        if lease is not None and lease.owner == me.incarnation:
            self._sightings.ownerless.pop(zone, None)
            if mine is None and not me.leaving:  # its opening was not finished, or its move
                return Take(zone, lease.token, lease.reason)
            if mine is not None and mine != lease.token:
                return None  # opened anew in place: what was read is older
            return self._leave(lease, wanted)
        if mine is not None:
            if lease is None or (lease.token.era, lease.token.epoch) <= (mine.era, mine.epoch):
                return None  # what was read is older than its opening
            return Lose(zone, f"{owner.name if owner is not None else 'nobody'} has it now")
        if owner is not None and not self._is_over(owner):
            self._sightings.ownerless.pop(zone, None)
            return None
        since = self._sightings.ownerless.setdefault(zone, self._now)
        if not me.ready or me.leaving or self._now - since < self._wait_s(wanted, lease):
            return None
        return self._take(zone, lease, owner)

    def _take(self, zone: str, lease: ZoneLease | None, owner: ManagerLease | None) -> Take:
        seen = lease.token if lease is not None else None
        if owner is None or owner.state is not ManagerState.Live:
            reason = lease.reason if lease is not None else ""
            return Take(zone, seen, reason or "never opened before")
        sighting = self._sightings.managers[owner.incarnation]
        if sighting.is_dead:
            return Take(zone, seen, f"the process of {owner.name} has ended", owner.incarnation)
        silent_s = self._now - sighting.since
        reason = f"{owner.name} gave no sign of life for {silent_s:.1f} s"
        return Take(zone, seen, reason, owner.incarnation, sighting.beat)

    def _leave(self, lease: ZoneLease, wanted: str) -> Move | None:
        """Say to whom a zone of this manager is to be given, if it is."""
        if self._me.leaving:
            to = wanted if wanted in self._living else next(iter(sorted(self._living)), "")
            return Move(lease.zone, lease.token, to, f"{self._me.name} is ending")
        steady_s = 0.0 if lease.wanted_by else self._times.steady_s
        if self._living.get(wanted, -1.0) < steady_s:
            return None
        why = "a supervisor wants it there" if lease.wanted_by else f"{wanted} is back"
        return Move(lease.zone, lease.token, wanted, why)

    def _wait_s(self, wanted: str, lease: ZoneLease | None) -> float:
        """Return how long this manager lets others go before it in taking a zone without owner.

        One that has just begun cannot know who else begins at the same time, and leaves theirs to them.
        """
        me, moving_to = self._me, lease.moving_to if lease is not None else ""
        is_meant = me.name in (moving_to, wanted) or not wanted
        if not is_meant and self._now - me.since < self._times.dead_s:
            return self._times.dead_s
        in_line = sorted({me.name, *self._living}, key=lambda name: (name != moving_to, name != wanted, name))
        return in_line.index(me.name) * self._times.turn_s

    def _find_living(self, view: LeaseView) -> dict[str, float]:
        """Return the other managers that take zones, with for how long each has been ready, in seconds."""
        living: dict[str, float] = {}
        for manager in view.managers:
            ready_since = self._sightings.managers[manager.incarnation].ready_since
            if manager.name != self._me.name and ready_since is not None and not self._is_silent(manager):
                living[manager.name] = max(living.get(manager.name, 0.0), self._now - ready_since)
        return living

    def _is_silent(self, manager: ManagerLease) -> bool:
        seen = self._sightings.managers[manager.incarnation]
        return seen.is_dead or self._now - seen.since >= self._times.dead_s

    def _is_over(self, manager: ManagerLease) -> bool:
        """Whether an owner will never act any more, as far as one can know."""
        return manager.state is not ManagerState.Live or self._is_silent(manager)
