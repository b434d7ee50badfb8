import pytest
from cases import done, refused
from world import World

from agentmgr.api.contract_agent import (
    AddToDNCList,
    AddToDNCListResponse,
    IsDNC,
    IsDNCResponse,
    RemoveFromDNCList,
    RemoveFromDNCListResponse,
)
from agentmgr.api.faults import Refused

NUMBER, MAIL = "+49 30 123456", "Someone@example.com"


@done(IsDNC)
def what_is_on_the_list_is_found_however_it_is_written(world: World) -> None:
    world.supervisor.dnc.add([NUMBER, MAIL])
    for address, listed in ((NUMBER, True), ("004930123456", True), (MAIL, True), ("+4930123457", False)):
        assert world.call(IsDNC(address), IsDNCResponse).Result is listed


@done(AddToDNCList)
def an_address_is_put_on_the_list_by_its_caller(world: World) -> None:
    assert world.call(AddToDNCList(NUMBER), AddToDNCListResponse).Result is True
    assert [(each.address, each.added_by) for each in world.services.dnc.all()] == [("+4930123456", "ann")]


@done(RemoveFromDNCList)
def an_address_is_taken_off_the_list(world: World) -> None:
    world.services.dnc.add([NUMBER, MAIL])
    assert world.call(RemoveFromDNCList(NUMBER), RemoveFromDNCListResponse).Result is True
    assert [each.address for each in world.services.dnc.all()] == [MAIL.lower()]


@done(AddToDNCList)
def of_two_who_add_at_one_moment_one_is_second(world: World) -> None:
    world.services.dnc.add([NUMBER])
    with pytest.raises(Refused) as caught:
        world.call(AddToDNCList("+4930 12 34 56"), AddToDNCListResponse)
    assert caught.value.code == -9


DNC_CALLS = (IsDNC, AddToDNCList, RemoveFromDNCList)
for call in DNC_CALLS:

    @refused(call, -18)
    def an_empty_address(world: World, call: type = call) -> IsDNC:
        return call("  ")

    @refused(call, -19)
    def no_address(world: World, call: type = call) -> IsDNC:
        return call("nobody")

    @refused(call, -19)
    def a_number_of_a_reject_pattern(world: World, call: type = call) -> IsDNC:
        world.supervisor.phone_rules.add("reject", "30.*", "DE")
        return call(NUMBER, None, True)

    @refused(call, -19)
    def a_number_of_no_format(world: World, call: type = call) -> IsDNC:
        world.supervisor.phone_rules.add("format", "1[5-7].*", "DE")
        return call(NUMBER, None, False, True)

    @refused(call, -40)
    def no_such_organisation(world: World, call: type = call) -> IsDNC:
        return call(NUMBER, "Nobody")

    @refused(call, -43)
    def the_store_fails_looking(world: World, call: type = call) -> IsDNC:
        world.fail("on_own_dnc")
        return call(NUMBER)


for call in (AddToDNCList, RemoveFromDNCList):
    for org_name in (None, "North Bank"):

        @refused(call, -21)
        def a_user_of_an_organisation(
            world: World, call: type = call, org_name: str | None = org_name
        ) -> AddToDNCList:
            world.share("North Bank")
            world.call_for("North Bank")
            return call(NUMBER, org_name)


@refused(IsDNC, -21)
def the_list_of_another_organisation(world: World) -> IsDNC:
    world.share("North Bank", "South Bank")
    world.call_for("North Bank")
    return IsDNC(NUMBER, "South Bank")


@done(AddToDNCList)
def lists_of_organisations_are_asked_one_by_one(world: World) -> None:
    world.share("North Bank")
    assert world.call(AddToDNCList(NUMBER, "North Bank"), AddToDNCListResponse).Result is True
    assert world.call(IsDNC(NUMBER), IsDNCResponse).Result is False
    assert world.call(AddToDNCList(NUMBER), AddToDNCListResponse).Result is True
    assert world.call(RemoveFromDNCList(NUMBER), RemoveFromDNCListResponse).Result is True
    world.call_for("North Bank")
    assert world.call(IsDNC(NUMBER, "North Bank"), IsDNCResponse).Result is True


@refused(AddToDNCList, -9)
def on_the_list_already(world: World) -> AddToDNCList:
    world.services.dnc.add([NUMBER])
    return AddToDNCList(NUMBER)


@refused(AddToDNCList, -41)
def the_store_fails_adding(world: World) -> AddToDNCList:
    world.fail("add_to_dnc")
    return AddToDNCList(NUMBER)


@refused(RemoveFromDNCList, -17)
def not_on_the_list(world: World) -> RemoveFromDNCList:
    return RemoveFromDNCList(NUMBER)


@refused(RemoveFromDNCList, -42)
def the_store_fails_removing(world: World) -> RemoveFromDNCList:
    world.services.dnc.add([NUMBER])
    world.fail("remove_from_dnc")
    return RemoveFromDNCList(NUMBER)
