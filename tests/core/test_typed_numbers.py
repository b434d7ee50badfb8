"""Numbers that agents type, into whatever command: read in the country of the contact, E.164 from then on."""

import pytest
from attrs import evolve
from parties import a_callback, create, start_job_with, with_agent, with_external
from scenes import SID, Scene, a_campaign, a_contact, nailed_idle

from agentmgr.core.effects import Dial, SetNumber
from agentmgr.core.events import JobLoaded
from agentmgr.core.model import AttributeSpec, CallingHours, ExternalDestination, JobSpec, PhoneNumber
from protocol import commands as c
from protocol.enums import AttributeType, CallState, PacingType
from protocol.results import ResultCode
from protocol.structures import Attribute, ContactNumber, KeyValuePair

LONDON, SYDNEY, BERLIN = "+442079460018", "+61255500077", "+4930123456"
ATTRIBUTES = (
    AttributeSpec("First Name"),
    AttributeSpec("PhoneNumber1", "phone"),
    AttributeSpec("PhoneNumber1CtryCode", attribute_type=AttributeType.READ_ONLY),
    AttributeSpec("TimeZone"),
    AttributeSpec("PhoneNumber2", "phone"),
    AttributeSpec("Assistant", "phone"),
)
INVISIBLE = "\u202a+44\u200b 20\u20117946\u20110018\u202c"


def with_contact(number=LONDON, *, pacing=PacingType.PreviewUntimed, zone="Europe/London", **campaign):
    """A has a contact with one number on its desktop."""
    scene = Scene()
    contact = evolve(
        a_contact(1),
        numbers=(PhoneNumber("PhoneNumber1", number, zone),),
        attributes={"First Name": "Ada", "PhoneNumber1": number, "TimeZone": zone},
        list_country=campaign.pop("list_country", ""),
    )
    scene.store.add_job(1, [contact])
    campaign = a_campaign(pacing, attributes=ATTRIBUTES, **campaign)
    scene.post(JobLoaded(1, JobSpec(1, campaign, total=1)))
    scene.nail()
    if pacing is PacingType.Progressive:
        scene.customer_answers()
    return scene


def in_wrapup(**campaign):
    scene = with_contact(pacing=PacingType.Progressive, **campaign)
    scene.send("A", c.AGTReleaseLine(SID))
    return scene


def asked(scene, command):
    """Return the result of a command of A."""
    scene.send("A", command)
    return scene.responses[-1].result


def dialed(scene):
    return [order.number for order in scene.orders if isinstance(order, Dial)][-1]


def preview_dial(number, **changes):
    return c.AGTPreviewDial(ContactNumber(number=number, **changes), SID)


def call_back(scene, number, **changes):
    return create(scene=scene, contact_number=ContactNumber(number=number, **changes))


WAYS_TO_DIAL = {
    "preview dial": (with_contact, preview_dial, ResultCode.DIAL_BAD_NUMBER, CallState.Preview),
    "redial": (
        in_wrapup,
        lambda number, **changes: c.AGTRedial(ContactNumber(number=number, **changes)),
        ResultCode.DIAL_BAD_NUMBER,
        CallState.Wrapup,
    ),
}
NO_NUMBERS = [
    "12",
    "112",
    "999",
    "nobody",
    "020 7946 0018 Fax",
    "020 7946 0018 / 0019",
    "020 7946 0018 x5",
    "+442079460018+442079460019",
    "4.42079E+11",
    "\x00",
]


@pytest.mark.parametrize(
    "text",
    [
        "61255500077",
        "0061255500077",
        "+61 2 5550 0077",
        "+61 (0)2 5550 0077",
        "tel:+61-2-5550-0077",
        SYDNEY + ".0",
    ],
)
@pytest.mark.parametrize("way", WAYS_TO_DIAL)
def test_typed_number_that_must_not_be_called_is_not_however_it_is_written(text, way):
    lead, command, _, _ = WAYS_TO_DIAL[way]
    scene = lead()
    before = len(scene.orders)
    scene.store.dnc.add(SYDNEY)
    assert asked(scene, command(text)) is ResultCode.SUCCESS
    assert not [order for order in scene.orders[before:] if isinstance(order, Dial)]


@pytest.mark.parametrize(
    "text", ["+44 (0)20 7946 0018", "020 7946 0018", "0044 20 7946 0018", INVISIBLE, "+442079460018"]
)
def test_number_added_to_the_list_is_the_one_that_is_dialled(text):
    scene = with_contact()
    assert asked(scene, c.AGTAddToDNC((Attribute("PhoneNumber1", text),))) is ResultCode.SUCCESS
    assert scene.store.dnc == {LONDON}
    assert asked(scene, c.AGTIsInDNC(text)) is ResultCode.SUCCESS
    assert scene.responses[-1].present
    before = len(scene.orders)
    asked(scene, preview_dial(LONDON))
    assert scene.orders[before:] == []


@pytest.mark.parametrize("way", WAYS_TO_DIAL)
@pytest.mark.parametrize(
    "text", ["020 7946 0123", "+44 (0)20 7946 0123", "44 20 7946 0123", "020\u00a07946\u20110123"]
)
def test_typed_number_is_dialled_as_e164(way, text):
    lead, command, _, _ = WAYS_TO_DIAL[way]
    scene = lead()
    assert asked(scene, command(text)) is ResultCode.SUCCESS
    assert dialed(scene) == "+442079460123"


@pytest.mark.parametrize("way", WAYS_TO_DIAL)
@pytest.mark.parametrize(
    ("text", "changes"),
    [
        *((text, {}) for text in NO_NUMBERS),
        (SYDNEY, {"timezone": "Eastern Standard Time"}),
        (SYDNEY, {"timezone": "Nowhere/Bad"}),
        (LONDON, {"timezone": "Eastern Standard Time"}),
        ("+44 909 879 0000", {}),
        ("+1 900 234 5678", {}),
    ],
)
def test_what_cannot_be_dialled_is_refused_before_anything_changes(way, text, changes):
    lead, command, refused, state = WAYS_TO_DIAL[way]
    scene = lead(calling_hours=CallingHours(1, 1439))
    orders, records = list(scene.orders), list(scene.store.records)
    number = scene.agent("A").session.number
    assert asked(scene, command(text, **changes)) is refused
    assert scene.agent("A").call_state is state
    assert (scene.orders, scene.store.records) == (orders, records)
    assert scene.agent("A").session.number == number


@pytest.mark.parametrize("way", WAYS_TO_DIAL)
def test_premium_number_is_dialled_where_the_campaign_pays_for_it(way):
    lead, command, _, _ = WAYS_TO_DIAL[way]
    scene = lead(allow_premium=True)
    assert asked(scene, command("0909 879 0000")) is ResultCode.SUCCESS
    assert dialed(scene) == "+449098790000"


def test_own_number_that_costs_a_premium_is_refused_too():
    scene = with_contact()
    scene.send("A", c.AGTSetCustomerDetail(KeyValuePair("PhoneNumber2", "+449098790000"), SID))
    assert asked(scene, c.AGTPreviewDial(ContactNumber("PhoneNumber2"), SID)) is ResultCode.DIAL_BAD_NUMBER
    assert scene.agent("A").call_state is CallState.Preview


def test_own_number_is_known_in_any_form_where_free_numbers_are_not_allowed():
    scene = with_contact(allow_free_form=False)
    assert asked(scene, preview_dial("020 7946 0019")) is ResultCode.DIAL_BAD_NUMBER
    assert asked(scene, preview_dial("(020) 7946 0018")) is ResultCode.SUCCESS
    assert scene.agent("A").session.number.name == "PhoneNumber1"


def test_number_that_a_callback_was_promised_at_is_known_where_free_numbers_are_not_allowed():
    scene = Scene()
    promised = PhoneNumber("ExternalNumber", "+442071234567", "Europe/London")
    start_job_with(scene, a_callback(scene, number=promised), allow_free_form=False)
    scene.nail()
    scene.wait(100)
    assert scene.agent("A").call_state is CallState.Callback
    sid = scene.agent("A").session.sid
    typed = c.AGTPreviewDial(ContactNumber(number="+44 (0)20 7123 4567"), sid)
    assert asked(scene, typed) is ResultCode.SUCCESS
    assert dialed(scene) == "+442071234567"


def test_typed_number_tells_its_time_zone_and_is_none_of_the_contact():
    scene = with_contact()
    typed = preview_dial("0061 412 345 678", name="PhoneNumber1")
    assert asked(scene, typed) is ResultCode.SUCCESS
    number = scene.agent("A").session.number
    assert (number.name, number.number, number.wireless) == ("ExternalNumber", "+61412345678", True)
    assert {"Australia/Sydney", "Australia/Perth"} <= set(number.timezone.split(","))


@pytest.mark.parametrize("number", [LONDON, SYDNEY])
def test_time_zone_that_was_typed_wins(number):
    scene = with_contact()
    assert asked(scene, preview_dial(number, timezone="asia/tokyo")) is ResultCode.SUCCESS
    assert scene.agent("A").session.number.timezone == "Asia/Tokyo"


def test_time_zones_that_a_desktop_was_told_may_be_sent_back():
    scene = with_contact(zone="Europe/Madrid,Atlantic/Canary")
    told = ContactNumber("PhoneNumber1", LONDON, timezone="Europe/Madrid,Atlantic/Canary")
    assert asked(scene, c.AGTPreviewDial(told, SID)) is ResultCode.SUCCESS
    assert scene.agent("A").session.number.timezone == "Europe/Madrid,Atlantic/Canary"


def test_typed_number_of_sydney_is_not_called_in_its_night():
    scene = with_contact(calling_hours=CallingHours(9 * 60, 21 * 60), zone="Europe/London")
    scene.wait_long(-scene.now % 86400 + 16.25 * 3600)  # 16:15 in London, 03:15 in Sydney
    before = len(scene.orders)
    asked(scene, preview_dial("0061255500077"))
    assert scene.orders[before:] == []


@pytest.mark.parametrize(
    ("own", "list_country", "country", "typed", "e164"),
    [
        (LONDON, "DE", "FR", "020 7946 0019", "+442079460019"),
        ("+80012345678", "DE", "FR", "030 123457", "+4930123457"),
        ("+80012345678", "", "FR", "01 23 45 67 89", "+33123456789"),
    ],
)
def test_national_number_is_of_the_country_of_contact_then_list_then_campaign(
    own, list_country, country, typed, e164
):
    scene = with_contact(own, list_country=list_country, country=country)
    assert asked(scene, preview_dial(typed)) is ResultCode.SUCCESS
    assert dialed(scene) == e164


def test_national_number_without_any_country_is_refused():
    scene = with_contact("+80012345678")
    assert asked(scene, preview_dial("030 123457")) is ResultCode.DIAL_BAD_NUMBER


# -- callbacks and consults ------------------------------------------------------------------------


def test_callback_number_is_kept_as_e164():
    scene = in_wrapup()
    assert asked(scene, call_back(scene, "0061255500077")) is ResultCode.SUCCESS
    (callback,) = scene.store.callbacks.values()
    assert callback.number == SYDNEY


@pytest.mark.parametrize("text", [*NO_NUMBERS, "+44 909 879 0000"])
def test_callback_to_what_is_no_number_is_refused(text):
    scene = in_wrapup()
    records = list(scene.store.records)
    assert asked(scene, call_back(scene, text)) is ResultCode.CALLBACK_NOT_FOUND
    assert scene.store.records == records


def talking_to(**campaign):
    return with_contact(pacing=PacingType.Progressive, **campaign)


@pytest.mark.parametrize(
    "text", ["020 7123 4567", "+44 (0)20 7123 4567", "0044 2071234567", "tel:+442071234567"]
)
def test_consult_outside_is_dialled_as_e164(text):
    scene = talking_to()
    assert asked(scene, with_external(text)) is ResultCode.SUCCESS
    assert scene.orders[-1].number == "+442071234567"


@pytest.mark.parametrize("text", [*NO_NUMBERS, "", "0909 879 0000"])
def test_consult_with_what_is_no_number_is_refused(text):
    scene = talking_to()
    orders = list(scene.orders)
    assert asked(scene, with_external(text)) is ResultCode.CONSULT_BAD_DESTINATION
    assert scene.agent("A").call_state is CallState.Talking
    assert scene.orders == orders


def test_consult_with_the_address_book_knows_its_numbers_in_any_form():
    book = (ExternalDestination("Desk", "+44 20 7123 4567"), ExternalDestination("Inside", "4711"))
    for typed, dialled in (
        ("020 7123 4567", "+442071234567"),
        ("+44 20 7123 4567", "+442071234567"),
        ("4711", "4711"),
    ):
        scene = talking_to(address_book=book, allow_free_form=False)
        assert asked(scene, with_external(typed)) is ResultCode.SUCCESS
        assert scene.orders[-1].number == dialled
    scene = talking_to(address_book=book, allow_free_form=False)
    assert asked(scene, with_external("020 7123 4568")) is ResultCode.CONSULT_BAD_DESTINATION


# -- the contact's own number ----------------------------------------------------------------------


def set_detail(key, value):
    return c.AGTSetCustomerDetail(KeyValuePair(key, value), SID)


def test_changed_number_brings_its_country_zone_and_kind():
    scene = with_contact()
    assert asked(scene, set_detail("PhoneNumber1", "0061 412 345 678")) is ResultCode.SUCCESS
    session = scene.agent("A").session
    number = session.contact.numbers[0]
    assert (number.number, number.wireless) == ("+61412345678", True)
    assert "Australia/Perth" in number.timezone
    attributes = session.contact.attributes
    assert attributes["PhoneNumber1"] == "+61412345678"
    assert attributes["PhoneNumber1CtryCode"] == "61"
    assert attributes["TimeZone"] == number.timezone
    assert (
        SetNumber(1, "PhoneNumber1", number.number, number.timezone, True, 61, "A", scene.now)
        in scene.store.records
    )
    assert scene.store.contacts[1].numbers == (number,)
    assert session.number == number


def test_number_that_stays_the_same_keeps_the_zone_that_was_given():
    scene = with_contact(zone="Europe/Berlin")
    records = list(scene.store.records)
    assert asked(scene, set_detail("PhoneNumber1", "020 7946 0018")) is ResultCode.SUCCESS
    assert scene.agent("A").session.contact.numbers[0].timezone == "Europe/Berlin"
    assert scene.store.records == records


def test_corrected_number_is_dialled_when_the_preview_is_over():
    scene = with_contact(pacing=PacingType.PreviewTimed)
    asked(scene, set_detail("PhoneNumber1", "020 7946 0019"))
    scene.wait(60)
    assert dialed(scene) == "+442079460019"


def test_second_number_is_given_to_a_contact_without_one():
    scene = with_contact()
    assert asked(scene, set_detail("PhoneNumber2", "0303 123457")) is ResultCode.ATTRIBUTE_INVALID
    assert asked(scene, set_detail("PhoneNumber2", "+49 30 123457")) is ResultCode.SUCCESS
    contact = scene.agent("A").session.contact
    assert [number.name for number in contact.numbers] == ["PhoneNumber1", "PhoneNumber2"]
    assert contact.numbers[1].timezone == "Europe/Berlin"
    assert contact.attributes["PhoneNumber2CtryCode"] == "49"
    assert asked(scene, c.AGTPreviewDial(ContactNumber("PhoneNumber2"), SID)) is ResultCode.SUCCESS
    assert dialed(scene) == "+4930123457"


def test_other_attribute_that_is_a_phone_is_kept_as_e164():
    scene = with_contact()
    assert asked(scene, set_detail("Assistant", "020 7946 0019")) is ResultCode.SUCCESS
    assert scene.store.contacts[1].attributes["Assistant"] == "+442079460019"


@pytest.mark.parametrize("text", [*NO_NUMBERS, "", "0909 879 0000"])
def test_attribute_that_is_a_phone_takes_nothing_else(text):
    scene = with_contact()
    records = list(scene.store.records)
    assert asked(scene, set_detail("PhoneNumber1", text)) is ResultCode.ATTRIBUTE_INVALID
    assert scene.store.records == records
    assert scene.agent("A").session.contact.numbers[0].number == LONDON


def test_what_follows_from_a_number_is_not_set_by_itself():
    scene = with_contact()
    assert asked(scene, set_detail("TimeZone", "Asia/Tokyo")) is ResultCode.ATTRIBUTE_READ_ONLY


def test_consulted_agent_is_told_all_that_changed_with_a_number():
    scene = talking_to()
    scene.nail("B")
    scene.send("A", with_agent())
    scene.send("A", c.AGTStartConf(SID))
    caused = scene.send("A", set_detail("PhoneNumber1", "+49 30 123457"))
    assert [line for line in caused if line.startswith("B !")] == [
        "B ! CustomerDetailsChanged Attribute(PhoneNumber1 +4930123457 WRITE) 1000000001",
        "B ! CustomerDetailsChanged Attribute(TimeZone Europe/Berlin WRITE) 1000000001",
        "B ! CustomerDetailsChanged Attribute(PhoneNumber1CtryCode 49) 1000000001",
    ]


def test_dnc_answer_without_a_contact_reads_numbers_of_the_campaigns_country():
    scene = nailed_idle(country="GB")
    scene.store.dnc.add(LONDON)
    assert asked(scene, c.AGTIsInDNC("020 7946 0018")) is ResultCode.SUCCESS
    assert scene.responses[-1].present
    assert asked(nailed_idle(), c.AGTIsInDNC("020 7946 0018")) is ResultCode.DNC_BAD_ADDRESS


def test_number_of_another_attribute_is_one_of_the_contact_from_then_on():
    scene = with_contact()
    assert asked(scene, set_detail("Assistant", "+49 30 123456")) is ResultCode.SUCCESS
    assert (
        SetNumber(1, "Assistant", BERLIN, "Europe/Berlin", False, 49, "A", scene.now) in scene.store.records
    )
