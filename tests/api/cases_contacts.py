from datetime import UTC, datetime
from typing import Any

import pytest
from cases import done, refused
from world import T0, World

from agentmgr.api.contract_agent import (
    AttributeType,
    ContactDataType,
    ContactType,
    DeleteContact,
    DeleteContactFromList,
    EmptyContactList,
    EmptyContactListResponse,
    GetContactData,
    GetContactDataFromList,
    GetContactDataFromListResponse,
    GetContactDataResponse,
    GetContactListEmptyStatus,
    GetContactListEmptyStatusResponse,
    GetPhoneNumber,
    GetPhoneNumberResponse,
    ListStatus,
    PhoneType,
    SaveContact,
    SaveContactResponse,
    SaveContactToList,
    SaveContactToListResponse,
    UpdatePhoneNumber,
    UpdatePhoneNumberResponse,
)
from agentmgr.api.faults import Refused
from agentmgr.campaign.service import Caller
from agentmgr.core.effects import EndAttempt, MarkAnswered, MarkDialed, SaveDisposition, StartAttempt
from protocol.enums import ContactType as Kind

LONDON, BERLIN = "+442079460018", "+4930123456"
ANN = ContactDataType(
    "U1",
    "A",
    Title="Ms",
    FirstName="Ann",
    LastName="Lee",
    PhoneNumber1="020 7946 0018",
    PhoneNumber1CountryCode="44",
    PhoneNumber2=BERLIN,
    Email="ann@example.com",
    Language="en",
    AddressLine1="1 High Street",
    AddressLine5="London",
    Country="UK",
    ZipCode="N1",
    AttributeObj=(AttributeType("Balance", "12.5"), AttributeType("Due", "2026/12/31 00:00:00")),
)


def with_list(world: World, name: str = "A", organisation: str = "") -> None:
    """Make a list, and the attributes of ANN."""
    world.store.ensure_list(name, T0, "", organisation)
    for attribute, data_type in (("Balance", "float"), ("Due", "date"), ("Mobile", "phone")):
        world.services.attributes.define(attribute, data_type=data_type)


def with_ann(world: World, **changes: Any) -> None:
    with_list(world)
    world.call(SaveContactToList(ANN), SaveContactToListResponse)


def foreign_list(world: World) -> None:
    """Let the list A be another organisation's than the caller's."""
    for name in ("North", "South"):
        world.supervisor.organisations.add(name)
    with_list(world, "A", "South")
    world.caller = Caller("bob", "North")


def foreign_attribute(world: World) -> None:
    """Let Secret be an attribute of another organisation, and all that U1 has but its id."""
    for name in ("North", "South"):
        world.supervisor.organisations.add(name)
    with_list(world)
    world.supervisor.attributes.define("Secret", organisation="South")
    world.supervisor.contact.save("A", {"UserContactId": "U1", "Secret": "x"})
    world.caller = Caller("bob", "North")


def read(world: World, user_contact_id: str = "U1") -> ContactDataType:
    return world.call(
        GetContactDataFromList(user_contact_id, "A"), GetContactDataFromListResponse
    ).ContactRecord


# -- reading ---------------------------------------------------------------------------------------


@done(GetContactDataFromList)
@done(SaveContactToList)
def a_contact_is_read_as_it_was_saved(world: World) -> None:
    with_list(world)
    world.now = T0 + 0.25
    assert world.call(SaveContactToList(ANN), SaveContactToListResponse).Result == 0
    found = read(world)
    assert found.AttributeObj == (
        AttributeType("Balance", "12.5", "float", "Balance", False, False),
        AttributeType("Due", "2026/12/31 00:00:00", "date", "Due", False, False),
    )
    assert (found.PhoneNumber1, found.PhoneNumber1CountryCode, found.TimeZone) == (
        LONDON,
        "44",
        "Europe/London",
    )
    assert (found.PhoneNumber2, found.PhoneNumber2CountryCode, found.PhoneNumber2TimeZone) == (
        BERLIN,
        "49",
        "Europe/Berlin",
    )
    for name in ("Title", "FirstName", "LastName", "Email", "Language", "AddressLine1", "Country", "ZipCode"):
        assert getattr(found, name) == getattr(ANN, name)
    assert (found.AddressLine2, found.AddressLine5) == (None, "London")
    assert found.LastModifiedOn == datetime.fromtimestamp(T0 + 0.25, UTC)
    assert found.LastModifiedBy == "ann"
    assert (found.LastAttemptTime, found.LastSuccessfulAttemptTime, found.LastCompletionCodeId) == (None,) * 3


@done(GetContactData)
def what_came_of_calling_a_contact_is_told(world: World) -> None:
    with_ann(world)
    spec = world.add_campaign("Spring", "A")
    job = world.services.campaigns.run("Spring", ["North"]).job.job_id
    token = world.store.open_zone("North", T0).token
    (contact,) = world.store.claim_contacts(token, job, 10, T0).contacts
    code = spec.completion_codes[0].code_id
    for at, attempt_id, answered in ((T0 + 10, "1000000001", True), (T0 + 90, "1000000002", False)):
        records: list[Any] = [
            StartAttempt(attempt_id, job, contact.contact_id, Kind.Predictive, LONDON, at),
            MarkDialed(attempt_id, LONDON, "PhoneNumber1", at, None),
        ]
        if answered:
            records.append(MarkAnswered(attempt_id, at + 3, "1001"))
            records.append(
                SaveDisposition(attempt_id, job, contact.contact_id, "1001", code, "agent", at + 20)
            )
        records.append(EndAttempt(attempt_id, "Handled", at + 20, "1001"))
        world.store.commit(token, records)
    found = world.call(GetContactData("U1", "A"), GetContactDataResponse).Contact
    assert (found.ContactId, found.ContactGroupName, found.FirstName) == ("U1", "A", "Ann")
    assert found.LastAttemptTime == datetime.fromtimestamp(T0 + 90, UTC)
    assert found.LastSuccessfulAttemptTime == datetime.fromtimestamp(T0 + 10, UTC)
    assert found.LastCompletionCodeId == code


@done(GetContactDataFromList)
def attributes_of_another_organisation_are_left_out(world: World) -> None:
    foreign_attribute(world)
    world.services.contact.save("A", {"UserContactId": "U1", "FirstName": "Ann"})
    found = read(world)
    assert (found.FirstName, found.AttributeObj) == ("Ann", ())
    world.caller = Caller("ann")
    assert [each.Name for each in read(world).AttributeObj] == ["Secret"]


for call in (GetContactData, GetContactDataFromList):

    @refused(call, -2)
    def no_such_contact(world: World, call: type = call) -> Any:
        with_ann(world)
        return call("u1", "A")

    @refused(call, -14)
    def no_such_list(world: World, call: type = call) -> Any:
        with_ann(world)
        return call("U1", "a")

    @refused(call, -28)
    def a_list_of_another_organisation(world: World, call: type = call) -> Any:
        foreign_list(world)
        return call("U1", "A")

    @refused(call, -29)
    def nothing_but_what_is_another_organisations(world: World, call: type = call) -> Any:
        foreign_attribute(world)
        return call("U1", "A")


# -- saving ----------------------------------------------------------------------------------------


@done(SaveContactToList)
def a_contact_that_is_there_is_left_alone_unless_it_shall_be_updated(world: World) -> None:
    with_ann(world)
    again = ContactDataType("U1", "A", FirstName="Bea", LastName="", PhoneNumber1="", TimeZone="Asia/Tokyo")
    assert world.call(SaveContactToList(again), SaveContactToListResponse).Result == 1
    assert read(world).FirstName == "Ann"
    world.caller = Caller("bea")
    world.now = T0 + 60
    saved = world.call(SaveContactToList(again, UpdateExisting=True), SaveContactToListResponse)
    assert saved.Result == 0
    found = read(world)
    assert (found.FirstName, found.LastName, found.Email) == ("Bea", None, "ann@example.com")
    assert (found.PhoneNumber1, found.TimeZone, found.PhoneNumber2) == (None, None, BERLIN)
    assert (found.LastModifiedBy, found.LastModifiedOn) == ("bea", datetime.fromtimestamp(T0 + 60, UTC))


@done(SaveContactToList)
def a_time_zone_alone_is_that_of_the_number_that_is_there(world: World) -> None:
    with_ann(world)
    change = ContactDataType("U1", "A", TimeZone="Europe/Dublin")
    world.call(SaveContactToList(change, UpdateExisting=True), SaveContactToListResponse)
    assert (read(world).PhoneNumber1, read(world).TimeZone) == (LONDON, "Europe/Dublin")
    change = ContactDataType("U1", "A", PhoneNumber1=LONDON, TimeZone="Europe/Paris")
    world.call(
        SaveContactToList(change, AutomaticUpdateForTimeZone=True, UpdateExisting=True),
        SaveContactToListResponse,
    )
    assert read(world).TimeZone == "Europe/London"


@done(SaveContactToList)
def a_contact_that_comes_into_the_list_of_a_running_job_is_taken_in(world: World) -> None:
    with_ann(world)
    world.add_campaign("Spring", "A")
    world.services.campaigns.run("Spring", ["North"])
    world.hints.clear()
    bea = ContactDataType("U2", "A", PhoneNumber1=BERLIN)
    world.call(SaveContactToList(bea), SaveContactToListResponse)
    status = world.services.campaigns.status("Spring")
    assert status.job is not None
    assert (status.job.total, world.hints) == (2, ["North"])


@done(SaveContact)
def an_older_record_replaces_what_it_says(world: World) -> None:
    with_ann(world)
    record = ContactType(
        "U1",
        "A",
        LastName="Day",
        LastModifiedBy="nobody",
        LastCompletionCodeId=99,
        AttributeObj=(AttributeType("Mobile", "+49 151 23456789"), AttributeType("Balance", "")),
    )
    assert world.call(SaveContact(record), SaveContactResponse).Result == 0
    found = read(world)
    assert (found.FirstName, found.LastName, found.LastModifiedBy) == ("Ann", "Day", "ann")
    assert found.LastCompletionCodeId is None
    assert [(each.Name, each.Value) for each in found.AttributeObj] == [
        ("Due", "2026/12/31 00:00:00"),
        ("Mobile", "+4915123456789"),
    ]
    number = world.services.contact.number("A", "U1", "Mobile").number
    assert (number.timezone, number.wireless) == ("Europe/Berlin", True)


def saved(call: type, **fields: Any) -> Any:
    """Return a request that saves a contact with some fields."""
    if call is SaveContact:
        return SaveContact(ContactType("U2", "A", **fields))
    return SaveContactToList(ContactDataType("U2", "A", **fields))


for call in (SaveContact, SaveContactToList):

    @refused(call, -5)
    def an_attribute_that_is_not_defined(world: World, call: type = call) -> Any:
        with_list(world)
        return saved(call, AttributeObj=(AttributeType("balance", "1"),))

    @refused(call, -6)
    def the_store_fails_saving(world: World, call: type = call) -> Any:
        with_list(world)
        world.fail("put_contacts")
        return saved(call, FirstName="Ann")

    @refused(call, -14)
    def no_list_to_save_to(world: World, call: type = call) -> Any:
        return saved(call, FirstName="Ann")

    @refused(call, -28)
    def saved_to_a_list_of_another_organisation(world: World, call: type = call) -> Any:
        foreign_list(world)
        return saved(call, FirstName="Ann")

    @refused(call, -29)
    def saved_with_an_attribute_of_another_organisation(world: World, call: type = call) -> Any:
        foreign_attribute(world)
        return saved(call, AttributeObj=(AttributeType("Secret", "1"),))

    for wrong in (
        {"PhoneNumber1": "nobody"},
        {"PhoneNumber1": LONDON, "TimeZone": "Mars/Olympus"},
        {"Email": "ann"},
        {"FirstName": "A\x01B"},
        {"FirstName": "A\uffffB"},
        {"FirstName": "A" * 2001},
        {"AttributeObj": (AttributeType("Balance", "much"),)},
        {"AttributeObj": (AttributeType("UserContactId", "U1"),)},
        {"AttributeObj": (AttributeType("Due", "2026/12/31 10:00:00"),)},
        {"AttributeObj": (AttributeType("Mobile", "12"),)},
    ):

        @refused(call, -38)
        def a_value_that_does_not_fit(world: World, call: type = call, wrong: Any = wrong) -> Any:
            with_list(world)
            return saved(call, **wrong)


@refused(SaveContactToList, -38)
def a_country_code_that_is_not_the_numbers(world: World) -> SaveContactToList:
    with_list(world)
    return SaveContactToList(ContactDataType("U2", "A", PhoneNumber1=LONDON, PhoneNumber1CountryCode="49"))


@refused(SaveContactToList, -38)
def an_empty_id(world: World) -> SaveContactToList:
    with_list(world)
    return SaveContactToList(ContactDataType(" ", "A", PhoneNumber1=LONDON))


@refused(SaveContactToList, -6)
def a_number_of_a_reject_pattern(world: World) -> SaveContactToList:
    with_list(world)
    world.supervisor.phone_rules.add("reject", "20794600.*", "GB")
    request = SaveContactToList(ContactDataType("U2", "A", PhoneNumber1=LONDON))
    world.call(request, SaveContactToListResponse)
    return SaveContactToList(ContactDataType("U3", "A", PhoneNumber1=LONDON), CheckForRejectPattern=True)


@refused(SaveContactToList, -6)
def a_number_of_no_format(world: World) -> SaveContactToList:
    with_list(world)
    world.supervisor.phone_rules.add("format", "30.*", "DE")
    world.supervisor.phone_rules.add("format", r"7\d{9}", "GB")
    for number in (BERLIN, "+447912345678"):
        request = SaveContactToList(
            ContactDataType("U" + number, "A", PhoneNumber1=number), CheckForPhoneFormatsRule=True
        )
        world.call(request, SaveContactToListResponse)
    return SaveContactToList(ContactDataType("U3", "A", PhoneNumber1=LONDON), CheckForPhoneFormatsRule=True)


@refused(SaveContactToList, -6)
def a_number_on_the_organisations_list(world: World) -> SaveContactToList:
    world.supervisor.organisations.add("North")
    world.supervisor.dnc.add([LONDON], organisation="North")
    with_list(world, "A", "North")
    return SaveContactToList(ContactDataType("U3", "A", PhoneNumber1=LONDON), CheckDNC=True)


@refused(SaveContactToList, -6)
def an_email_on_the_common_list(world: World) -> SaveContactToList:
    with_list(world)
    world.supervisor.dnc.add(["ann@example.com"])
    return SaveContactToList(ContactDataType("U3", "A", Email="Ann@example.com"), CheckDNC=True)


# -- deleting --------------------------------------------------------------------------------------

for call in (DeleteContact, DeleteContactFromList):

    @done(call)
    def a_contact_is_deleted_and_can_come_again(world: World, call: type = call) -> None:
        with_ann(world)
        world.call(call("U1", "A"), object)  # type: ignore[type-var]  # either response
        with pytest.raises(Refused) as caught:
            read(world)
        assert caught.value.code == -2
        assert [each.contacts for each in world.services.contacts.lists()] == [0]
        world.call(SaveContactToList(ContactDataType("U1", "A", FirstName="New")), SaveContactToListResponse)
        assert (read(world).FirstName, read(world).PhoneNumber1, read(world).AttributeObj) == (
            "New",
            None,
            (),
        )

    @done(call)
    def a_contact_that_a_job_is_done_with_is_deleted_and_its_attempts_stay(
        world: World, call: type = call
    ) -> None:
        what_came_of_calling_a_contact_is_told(world)
        world.services.campaigns.stop("Spring")
        world.store.stop_job(1, (), T0 + 100)
        world.call(call("U1", "A"), object)  # type: ignore[type-var]  # either response
        assert [row.code for row in world.services.campaigns.dispositions("Spring")] == ["Sale"]
        assert [row.user_contact_id for row in world.services.campaigns.dials("Spring")] == ["U1", "U1"]

    @refused(call, -2)
    def a_contact_that_was_deleted(world: World, call: type = call) -> Any:
        with_ann(world)
        world.services.contact.delete("A", "U1")
        return call("U1", "A")

    @refused(call, -14)
    def no_list_to_delete_from(world: World, call: type = call) -> Any:
        return call("U1", "A")

    @refused(call, -28)
    def deleted_from_a_list_of_another_organisation(world: World, call: type = call) -> Any:
        foreign_list(world)
        return call("U1", "A")

    @refused(call, -33)
    def wanted_by_a_job(world: World, call: type = call) -> Any:
        with_ann(world)
        world.add_campaign("Spring", "A")
        world.services.campaigns.run("Spring", ["North"])
        return call("U1", "A")

    @refused(call, -44)
    def the_store_fails_deleting(world: World, call: type = call) -> Any:
        with_ann(world)
        world.fail("delete_contact")
        return call("U1", "A")


# -- telephone numbers -----------------------------------------------------------------------------


def phone(world: World, name: str = "PhoneNumber1") -> PhoneType:
    return world.call(GetPhoneNumber("U1", "A", name), GetPhoneNumberResponse).Phone


@done(GetPhoneNumber)
@done(UpdatePhoneNumber)
def a_number_of_any_name_is_set_and_read(world: World) -> None:
    with_ann(world)
    assert phone(world) == PhoneType("44", LONDON, "Europe/London", "PhoneNumber1")
    for name in ("PhoneNumber2", "Mobile"):
        given = PhoneType("GB", "07912 345678", "Europe/Dublin", name)
        result = world.call(UpdatePhoneNumber("U1", "A", given), UpdatePhoneNumberResponse).Result
        assert result == 0
        assert phone(world, name) == PhoneType("44", "+447912345678", "Europe/Dublin", name)
    assert read(world).PhoneNumber2CountryCode == "44"


@done(UpdatePhoneNumber)
def what_is_absent_stays_and_what_is_empty_is_removed(world: World) -> None:
    with_ann(world)
    for given, expected in (
        (PhoneType(TimeZone="Europe/Dublin"), ("44", LONDON, "Europe/Dublin")),
        (PhoneType(CountryCode="44"), ("44", LONDON, "Europe/Dublin")),
        (PhoneType(PhoneNumber=LONDON), ("44", LONDON, "Europe/Dublin")),
        (PhoneType(TimeZone=""), ("44", LONDON, "Europe/London")),
        (PhoneType(PhoneNumber=BERLIN), ("49", BERLIN, "Europe/Berlin")),
    ):
        named = PhoneType(given.CountryCode, given.PhoneNumber, given.TimeZone, "PhoneNumber1")
        world.call(UpdatePhoneNumber("U1", "A", named), UpdatePhoneNumberResponse)
        assert phone(world) == PhoneType(*expected, "PhoneNumber1")
    removed = PhoneType(PhoneNumber="", PhoneAttributeName="PhoneNumber1")
    world.call(UpdatePhoneNumber("U1", "A", removed), UpdatePhoneNumberResponse)
    assert (read(world).PhoneNumber1, read(world).PhoneNumber1CountryCode) == (None, None)
    with pytest.raises(Refused) as caught:
        phone(world)
    assert caught.value.code == -37


@done(UpdatePhoneNumber)
def a_time_zone_follows_from_the_number_if_that_is_asked_for(world: World) -> None:
    with_ann(world)
    given = PhoneType(PhoneNumber=BERLIN, TimeZone="Asia/Tokyo", PhoneAttributeName="PhoneNumber1")
    world.call(UpdatePhoneNumber("U1", "A", given, True), UpdatePhoneNumberResponse)
    assert phone(world).TimeZone == "Europe/Berlin"


def number(call: type, name: str = "PhoneNumber1", text: str = BERLIN) -> Any:
    if call is GetPhoneNumber:
        return GetPhoneNumber("U1", "A", name)
    return UpdatePhoneNumber("U1", "A", PhoneType(PhoneNumber=text, PhoneAttributeName=name))


for call in (GetPhoneNumber, UpdatePhoneNumber):

    @refused(call, -2)
    def a_number_of_no_contact(world: World, call: type = call) -> Any:
        with_list(world)
        return number(call)

    for name in ("", "Balance", "phonenumber1", "Nothing"):

        @refused(call, -5)
        def an_attribute_that_is_no_number(world: World, call: type = call, name: str = name) -> Any:
            with_ann(world)
            return number(call, name)

    @refused(call, -14)
    def a_number_in_no_list(world: World, call: type = call) -> Any:
        return number(call)

    @refused(call, -28)
    def a_number_in_a_list_of_another_organisation(world: World, call: type = call) -> Any:
        foreign_list(world)
        return number(call)


@refused(GetPhoneNumber, -37)
def a_number_that_the_contact_has_not(world: World) -> GetPhoneNumber:
    with_ann(world)
    return GetPhoneNumber("U1", "A", "Mobile")


@refused(GetPhoneNumber, -37)
def the_store_fails_reading(world: World) -> GetPhoneNumber:
    with_ann(world)
    world.fail("find_contact")
    return GetPhoneNumber("U1", "A", "PhoneNumber1")


@refused(UpdatePhoneNumber, -36)
def the_store_fails_updating(world: World) -> UpdatePhoneNumber:
    with_ann(world)
    world.fail("put_contacts")
    return number(UpdatePhoneNumber)


@refused(UpdatePhoneNumber, -36)
def a_new_number_of_a_reject_pattern(world: World) -> UpdatePhoneNumber:
    with_ann(world)
    world.supervisor.phone_rules.add("reject", "4930.*")
    given = PhoneType(PhoneNumber=BERLIN, PhoneAttributeName="Mobile")
    return UpdatePhoneNumber("U1", "A", given, CheckForRejectPattern=True)


@refused(UpdatePhoneNumber, -36)
def a_new_number_on_the_list(world: World) -> UpdatePhoneNumber:
    with_ann(world)
    world.supervisor.dnc.add([BERLIN])
    given = PhoneType(PhoneNumber=BERLIN, PhoneAttributeName="Mobile")
    return UpdatePhoneNumber("U1", "A", given, CheckDNC=True)


@refused(UpdatePhoneNumber, -38)
def no_number(world: World) -> UpdatePhoneNumber:
    with_ann(world)
    return number(UpdatePhoneNumber, text="nobody")


@refused(UpdatePhoneNumber, -38)
def a_time_zone_without_a_number(world: World) -> UpdatePhoneNumber:
    with_ann(world)
    given = PhoneType(TimeZone="Europe/Berlin", PhoneAttributeName="Mobile")
    return UpdatePhoneNumber("U1", "A", given)


# -- lists -----------------------------------------------------------------------------------------


def status(world: World) -> tuple[ListStatus, int]:
    found = world.call(GetContactListEmptyStatus("A"), GetContactListEmptyStatusResponse)
    return found.ContactListEmptyStatus.EmptyStatus, found.ContactListEmptyStatus.TotalCount


@done(EmptyContactList)
@done(GetContactListEmptyStatus)
def a_list_is_emptied_of_what_was_in_it(world: World) -> None:
    with_ann(world)
    assert status(world) == (ListStatus.LIST_BEING_IDLE, 1)
    world.now = T0 + 5
    assert world.call(EmptyContactList("A"), EmptyContactListResponse).TotalContacts == 1
    assert status(world) == (ListStatus.LIST_BEING_EMPTIED, 1)
    world.now = T0 + 6
    bea = ContactDataType("U2", "A", PhoneNumber1=BERLIN)
    world.call(SaveContactToList(bea), SaveContactToListResponse)
    while world.services.contacts.go_on_emptying():
        pass
    assert status(world) == (ListStatus.LIST_BEING_IDLE, 1)
    assert read(world, "U2").PhoneNumber1 == BERLIN


for call in (EmptyContactList, GetContactListEmptyStatus):

    @refused(call, -14)
    def no_list_to_empty(world: World, call: type = call) -> Any:
        return call("A")

    @refused(call, -28)
    def a_list_to_empty_of_another_organisation(world: World, call: type = call) -> Any:
        foreign_list(world)
        return call("A")


@refused(EmptyContactList, -61)
def a_list_that_a_job_has(world: World) -> EmptyContactList:
    wanted_by_a_job(world)
    return EmptyContactList("A")


@refused(EmptyContactList, -61)
def a_list_that_is_being_emptied(world: World) -> EmptyContactList:
    with_ann(world)
    world.services.contacts.empty("A")
    return EmptyContactList("A")


@refused(EmptyContactList, -61)
def the_store_fails_emptying(world: World) -> EmptyContactList:
    with_ann(world)
    world.fail("begin_emptying")
    return EmptyContactList("A")


@refused(GetContactListEmptyStatus, -61)
def a_list_that_could_not_be_emptied(world: World) -> GetContactListEmptyStatus:
    with_ann(world)
    world.services.contacts.empty("A")
    world.add_campaign("Spring", "A")
    world.store.create_job(1, ["North"], T0)
    world.store._database.write(
        lambda tx: tx.sql.execute(
            "INSERT INTO job_contact (job_id, contact_id, zone, state, attempts, due_at, last_outcome, phone,"
            " timezone, left_out) VALUES (1, 1, 'North', 'pending', 0, 0.0, '', '', '', '')"
        )
    )
    assert not world.services.contacts.go_on_emptying()
    return GetContactListEmptyStatus("A")
