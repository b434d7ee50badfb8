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
    by_incarnation = {manager.incarnation: manager for manager in view.managers}
    zones = {lease.zone: lease for lease in view.zones}
    living = _living(me, view, sightings, now, times)
    acts: list[Act] = []
    for zone, designated in me.designated.items():
        lease = zones.get(zone)
        owner = by_incarnation.get(lease.owner) if lease is not None and lease.owner else None
        act = _about(me, zone, designated, lease, owner, living, sightings, now, times)
        if act is not None:
            acts.append(act)
    return acts


def _about(
    me: Standing,
    zone: str,
    designated: str,
    lease: ZoneLease | None,
    owner: ManagerLease | None,
    living: Mapping[str, float],
    sightings: Sightings,
    now: float,
    times: LeaseTimes,
) -> Act | None:
    wanted = (lease.wanted_by if lease is not None else "") or designated
    mine = me.open.get(zone)
    if owner is not None and owner.incarnation == me.incarnation:
        assert lease is not None
        sightings.ownerless.pop(zone, None)
        if mine is None and not me.leaving:  # its opening was not finished, or its move
            return Take(zone, lease.token, lease.reason)
        if mine is not None and mine != lease.token:
            return None  # opened anew in place: what was read is older
        return _leave(me, lease, wanted, living, times)
    if mine is not None:
        if lease is None or (lease.token.era, lease.token.epoch) <= (mine.era, mine.epoch):
            return None  # what was read is older than its opening
        return Lose(zone, f"{owner.name if owner is not None else 'nobody'} has it now")
    if owner is not None and not _is_over(owner, sightings, now, times):
        sightings.ownerless.pop(zone, None)
        return None
    since = sightings.ownerless.setdefault(zone, now)
    if not me.ready or me.leaving or now - since < _wait_s(me, wanted, lease, living, now, times):
        return None
    seen = lease.token if lease is not None else None
    if owner is None or owner.state is not ManagerState.Live:
        return Take(zone, seen, lease.reason if lease is not None and lease.reason else "never opened before")
    sighting = sightings.managers[owner.incarnation]
    if sighting.is_dead:
        return Take(zone, seen, f"the process of {owner.name} has ended", owner.incarnation)
    return Take(
        zone,
        seen,
        f"{owner.name} gave no sign of life for {now - sighting.since:.1f} s",
        owner.incarnation,
        sighting.beat,
    )


def _leave(
    me: Standing,
    lease: ZoneLease,
    wanted: str,
    living: Mapping[str, float],
    times: LeaseTimes,
) -> Act | None:
    """Say to whom a zone of this manager is to be given, if it is."""
    if me.leaving:
        to = wanted if wanted in living else next(iter(living), "")
        return Move(lease.zone, lease.token, to, f"{me.name} is ending")
    if wanted in living:
        steady_s = 0.0 if lease.wanted_by else times.steady_s
        if living[wanted] >= steady_s:
            why = "a supervisor wants it there" if lease.wanted_by else f"{wanted} is back"
            return Move(lease.zone, lease.token, wanted, why)
    return None


def _wait_s(
    me: Standing,
    wanted: str,
    lease: ZoneLease | None,
    living: Mapping[str, float],
    now: float,
    times: LeaseTimes,
) -> float:
    """Return how long this manager lets others go before it in taking a zone without owner.

    One that has just begun cannot know who else begins at the same time, and leaves theirs to them.
    """
    moving_to = lease.moving_to if lease is not None else ""
    is_meant = me.name in (moving_to, wanted) or not wanted
    if not is_meant and now - me.since < times.dead_s:
        return times.dead_s
    in_line = sorted({me.name, *living}, key=lambda name: (name != moving_to, name != wanted, name))
    return in_line.index(me.name) * times.turn_s


def _living(
    me: Standing, view: LeaseView, sightings: Sightings, now: float, times: LeaseTimes
) -> dict[str, float]:
    """Return the other managers that take zones, with for how long each has been ready, in seconds."""
    living: dict[str, float] = {}
    for manager in view.managers:
        ready_since = sightings.managers[manager.incarnation].ready_since
        is_other = manager.name != me.name and not _is_silent(manager, sightings, now, times)
        if is_other and ready_since is not None:
            living[manager.name] = max(living.get(manager.name, 0.0), now - ready_since)
    return living


def _is_silent(manager: ManagerLease, sightings: Sightings, now: float, times: LeaseTimes) -> bool:
    seen = sightings.managers[manager.incarnation]
    return seen.is_dead or now - seen.since >= times.dead_s


def _is_over(manager: ManagerLease, sightings: Sightings, now: float, times: LeaseTimes) -> bool:
    """Whether an owner will never act any more, as far as one can know."""
    return manager.state is not ManagerState.Live or _is_silent(manager, sightings, now, times)
