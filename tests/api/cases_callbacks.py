from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from attrs import evolve
from cases import done, refused
from cases_jobs import ZONE, fill, foreign, over, running
from world import T0, World

from agentmgr.api.contract_agent import ScheduleCallBack, ScheduleCallBackResponse
from agentmgr.core.model import PhoneNumber
from agentmgr.ports import CallbackFilter, CallbackPlace, ContactDraft, KeptCallback
from protocol.enums import CallbackType

# T0 is 2025/06/15 15:06:40 UTC
WANTED = ScheduleCallBack(
    UserContactID="U1",
    ContactListName="A",
    CampaignName="Spring",
    StartTime="2025/06/16 09:00",
    EndTime="2025/06/16 10:30",
    Notes="",
)


def at(text: str) -> float:
    return datetime.strptime(text, "%Y/%m/%d %H:%M").replace(tzinfo=UTC).timestamp()


def made(world: World, **fields: Any) -> KeptCallback:
    """Make a callback and return it as it is kept."""
    there = {each.callback_id for each in kept(world)}
    assert world.call(evolve(WANTED, **fields), ScheduleCallBackResponse).Result == 0
    (new,) = (each for each in kept(world) if each.callback_id not in there)
    return new


def kept(world: World) -> tuple[KeptCallback, ...]:
    return world.store.find_callbacks(CallbackFilter(), CallbackPlace(), 100)


def with_numbers(world: World) -> None:
    """Let U1 have a number in New York, and one in Paris."""
    found = world.store.find_list("A")
    assert found is not None
    numbers = (
        PhoneNumber("PhoneNumber1", "+12125550001", "America/New_York"),
        PhoneNumber("PhoneNumber2", "+33140205050", "Europe/Paris"),
    )
    world.store.put_contacts(found.list_id, [ContactDraft("U1", numbers, {})], T0)


@done(ScheduleCallBack)
def a_contact_shall_be_called_back(world: World) -> None:
    job_id = running(world)
    (before,) = world.store.jobs_wanted(ZONE)
    world.hints.clear()
    new = made(world, Notes="after work")
    assert (new.campaign, new.user_contact_id, new.callback_type) == ("Spring", "U1", CallbackType.Campaign)
    assert (new.due_at, new.expires_at) == (at("2025/06/16 09:00"), at("2025/06/16 10:30"))
    assert (new.number, new.number_name, new.notes) == ("+12125550001", "PhoneNumber1", "after work")
    assert (new.created_by, new.agent_id, new.ended_at) == ("ann", "", None)
    (after,) = world.store.jobs_wanted(ZONE)
    assert (after.job_id, after.version, world.hints) == (job_id, before.version + 1, [ZONE])


@done(ScheduleCallBack)
def a_paused_job_has_callbacks_too(world: World) -> None:
    world.services.jobs.pause(running(world))
    assert made(world).created_by == "ann"


@done(ScheduleCallBack)
def times_are_those_of_the_zone_that_is_said_or_the_contacts(world: World) -> None:
    running(world)
    with_numbers(world)
    assert made(world).due_at == at("2025/06/16 13:00")
    assert made(world, Address="+33140205050").due_at == at("2025/06/16 13:00")
    assert made(world, TimeZone="Europe/Paris").due_at == at("2025/06/16 07:00")
    assert made(world, TimeZone="GMT+5:30").due_at == at("2025/06/16 03:30")


@done(ScheduleCallBack)
def hours_that_clocks_leave_out_or_show_twice(world: World) -> None:
    running(world)
    berlin = {"TimeZone": "Europe/Berlin"}
    spring = made(world, StartTime="2026/03/29 02:30", EndTime="2026/03/29 04:00", **berlin)
    assert spring.due_at == at("2026/03/29 01:30")
    autumn = made(world, StartTime="2026/10/25 02:30", EndTime="2026/10/25 04:00", **berlin)
    assert autumn.due_at == at("2026/10/25 00:30")


@done(ScheduleCallBack)
def the_number_is_the_address_else_the_attribute(world: World) -> None:
    running(world)
    with_numbers(world)
    second = made(world, ContactAttributeName="PhoneNumber2")
    assert (second.number, second.number_name, second.timezone) == (
        "+33140205050",
        "PhoneNumber2",
        "Europe/Paris",
    )
    address = made(world, ContactAttributeName="PhoneNumber2", Address="+442079460018")
    assert (address.number, address.timezone) == ("+442079460018", "Europe/London")
    assert made(world, Address="+33 1 40 20 50 50", Notes="x").number_name == "PhoneNumber2"


@done(ScheduleCallBack)
def a_call_that_is_repeated_is_the_same_callback(world: World) -> None:
    running(world)
    made(world)
    assert world.call(WANTED, ScheduleCallBackResponse).Result == 0
    assert len(kept(world)) == 1
    made(world, EndTime="2025/06/16 10:31")


@refused(ScheduleCallBack, -2)
def a_contact_that_is_not_there(world: World) -> ScheduleCallBack:
    running(world)
    return evolve(WANTED, UserContactID="U9")


@refused(ScheduleCallBack, -2)
def a_list_that_is_not_there(world: World) -> ScheduleCallBack:
    running(world)
    return evolve(WANTED, ContactListName="B")


@refused(ScheduleCallBack, -19)
def an_address_that_is_none(world: World) -> ScheduleCallBack:
    running(world)
    return evolve(WANTED, Address="ann@example.org")


@refused(ScheduleCallBack, -19)
def an_address_that_costs_a_premium(world: World) -> ScheduleCallBack:
    running(world)
    return evolve(WANTED, Address="+19005550123")


@refused(ScheduleCallBack, -26)
def a_campaign_to_call_back_that_is_not_there(world: World) -> ScheduleCallBack:
    fill(world)
    return WANTED


@refused(ScheduleCallBack, -28)
def a_list_of_another_organisation(world: World) -> ScheduleCallBack:
    foreign(world)
    return WANTED


@refused(ScheduleCallBack, -28)
def a_list_of_another_organisation_than_the_campaign(world: World) -> ScheduleCallBack:
    world.share("North Bank", "South Bank")
    world.call_for("South Bank")
    running(world)
    world.call_for("North Bank")
    fill(world, "B")
    world.call_for("")
    return evolve(WANTED, ContactListName="B")


@refused(ScheduleCallBack, -30)
def a_campaign_to_call_back_of_another_organisation(world: World) -> ScheduleCallBack:
    foreign(world)
    fill(world, "B")
    return evolve(WANTED, ContactListName="B")


@refused(ScheduleCallBack, -39)
def a_campaign_to_call_back_that_never_ran(world: World) -> ScheduleCallBack:
    fill(world)
    world.add_campaign("Spring", "A")
    return WANTED


@refused(ScheduleCallBack, -39)
def a_job_that_is_being_stopped(world: World) -> ScheduleCallBack:
    world.services.jobs.stop(running(world))
    return WANTED


@refused(ScheduleCallBack, -39)
def a_job_that_ends_meanwhile(world: World) -> ScheduleCallBack:
    job_id = running(world)
    world.meanwhile("make_callback", lambda: over(world, job_id))
    return WANTED


def _with(name: str, **fields: Any) -> Callable[[World], ScheduleCallBack]:
    def way(world: World) -> ScheduleCallBack:
        running(world)
        return evolve(WANTED, **fields)

    way.__name__ = name
    return way


for way in (
    _with("start_without_meaning", StartTime="tomorrow"),
    _with("start_with_seconds", StartTime="2025/06/16 09:00:00"),
    _with("end_without_meaning", EndTime=""),
    _with("start_that_is_over", StartTime="2025/06/15 15:05"),
    _with("end_that_is_the_start", EndTime="2025/06/16 09:00"),
    _with("end_before_the_start", EndTime="2025/06/16 08:59"),
    _with("year_too_far_away", EndTime="9999/12/31 23:59"),
    _with("zone_that_is_none", TimeZone="Mars/Olympus"),
    _with("attribute_that_is_none", ContactAttributeName="Phone"),
    _with("attribute_that_is_no_number", ContactAttributeName="FirstName"),
    _with("attribute_without_number", ContactAttributeName="PhoneNumber2"),
    _with("notes_that_cannot_be_kept", Notes="\x07"),
    _with("notes_that_are_too_long", Notes="x" * 9000),
):
    refused(ScheduleCallBack, -39)(way)


@refused(ScheduleCallBack, -39)
def a_contact_without_number(world: World) -> ScheduleCallBack:
    running(world)
    fill(world, first=7, count=1, numbers=False)
    return evolve(WANTED, UserContactID="U7", TimeZone="UTC")


@refused(ScheduleCallBack, -39)
def a_callback_that_cannot_be_stored(world: World) -> ScheduleCallBack:
    running(world)
    world.fail("make_callback")
    return WANTED
