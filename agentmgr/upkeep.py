"""What each process sees to that has the store, with zones or without: whatever was begun goes on.

All of it stands in the store and is looked for there, so a process that dies leaves nothing lying.
"""

from collections.abc import Callable

import trio

from agentmgr.campaign.preparing import Preparations
from agentmgr.campaign.service import Backing, Caller
from agentmgr.campaign.services import Services
from agentmgr.connectors.installed import plans
from agentmgr.imports.importer import Means
from agentmgr.imports.keeper import ImportKeeper
from agentmgr.runtime.clock import Clock
from agentmgr.runtime.schedules import ScheduleKeeper
from agentmgr.settings.classes import Settings

SWEEP_S = 3600.0
"""How often it is looked for figures that are kept for long enough, real seconds."""


async def keep_up(
    backing: Backing, caller: Caller, settings: Settings, clock: Clock, owner: str, *, shared: bool
) -> None:
    """See to schedules, imports, what is being emptied or deleted, and jobs that nobody fills.

    Args:
        backing: the store, and what services need beside it.
        caller: somebody who may do everything.
        settings: of them `imports` and `connectors`.
        clock: by which schedules are due.
        owner: what tells this process from all others.
        shared: whether other processes work with the same store.
    """
    services = Services(backing, caller)
    preparations = Preparations(services, shared)

    def means(is_ending: Callable[[], bool]) -> Means:
        connectors = plans(settings.connectors)
        return Means(backing.store, backing.now, backing.hint, is_ending, settings.imports, connectors)

    async def fire() -> float | None:
        return await trio.to_thread.run_sync(services.schedules.fire)

    async def empty_some() -> float | None:
        return clock.now() if await trio.to_thread.run_sync(services.contacts.go_on_emptying) else None

    async def delete_some() -> float | None:
        return clock.now() if await trio.to_thread.run_sync(services.campaigns.go_on_deleting) else None

    async def sweep_some() -> float | None:
        keep_days = settings.database.keep_figures_days
        is_more = await trio.to_thread.run_sync(services.figures.sweep, keep_days)
        return clock.now() if is_more else None

    async def go_on() -> None:
        await trio.to_thread.run_sync(preparations.go_on)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ImportKeeper(means, services.contacts, owner, shared=shared).run)
        nursery.start_soon(ScheduleKeeper(fire, clock).run)
        nursery.start_soon(ScheduleKeeper(empty_some, clock, what="emptying").run)
        nursery.start_soon(ScheduleKeeper(delete_some, clock, what="deleting").run)
        nursery.start_soon(ScheduleKeeper(sweep_some, clock, SWEEP_S, what="figures").run)
        nursery.start_soon(ScheduleKeeper(go_on, clock, what="preparing").run)
