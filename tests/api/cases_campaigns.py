from cases import done, refused
from world import World

from agentmgr.api.contract_campaign import GetContactListNames, GetContactListNamesResponse


@done(GetContactListNames)
def the_lists_of_a_campaign_are_named(world: World) -> None:
    world.add_campaign("Spring", "A", "B")
    world.add_campaign("Other", "C")
    found = world.call(GetContactListNames("Spring"), GetContactListNamesResponse)
    assert found.ListNames == ("A", "B")


@refused(GetContactListNames, -26)
def no_such_campaign(world: World) -> GetContactListNames:
    world.add_campaign("Spring", "A")
    return GetContactListNames("spring")


@refused(GetContactListNames, -30)
def the_campaign_of_another_organisation(world: World) -> GetContactListNames:
    world.share("North Bank", "South Bank")
    world.call_for("South Bank")
    world.add_campaign("Spring", "A")
    world.call_for("North Bank")
    return GetContactListNames("Spring")
