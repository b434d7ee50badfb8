from typing import Any

from cases import done, refused
from cases_contacts import foreign_attribute, foreign_list, with_ann, with_list
from world import World

from agentmgr.api.contract_agent import (
    GetAttributesList,
    GetAttributesListResponse,
    GetContactAttributeValue,
    GetContactAttributeValueFromList,
    UpdateContactAttributeValue,
    UpdateContactAttributeValueToList,
)
from agentmgr.campaign.columns import SYSTEM_ATTRIBUTES

READS = (GetContactAttributeValue, GetContactAttributeValueFromList)
WRITES = (UpdateContactAttributeValue, UpdateContactAttributeValueToList)
for call in READS:

    @done(call)
    def a_value_is_read_by_its_name(world: World, call: type = call) -> None:
        with_ann(world)
        for name, expected in (
            ("UserContactId", "U1"),
            ("FirstName", "Ann"),
            ("PhoneNumber1", "+442079460018"),
            ("PhoneNumber1CtryCode", "44"),
            ("TimeZone", "Europe/London"),
            ("PhoneNumber2Tz", "Europe/Berlin"),
            ("TitlePredefined", "Ms"),
            ("AddrLine1Predefined", "1 High Street"),
            ("AddrLine2Predefined", ""),
            ("Balance", "12.5"),
            ("Due", "2026/12/31 00:00:00"),
            ("LastModifiedBy", "ann"),
            ("LastModifiedOn", "2025/06/15 15:06:40"),
            ("LastAttemptTime", ""),
        ):
            found: Any = world.call(call("U1", "A", name), object)  # type: ignore[type-var]  # either one
            assert found.AttributeValue == expected, name

    @refused(call, -2)
    def a_value_of_no_contact(world: World, call: type = call) -> Any:
        with_ann(world)
        return call("U2", "A", "FirstName")

    @refused(call, -5)
    def a_value_of_no_attribute(world: World, call: type = call) -> Any:
        with_ann(world)
        return call("U1", "A", "firstname")

    @refused(call, -14)
    def a_value_in_no_list(world: World, call: type = call) -> Any:
        return call("U1", "A", "FirstName")

    @refused(call, -24)
    def an_attribute_without_a_value(world: World, call: type = call) -> Any:
        with_ann(world)
        return call("U1", "A", "Mobile")

    @refused(call, -28)
    def a_value_in_a_list_of_another_organisation(world: World, call: type = call) -> Any:
        foreign_list(world)
        return call("U1", "A", "FirstName")

    @refused(call, -29)
    def a_value_of_another_organisation(world: World, call: type = call) -> Any:
        foreign_attribute(world)
        return call("U1", "A", "Secret")

    @refused(call, -46)
    def the_store_fails_reading_a_value(world: World, call: type = call) -> Any:
        with_ann(world)
        world.fail("contact_values")
        return call("U1", "A", "FirstName")


for call in WRITES:

    @done(call)
    def a_value_is_set_or_taken_away(world: World, call: type = call) -> None:
        with_ann(world)
        for name, value, kept in (
            ("FirstName", " Bea ", "Bea"),
            ("Balance", "-7", "-7"),
            ("Balance", "", ""),
            ("Due", "2027/01/02 00:00:00", "2027-01-02"),
            ("Due", "2027-01-03", "2027-01-03"),
            ("TimeZone", "Europe/Dublin", "Europe/Dublin"),
            ("PhoneNumber1", "+49 30 123457", "+4930123457"),
            ("Mobile", "+447912345678", "+447912345678"),
        ):
            done: Any = world.call(call("U1", "A", name, value), object)  # type: ignore[type-var]  # either one
            assert done.Result == 0
            attributes = world.services.contact.get("A", "U1").contact.attributes
            assert attributes.get(name, "") == kept, name
        assert (attributes["TimeZone"], attributes["PhoneNumber1CtryCode"]) == ("Europe/Berlin", "49")

    @refused(call, -2)
    def set_for_no_contact(world: World, call: type = call) -> Any:
        with_ann(world)
        return call("U2", "A", "FirstName", "Bea")

    @refused(call, -5)
    def no_attribute_to_set(world: World, call: type = call) -> Any:
        with_ann(world)
        return call("U1", "A", "firstname", "Bea")

    @refused(call, -14)
    def set_in_no_list(world: World, call: type = call) -> Any:
        return call("U1", "A", "FirstName", "Bea")

    @refused(call, -28)
    def set_in_a_list_of_another_organisation(world: World, call: type = call) -> Any:
        foreign_list(world)
        return call("U1", "A", "FirstName", "Bea")

    @refused(call, -29)
    def set_of_another_organisation(world: World, call: type = call) -> Any:
        foreign_attribute(world)
        return call("U1", "A", "Secret", "Bea")

    for name, value in (
        ("UserContactId", "U9"),
        ("LastAttemptTime", "2026/01/01 00:00:00"),
        ("LastCompletionCodeId", "1"),
        ("Balance", "much"),
        ("Due", "tomorrow"),
        ("PhoneNumber1", "12"),
        ("PhoneNumber1CtryCode", "49"),
        ("PhoneNumber1CtryCode", ""),
        ("TimeZone", "Mars"),
        ("FirstName", "\x01"),
    ):

        @refused(call, -45)
        def a_value_that_cannot_be_set(
            world: World, call: type = call, name: str = name, value: str = value
        ) -> Any:
            with_ann(world)
            return call("U1", "A", name, value)

    @refused(call, -45)
    def the_store_fails_setting_a_value(world: World, call: type = call) -> Any:
        with_ann(world)
        world.fail("put_contacts")
        return call("U1", "A", "FirstName", "Bea")


@done(GetAttributesList)
def definitions_are_those_of_a_list_or_all_that_there_are(world: World) -> None:
    with_ann(world)
    world.services.attributes.define("Card", attribute_type="MASKED_WRITE", display_name="Card number")
    system = [spec.name for spec in SYSTEM_ATTRIBUTES]
    found = world.call(GetAttributesList(), GetAttributesListResponse).attributes
    assert [each.Name for each in found] == [*system, "Balance", "Due", "Mobile", "Card"]
    card = found[-1]
    assert (card.Value, card.Type, card.DisplayName, card.Masked, card.ReadOnly) == (
        *("", "string", "Card number"),
        *(True, False),
    )
    of_list = world.call(GetAttributesList("A"), GetAttributesListResponse).attributes
    assert [each.Name for each in of_list] == [*system, "Balance", "Due"]


@refused(GetAttributesList, -14)
def definitions_of_no_list(world: World) -> GetAttributesList:
    return GetAttributesList("A")


@refused(GetAttributesList, -28)
def definitions_of_a_list_of_another_organisation(world: World) -> GetAttributesList:
    foreign_list(world)
    return GetAttributesList("A")


@refused(GetAttributesList, -44)
def the_store_fails_reading_definitions(world: World) -> GetAttributesList:
    with_list(world)
    world.fail("attributes")
    return GetAttributesList()
