"""Attributes are defined, listed and changed as far as the values that contacts have allow it."""

from collections.abc import Callable

import pytest
from callers import services

from agentmgr.campaign.columns import SYSTEM_ATTRIBUTES
from agentmgr.campaign.contacts import ImportReport
from agentmgr.campaign.service import ServiceError
from agentmgr.core.model import AttributeSpec
from agentmgr.store import SqlStore
from protocol.enums import AttributeType

Import = Callable[..., ImportReport]
HEAD = "UserContactId,PhoneNumber1,Extra\n"


def test_attribute_is_defined_after_those_that_every_contact_has(store: SqlStore) -> None:
    attributes = services(store).attributes
    assert attributes.all() == SYSTEM_ATTRIBUTES
    assert attributes.define("Card", attribute_type="masked-write", data_type="integer", display_name="Nr.")
    card = AttributeSpec("Card", "integer", AttributeType.MASKED_WRITE, "Nr.")
    assert attributes.all() == store.attributes() == (*SYSTEM_ATTRIBUTES, card)


def test_attribute_changed_keeps_what_is_not_said_and_its_place(store: SqlStore) -> None:
    attributes = services(store).attributes
    for name in ("Card", "Plan"):
        attributes.define(name, attribute_type="SCREEN_POP", data_type="date", display_name="X")
    assert not attributes.define("Card", display_name="")
    assert store.attributes()[-2:] == (
        AttributeSpec("Card", "date", AttributeType.SCREEN_POP),
        AttributeSpec("Plan", "date", AttributeType.SCREEN_POP, "X"),
    )


@pytest.mark.parametrize(
    ("data_type", "good", "bad"),
    [
        ("integer", "12", "12.5"),
        ("float", "12.5", "12,5"),
        ("boolean", "True", "yes"),
        ("date", "2026-12-31", "31.12.2026"),
        ("phone", "+442079460018", "020 7946 0018"),
    ],
)
def test_attribute_gets_a_data_type_only_if_all_values_fit(
    store: SqlStore, load: Import, monkeypatch: pytest.MonkeyPatch, data_type: str, good: str, bad: str
) -> None:
    monkeypatch.setattr("agentmgr.campaign.attributes.VALUES_CHUNK", 1)
    attributes = services(store).attributes
    rows = f'U0,+12125550120,{good}\nU1,+12125550121,\nU2,+12125550122,"{bad}"\n'
    load(HEAD + rows)
    with pytest.raises(ServiceError) as caught:
        attributes.define("Extra", data_type=data_type, display_name="new")
    assert f"attribute Extra: cannot become {data_type}: contact U2 of list A has {bad!r}" in str(
        caught.value
    )
    assert store.attributes()[-1] == AttributeSpec("Extra")
    load(HEAD + f"U2,+12125550122,{good}\n")
    attributes.define("Extra", data_type=data_type)
    assert store.attributes()[-1].data_type == data_type
    attributes.define("Extra", data_type="string")
    assert store.attributes()[-1].data_type == "string"


def test_import_rejects_what_does_not_fit_the_data_type(
    store: SqlStore, load: Import, rejects: Callable[[], list[str]]
) -> None:
    services(store).attributes.define("Extra", data_type="date")
    report = load(HEAD + "U1,+12125550121,tomorrow\nU2,+12125550122,2026-12-31\nU3,+12125550123,\n")
    assert (report.created, report.rejected) == (2, 1)
    assert rejects() == ["2,Extra,tomorrow,the attribute needs a date such as 2026-12-31"]


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("Card", {"attribute_type": "HIDDEN"}, "the type is 'HIDDEN'; allowed: READ_ONLY, WRITE, SCREEN_POP"),
        (
            "Card",
            {"data_type": "money"},
            "the data type is 'money'; allowed: string, integer, float, boolean",
        ),
        ("Card", {"display_name": "x" * 101}, "the display name has 101 characters; allowed are 100"),
        ("Card", {"display_name": "a\nb"}, "the display name has U\\+000A, a control character"),
        ("Ca\trd", {}, "the name has U\\+0009, a control character"),
        ("", {}, "a name has 1 to 100 characters, and no space at its ends"),
        (" Card", {}, "a name has 1 to 100 characters"),
        ("x" * 101, {}, "a name has 1 to 100 characters"),
        ("FirstName", {"data_type": "date"}, "every contact has it as string, which cannot be changed"),
        ("PhoneNumber1", {"data_type": "string"}, "every contact has it as phone, which cannot be changed"),
        ("UserContactId", {"attribute_type": "WRITE"}, "is READ_ONLY, which cannot be changed"),
        ("PhoneNumber2Tz", {"attribute_type": "WRITE"}, "is READ_ONLY, which cannot be changed"),
    ],
)
def test_attribute_that_cannot_be_so_says_what_is_allowed(
    store: SqlStore, name: str, change: dict[str, str], said: str
) -> None:
    with pytest.raises(ServiceError, match=said):
        services(store).attributes.define(name, **change)
    assert store.attributes() == ()


def test_attribute_that_every_contact_has_may_be_read_only_and_be_called_otherwise(
    store: SqlStore,
) -> None:
    services(store).attributes.define("FirstName", attribute_type="READ_ONLY", display_name="Vorname")
    spec = next(each for each in store.attributes() if each.name == "FirstName")
    assert spec == AttributeSpec("FirstName", attribute_type=AttributeType.READ_ONLY, display_name="Vorname")


def test_attributes_that_no_desktop_could_be_told_are_refused(store: SqlStore) -> None:
    attributes = services(store).attributes

    def define_many() -> None:
        for n in range(1000):
            attributes.define(f"{n}".ljust(100, "x"))

    with pytest.raises(ServiceError, match="more than a desktop can be told"):
        define_many()


def test_attribute_that_becomes_a_phone_is_a_number_of_its_contacts_and_back(
    store: SqlStore, load: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentmgr.campaign.attributes.VALUES_CHUNK", 1)
    attributes = services(store).attributes
    load(HEAD + "U0,+12125550120,+442079460018\nU1,+12125550121,\nU2,+12125550122,+4930123456\n")

    def numbers(user_contact_id: str) -> dict[str, str]:
        contact = services(store).contacts.history(user_contact_id)[0].contact
        return {number.name: number.timezone for number in contact.numbers}

    attributes.define("Extra", data_type="phone")
    assert numbers("U0") == {"PhoneNumber1": "America/New_York", "Extra": "Europe/London"}
    assert numbers("U1").keys() == {"PhoneNumber1"}
    assert numbers("U2")["Extra"] == "Europe/Berlin"
    attributes.define("Extra", data_type="string")
    assert numbers("U0").keys() == {"PhoneNumber1"}
    contact = services(store).contacts.history("U0")[0].contact
    assert contact.attributes["Extra"] == "+442079460018"
