"""Bugs to be planted in the product: a simulation that does not find them is worth nothing.

Each is what somebody could have written, put in the place of what was written, by name.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import trio
from attrs import frozen

from agentmgr.core.effects import AddToDnc, Dial, SaveCallback, SaveNote
from agentmgr.core.ids import SESSIONS_A_RUN, Ids
from agentmgr.ha.decide import Move, Sighting, Sightings
from agentmgr.ha.guard import Guard
from agentmgr.ha.keeper import Keeper
from agentmgr.ha.times import LeaseTimes
from agentmgr.ports import Claim, Fenced, LeaseView, ManagerState, StoreFault, StoreLost, Token
from agentmgr.runtime import runner
from agentmgr.runtime.frost import Frost, PatientWriter
from agentmgr.runtime.host import ZoneHost
from agentmgr.runtime.runner import ZoneRunner
from agentmgr.store import claims, leases, ownership, records, takeover
from agentmgr.store.sql import Sql, Transaction
from agentmgr.telephony import served, wire
from agentmgr.telephony.link import Link
from agentmgr.telephony.served import ServedZone
from agentmgr.testing.simulation.checks import STALLS
from agentmgr.testing.simulation.database import DatabaseRoute
from agentmgr.testing.simulation.processes import Process
from agentmgr.testing.simulation.world import TIMES, Plan, simulate

SHORT = Plan(calm_s=15.0, work_s=0.0, home_s=3.0, settle_s=0.0, ends_when_wrong=True)
"""A life that ends with the first sign of a bug, and does not wait for what does not go on."""


@frozen
class Bug:
    """A mistake.

    Attributes:
        name: for the command line and the table of results.
        about: what it is.
        put: the places that are changed: whose, which name, and what stands there instead.
        stalls: what it does is seen by what does not go on.
    """

    name: str
    about: str
    put: Sequence[tuple[Any, str, Any]]
    stalls: bool = False


@contextmanager
def planted(bug: Bug) -> Iterator[None]:
    """Have a bug in the product within the block."""
    before = [(place, name, place.__dict__[name]) for place, name, _ in bug.put]
    for place, name, value in bug.put:
        setattr(place, name, value)
    try:
        yield
    finally:
        for place, name, value in before:
            setattr(place, name, value)


def find(bug: Bug, seeds: Iterable[int]) -> tuple[int, str] | None:
    """Return the first seed whose life shows a bug, and what it shows; None if none does."""
    with planted(bug):
        for seed in seeds:
            findings = simulate(seed, None if bug.stalls else SHORT).findings
            shown = [what for kind, what in findings.items() if bug.stalls or kind not in STALLS]
            if shown:
                return seed, shown[0]
    return None


def _renewed_at_reply(guard: Guard, until: float) -> None:
    guard.valid_until = guard._now() + TIMES.valid_s
    guard.look()


_serve = ServedZone.serve


async def _let_anybody_in(zone: ServedZone, hello: wire.Hello, link: Link, proof: str, speed: float) -> None:
    zone._token = min(zone._token, (hello.era, hello.epoch))
    await _serve(zone, hello, link, proof, speed)


def _no_check(tx: Transaction, token: Token) -> None:
    pass


_end_step = ZoneRunner._end_step


def _answer_at_once(self: ZoneRunner, batch: Any, count: int) -> None:
    for effect in batch.later:
        self._branches[effect.__class__](effect)
    batch.later.clear()
    self._desktops.flush()
    _end_step(self, batch, count)


async def _move_without_close(keeper: Keeper, act: Move) -> None:
    await keeper._call(keeper.store.announce, act.token, act.to, keeper.wall(), act.reason)
    await keeper._call(keeper.store.give_up, act.token, keeper.wall(), act.reason)


async def _at_once(frost: Frost) -> None:
    await trio.lowlevel.checkpoint()


_expire = leases.expire


def _expire_whatever_the_beat(tx: Transaction, incarnation: str, beat: int | None) -> bool:
    return _expire(tx, incarnation, None)


def _claim_whatever_was_seen(sql: Sql, zone: str, claim: Claim) -> None:
    pass


_look = Keeper._look


async def _any_answer_renews(keeper: Keeper) -> LeaseView | None:
    began = keeper.now()
    view = await _look(keeper)
    if view is not None:
        keeper.guard.renewed(began + keeper.times.valid_s)
    return view


def _read_is_enough(tx: Transaction, incarnation: str, ready: bool) -> LeaseView | None:
    tx.sql.execute(
        "UPDATE manager SET beat = beat + 1, ready = CAST(? AS INTEGER), state = ? WHERE incarnation = ?",
        (ready, ManagerState.Live, incarnation),
    )
    return leases.read(tx)


_open_anew = ZoneHost._open_anew


async def _keep_old_token(host: ZoneHost, name: str, kept: Any, fault: BaseException) -> Any:
    before = kept.token
    zone = await _open_anew(host, name, kept, fault)
    zone.runner.token = before
    return zone


_patient_call = PatientWriter.call


async def _ask_again_soon(self: PatientWriter, fn: Callable[..., Any], *args: Any) -> Any:
    asked_at = trio.current_time()
    result = await _patient_call(self, fn, *args)
    if trio.current_time() - asked_at > 0.2 and fn.__name__ == "commit":
        result = await _patient_call(self, fn, *args)
    return result


def _dial_at_once(self: ZoneRunner, batch: Any, count: int) -> None:
    for effect in [effect for effect in batch.later if isinstance(effect, Dial)]:
        self._branches[effect.__class__](effect)
        batch.later.remove(effect)
    _end_step(self, batch, count)


async def _call_it_lost(route: DatabaseRoute, result: Any, sent_at: float) -> Any:
    return await _never_written(StoreLost("the database is out of reach"))


async def _never_written(fault: StoreFault) -> Any:
    import outcome

    await trio.sleep(0.5)
    return outcome.Error(fault)


def _give_up_whatever_the_token(tx: Transaction, token: Token, now: float, reason: str) -> bool:
    ownership.change_owner(tx.sql, token.zone, "", "", 0, now, reason)
    return True


def _note_first_sight_only(sightings: Sightings, view: LeaseView, now: float) -> None:
    for manager in view.managers:
        seen = sightings.managers.setdefault(manager.incarnation, Sighting(manager.beat, now))
        seen.beat = manager.beat
        is_ready = manager.ready and manager.state is ManagerState.Live
        seen.ready_since = (now if seen.ready_since is None else seen.ready_since) if is_ready else None


def _swallowing(kind: type[StoreFault]) -> Any:
    async def commit(self: ZoneRunner, kept: list[Any]) -> None:
        try:
            if kept:
                await self._writer._writer.call(self._store.commit, self.token, kept)
        except kind:
            pass

    return commit


def _ids_without_epoch(ids: Ids, zone: str, epoch: int, run: int) -> None:
    ids._prefix = f"{zone}-1"
    ids._first = (1 + sum(zone.encode())) * SESSIONS_A_RUN  # of a zone, and not of one life of it
    ids._sessions = ids._lines = ids._parties = 0


def _same_epoch(sql: Sql, zone: str, owner: str, host: str, port: int, now: float, reason: str) -> Token:
    return _change(sql, zone, "MAX(epoch, 1)", (owner, host, port, reason, now, zone))


def _unrecorded(sql: Sql, zone: str, owner: str, host: str, port: int, now: float, reason: str) -> Token:
    return _change(sql, zone, "epoch + 1", (owner, host, port, reason, now, zone))


def _change(sql: Sql, zone: str, epoch: str, values: Sequence[Any]) -> Token:
    sql.execute(
        f"UPDATE zone SET epoch = {epoch}, owner = ?, host = ?, port = ?, moving_to = '', reason = ?,"
        " changed_at = ? WHERE name = ?",
        values,
    )
    token = ownership.read_token(sql, zone)
    assert token is not None
    return token


_commit = ZoneRunner._commit


async def _commit_three(self: ZoneRunner, kept: list[Any]) -> None:
    await _commit(self, kept[:3])


def _without(kind: type[Any]) -> tuple[Any, str, Any]:
    return records, "STATEMENTS", {**records.STATEMENTS, kind: ()}


BUGS: tuple[Bug, ...] = (
    Bug(
        "validity_over_lease",
        "a manager acts for longer than its rivals wait",
        [(LeaseTimes, "valid_s", property(lambda times: times.lease_s * 1.3))],
    ),
    Bug(
        "impatient_rival",
        "a rival waits for half of the lease",
        [(LeaseTimes, "dead_s", property(lambda times: times.lease_s / 2))],
    ),
    Bug(
        "unchecked_write", "records are written whoever owns the zone", [(records, "check_token", _no_check)]
    ),
    Bug(
        "answer_before_commit",
        "what a step has to say leaves before its records are written",
        [(ZoneRunner, "_end_step", _answer_at_once)],
    ),
    Bug(
        "agents_forgotten",
        "a takeover does not know the agents that were there",
        [(takeover, "read_saved", lambda sql, zone: ())],
    ),
    Bug(
        "calls_not_known",
        "a takeover does not tell the switch which calls it knows",
        [(runner, "saved_legs", lambda opened: [])],
    ),
    Bug(
        "change_not_recorded",
        "nobody writes down that a zone has another owner",
        [(ownership, "change_owner", _unrecorded)],
    ),
    Bug(
        "guard_not_asked",
        "effects leave without a look at the lease",
        [
            (Frost, "may_act", lambda frost: not frost._reasons),
            (Frost, "wait_permitted", _at_once),
            (Frost, "_permit_changed", lambda frost, is_valid: None),
        ],
    ),
    Bug(
        "no_settlement",
        "what a dead owner left open is not settled",
        [(takeover, "settle_rest", lambda sql, job_id, now: None)],
        stalls=True,
    ),
    Bug(
        "the_dead_renew",
        "a manager that was called dead renews its lease",
        [(leases, "renew", _read_is_enough)],
    ),
    Bug(
        "slow_written_again",
        "what the database is slow to answer is written once more",
        [(PatientWriter, "call", _ask_again_soon)],
    ),
    Bug(
        "guard_without_end",
        "a manager may act until it is told otherwise, and no timer ends it",
        [
            (Guard, "is_valid", lambda guard: guard.valid_until > -math.inf),
            (Process, "kill_in", lambda process, after_s: None),
        ],
    ),
    Bug(
        "beats_unseen",
        "a rival counts the silence of another from when it first saw it",
        [(Sightings, "note", _note_first_sight_only)],
    ),
    Bug(
        "lost_is_acknowledged",
        "what could not be written is acknowledged",
        [(ZoneRunner, "_commit", _swallowing(StoreLost))],
    ),
    Bug(
        "ids_without_epoch",
        "two owners of a zone, one after the other, make the same ids",
        [(Ids, "__init__", _ids_without_epoch)],
    ),
    Bug(
        "epoch_stands_still",
        "a zone has the same epoch after a takeover",
        [(ownership, "change_owner", _same_epoch)],
    ),
    Bug(
        "three_records",
        "of what waits for a commit only three records are written",
        [(ZoneRunner, "_commit", _commit_three)],
    ),
    Bug("dnc_unwritten", "entries of the do-not-call list are written nowhere", [_without(AddToDnc)]),
    Bug("note_unwritten", "notes are written nowhere", [_without(SaveNote)]),
    Bug("callback_unwritten", "promised callbacks are written nowhere", [_without(SaveCallback)]),
)
"""Each is found within a hundred lives."""

ELUSIVE: tuple[Bug, ...] = (
    Bug(
        "validity_from_reply",
        "a manager counts how long it may act from the answer to its renewal",
        [(Guard, "renewed", _renewed_at_reply)],
    ),
    Bug(
        "switch_takes_anybody",
        "the switch goes over to an owner that was replaced, if that connects once more",
        [(ServedZone, "serve", _let_anybody_in)],
    ),
    Bug(
        "unchecked_claim", "contacts are claimed whoever owns the zone", [(claims, "check_token", _no_check)]
    ),
    Bug(
        "expire_any_beat",
        "a manager is called dead though it has given a sign of life meanwhile",
        [(leases, "expire", _expire_whatever_the_beat)],
    ),
    Bug(
        "claim_unseen",
        "a zone is taken over whoever has taken it meanwhile",
        [(ownership, "_check_claim", _claim_whatever_was_seen)],
    ),
    Bug(
        "any_answer_renews",
        "a manager takes any answer of the database for a renewal of its lease",
        [(Keeper, "_look", _any_answer_renews)],
    ),
    Bug(
        "old_token_after_fault",
        "a zone that was opened anew goes on with the token that it had",
        [(ZoneHost, "_open_anew", _keep_old_token)],
        stalls=True,
    ),
    Bug(
        "dial_before_commit",
        "a call is dialled before its attempt is written",
        [(ZoneRunner, "_end_step", _dial_at_once)],
    ),
    Bug(
        "given_up_while_open",
        "a zone is given to another manager without being closed",
        [(Keeper, "_move", _move_without_close)],
    ),
    Bug(
        "orders_done_twice",
        "the switch carries out once more what is sent again after a connection was lost",
        [(served, "follows", lambda number, last: True)],
    ),
    Bug(
        "no_read_back",
        "the driver takes a lost answer for a lost request",
        [(DatabaseRoute, "_without_reply", _call_it_lost)],
    ),
    Bug(
        "give_up_unchecked",
        "a zone is given up whoever owns it meanwhile",
        [(leases, "give_up", _give_up_whatever_the_token)],
    ),
    Bug(
        "fenced_is_acknowledged",
        "what was refused because another owns the zone is acknowledged",
        [(ZoneRunner, "_commit", _swallowing(Fenced))],
    ),
)
"""Seen in none of a dozen lives so far: other lines of defence hold, or faults have to meet more rarely."""
