"""What goes on, as rows that never end: who is there and what each job does, then what changes."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any

import cattrs
import trio

from agentmgr.admin.requests import WatchFloor
from agentmgr.admin.rows import dialling_row, floor_row
from agentmgr.admin.socket import AdminRefused, Follow, Row
from agentmgr.campaign.campaigns import Progress
from agentmgr.campaign.dialling import Dialling, why
from agentmgr.campaign.floor import AgentOnFloor
from agentmgr.campaign.service import ServiceError
from agentmgr.campaign.services import Services
from agentmgr.ports import JobFacts, StoreFault, ZoneUpdate

PROGRESS_AGE_S = 2.0
"""How old what the store says of a job may be; what its zone says is never older than the last rows."""


def followed(services: Services) -> Mapping[str, Follow]:
    """Return what the admin socket follows, by the name of the request."""

    def watch_floor(args: Mapping[str, Any]) -> AsyncIterator[Sequence[Row]]:
        try:
            request = cattrs.structure(args, WatchFloor)
        except (cattrs.BaseValidationError, TypeError, ValueError):
            raise AdminRefused("unusable arguments of WatchFloor; server and command differ") from None
        return watch(services, request.zone)

    return {WatchFloor.__name__: watch_floor}


async def watch(services: Services, zone: str = "") -> AsyncIterator[Sequence[Row]]:
    """Yield what goes on in a zone, or in all, some times a second: rows, the last of kind `drawn`."""
    known = _Known(services.campaigns.progress)
    async for updates in services.floor.follow(zone):
        for update in updates:
            for job in _looked_at(update):
                await known.refresh(job.view.campaign)
        yield [row for update in updates for row in _rows(update, known)] + [{"kind": "drawn"}]


class _Known:
    """What the store last said of campaigns."""

    def __init__(self, read: Callable[[str], Progress | None]) -> None:
        self.of: dict[str, Progress | None] = {}
        self._read = read
        self._read_at: dict[str, float] = {}

    async def refresh(self, campaign: str) -> None:
        """Ask the store if its word is too old; a campaign that is gone meanwhile is nothing."""
        now = trio.current_time()
        if now - self._read_at.get(campaign, -PROGRESS_AGE_S) >= PROGRESS_AGE_S:
            self._read_at[campaign] = now
            try:
                self.of[campaign] = await trio.to_thread.run_sync(
                    self._read, campaign, abandon_on_cancel=True
                )
            except (ServiceError, StoreFault):
                self.of[campaign] = None


def _looked_at(update: ZoneUpdate) -> Sequence[JobFacts]:
    """Return the jobs of a zone if they are told now."""
    return update.look.jobs if update.look is not None and update.is_looked else ()


def _rows(update: ZoneUpdate, known: _Known) -> Iterator[Row]:
    """Yield the zone, then who changed, then its jobs.

    With `whole` there is nobody else, with `looked` there are no other jobs; without that they are as before.
    """
    look = update.look
    yield {
        "kind": "zone",
        "zone": update.zone,
        "state": update.state,
        "at": look.at if look is not None else 0.0,
        "whole": update.is_snapshot,
        "looked": update.is_looked,
        "telephony_is_down": look is not None and look.telephony_is_down,
    }
    if look is None:
        return
    for agent_id, agent in update.agents.items():
        if agent is None:
            yield {"kind": "gone", "zone": update.zone, "agent": agent_id}
        else:
            seen = AgentOnFloor(update.zone, look.at, agent.on_day(look.day, look.at))
            yield {
                **floor_row(seen),
                "kind": "agent",
                "since_at": agent.since,
                "seen_at": look.at,
                "talking": agent.talking_since is not None,
            }
    for facts in _looked_at(update):
        progress = known.of.get(facts.view.campaign)
        if progress is not None and progress.job.job_id == facts.view.job_id:
            of = Dialling(
                facts.view.campaign,
                progress.job,
                progress.left,
                look.at,
                update.state,
                look,
                facts,
                zone_name=update.zone,
            )
            yield {
                "kind": "campaign",
                "zone": update.zone,
                "campaign": facts.view.campaign,
                "state": _state(of),
                "pacing": facts.pacing.value,
                "abandon_limit": facts.abandon_limit,
                "contacts": facts.view.total,
                "done": facts.view.done,
                "done_here": facts.view.done_here,
                "dials": progress.tally.dials,
                "live_answers": progress.tally.live_answers,
                "abandoned": progress.tally.abandoned,
                **dialling_row(of.contacts, [of]),
                "why": why(of),
            }


def _state(of: Dialling) -> str:
    facts = of.facts
    if facts is not None and facts.view.is_stopping:
        return "stopping"
    is_ending = of.zone is not None and of.zone.is_ending  # which pauses all jobs, for the zone alone
    return "paused" if facts is not None and facts.view.is_paused and not is_ending else of.job.state.value
