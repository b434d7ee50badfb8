"""Contact import: what is taken, what is turned away and why."""

import os
import shutil
from collections.abc import Callable, Iterator
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
from callers import import_contacts, services
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentmgr.campaign import textfile
from agentmgr.campaign.columns import SYSTEM_ATTRIBUTES
from agentmgr.campaign.contacts import ImportReport, Intake
from agentmgr.campaign.service import ServiceError
from agentmgr.campaign.sheet import RejectFile, Row, Stopped
from agentmgr.core.contact_size import NAMES_BYTES, ROOM_BYTES
from agentmgr.core.model import AttributeSpec, CampaignSpec, CompletionCodeSpec
from agentmgr.ports import DncEntry, JobState
from agentmgr.store import SqlStore
from protocol.enums import PacingType

Import = Callable[..., ImportReport]
Imported = Callable[[], dict[str, dict[str, str]]]
Rejects = Callable[[], list[str]]

GOOD = "U1,+12125550123\n"
HEAD = "UserContactId,PhoneNumber1\n"
DEMO = Path(__file__).parents[2] / "config" / "demo" / "contacts.csv"


# -- what is taken -------------------------------------------------------------------------


def test_import_demo_file_takes_500_and_turns_8_away(store: SqlStore, tmp_path: Path) -> None:
    copy = Path(shutil.copy(DEMO, tmp_path))
    report = import_contacts(services(store), copy, "Demo")
    assert (report.rows, report.created, report.updated, report.rejected) == (508, 500, 0, 8)
    assert [
        line.split(",")[1] for line in (tmp_path / "contacts.rejects.csv").read_text().splitlines()[1:]
    ] == [
        "PhoneNumber1",
        "UserContactId",
        "TimeZone",
        "",
        "",
        "PhoneNumber1CtryCode",
        "PhoneNumber2",
        "PhoneNumber1",
    ]
    assert store.contact_lists()[0].contacts == 500


def test_import_keeps_every_attribute(load: Import, imported: Imported, store: SqlStore) -> None:
    names = [spec.name for spec in SYSTEM_ATTRIBUTES]
    values = {name: f"the {name}" for name in names} | {
        "Email": "ann@example.com",
        "UserContactId": "U1",
        "PhoneNumber1": "(415) 555-0123",
        "PhoneNumber1CtryCode": "1",
        "TimeZone": "America/Denver",
        "PhoneNumber2": "020 7946 0958",
        "PhoneNumber2CtryCode": "44",
        "PhoneNumber2Tz": "Europe/London",
        "AccountBalance": "12.50",
    }
    load(",".join(values) + "\n" + ",".join(values.values()) + "\n")
    assert imported() == {"U1": values | {"PhoneNumber1": "+14155550123", "PhoneNumber2": "+442079460958"}}
    assert [spec.name for spec in store.attributes()] == [*names, "AccountBalance"]


@pytest.mark.parametrize(
    ("number", "country", "stored", "timezone"),
    [
        ("+49 30 23125-123", "", "+493023125123", "Europe/Berlin"),
        ("0049 30 23125123", "49", "+493023125123", "Europe/Berlin"),
        ("030 23125123", "+49", "+493023125123", "Europe/Berlin"),
        ("030 23125123", "de", "+493023125123", "Europe/Berlin"),
        ("(312) 555-0123", "1", "+13125550123", "America/Chicago"),
        ("416-555-0123", "1", "+14165550123", "America/Toronto"),
        ("612 345 678", "34", "+34612345678", "Europe/Madrid,Atlantic/Canary"),
        (
            "+1 800 555 0199",
            "",
            "+18005550199",
            "America/New_York,America/Chicago,America/Denver,America/Phoenix,America/Los_Angeles,"
            "America/Anchorage,America/Adak,Pacific/Honolulu",
        ),
    ],
)
def test_import_number_becomes_e164_and_tells_its_time_zone(
    load: Import, imported: Imported, number: str, country: str, stored: str, timezone: str
) -> None:
    load(f"UserContactId,PhoneNumber1,PhoneNumber1CtryCode\nU1,{number},{country}\n")
    contact = imported()["U1"]
    assert (contact["PhoneNumber1"], contact["TimeZone"]) == (stored, timezone)
    assert stored.startswith("+" + contact["PhoneNumber1CtryCode"])
    report = load(f'UserContactId,PhoneNumber1,TimeZone\nU2,{stored},"{timezone}"\n')  # as exported
    assert (report.rejected, imported()["U2"]["TimeZone"]) == (0, timezone)


def test_import_number_without_country_takes_that_of_the_call(load: Import, imported: Imported) -> None:
    load(HEAD + "U1,020 7946 0958\nU2,+12125550123\n", country="44")
    assert [contact["PhoneNumber1"] for contact in imported().values()] == ["+442079460958", "+12125550123"]


def test_import_keeps_its_country_with_the_list(load: Import, imported: Imported, store: SqlStore) -> None:
    load(HEAD + "U1,030 123456\n", country="de")
    assert store.contact_lists()[0].country == "DE"
    load(HEAD + "U2,030 123457\n")
    load(HEAD + "U3,020 7946 0958\n", country="GB")
    load(HEAD + "U4,020 7946 0959\n")
    assert [contact["PhoneNumber1"] for contact in imported().values()] == [
        "+4930123456",
        "+4930123457",
        "+442079460958",
        "+442079460959",
    ]


def test_import_second_number_is_of_the_country_of_the_first_where_nothing_else_is_known(
    load: Import, imported: Imported
) -> None:
    load("UserContactId,PhoneNumber1,PhoneNumber2\nU1,+4930123456,030 123457\n")
    assert imported()["U1"]["PhoneNumber2"] == "+4930123457"
    load("UserContactId,PhoneNumber1,PhoneNumber2\nU1,+4930123456,020 7946 0958\n", country="GB")
    assert imported()["U1"]["PhoneNumber2"] == "+442079460958"


def test_import_that_does_not_say_zones_keeps_the_one_that_was_given(
    load: Import, imported: Imported
) -> None:
    head = "UserContactId,PhoneNumber1,TimeZone\n"
    load(head + "U1,+12125550123,America/Denver\nU2,+12125550124,America/Denver\n")
    load(HEAD + "U1,+12125550123\nU2,+13125550124\n")
    assert [contact["TimeZone"] for contact in imported().values()] == ["America/Denver", "America/Chicago"]
    load(head + "U1,+12125550123,\n")
    assert imported()["U1"]["TimeZone"] == "America/New_York"


def test_import_premium_number_only_where_it_is_allowed(
    load: Import, imported: Imported, rejects: Rejects
) -> None:
    rows = HEAD + "U1,+44 909 879 0000\nU2,+1 900 234 5678\nU3,+49 900 1 234567\n"
    assert load(rows).rejected == 3
    assert imported() == {}
    assert rejects()[0].endswith("costs a premium; --allow-premium takes such numbers too")
    assert load(rows, allow_premium=True).rejected == 0
    assert imported()["U1"]["PhoneNumber1"] == "+449098790000"


def test_import_other_attribute_that_is_a_phone_is_read_too(
    load: Import, imported: Imported, store: SqlStore
) -> None:
    store.define_attributes([AttributeSpec("Assistant", "phone")])
    head = "UserContactId,PhoneNumber1,Assistant\n"
    rows = "U1,+4930123456,030 123457\nU2,+4930123456,030 123457 Fax\nU3,+4930123456,\n"
    assert load(head + rows).rejected == 1
    assert imported()["U1"]["Assistant"] == "+4930123457"


def test_import_refuses_an_e_mail_address_that_is_none_as_programs_are(
    load: Import, imported: Imported
) -> None:
    head = "UserContactId,PhoneNumber1,Email\n"
    rows = "U1,+4930123456,ann@example.com\nU2,+4930123457,ann at example\nU3,+4930123458,\n"
    assert load(head + rows).rejected == 1
    assert imported().keys() == {"U1", "U3"}


def test_import_time_zone_is_written_as_iana_does(load: Import, imported: Imported) -> None:
    load("UserContactId,PhoneNumber1,TimeZone\nU1,+12125550123,america/new york\n")
    assert imported()["U1"]["TimeZone"] == "America/New_York"


SALESFORCE = (
    "Contact ID,Salutation,First Name,Last Name,Title,Phone,Mobile,Email,Mailing Street,Mailing City,"
    "Mailing State/Province,Mailing Zip/Postal Code,Mailing Country\n"
    "0035g00000AbCdE,Ms.,Ann,Lee,CFO,(415) 555-0123,4155550124,ann@example.com,1 Main St,Reno,NV,89501,USA\n"
)
HUBSPOT = (
    "Record ID,First Name,Last Name,Email,Phone Number,Mobile Phone Number,Street Address,City,State/Region,"
    "Postal Code,Country/Region,Preferred language,Time Zone\n"
    "251,Ann,Lee,ann@example.com,+14155550123,+14155550124,1 Main St,Reno,NV,89501,USA,en,America/Denver\n"
)


@pytest.mark.parametrize(("export", "contact_id"), [(SALESFORCE, "0035g00000AbCdE"), (HUBSPOT, "251")])
def test_import_exports_of_crms_as_they_are(
    load: Import, imported: Imported, export: str, contact_id: str
) -> None:
    report = load(export, country="US")
    assert report.rejected == 0
    contact = imported()[contact_id]
    expected = {
        "FirstName": "Ann",
        "LastName": "Lee",
        "PhoneNumber1": "+14155550123",
        "PhoneNumber2": "+14155550124",
        "Email": "ann@example.com",
        "AddrLine1Predefined": "1 Main St",
        "AddrLine2Predefined": "Reno",
        "AddrLine3Predefined": "NV",
        "ZipcodePredefined": "89501",
        "CountryPredefined": "USA",
    }
    assert expected.items() <= contact.items()
    if "Salutation" in export:
        assert (contact["TitlePredefined"], contact["Title"]) == ("Ms.", "CFO")


def test_import_mapped_columns_win_over_their_names(load: Import, imported: Imported) -> None:
    load(
        "Id,Phone,Work,Secret\nU1,+12125550123,+12125550124,x\n",
        mapping={"work": "PhoneNumber1", "Phone": "PhoneNumber2", "Secret": "", "Id": "UserContactId"},
    )
    contact = imported()["U1"]
    assert (contact["PhoneNumber1"], contact["PhoneNumber2"]) == ("+12125550124", "+12125550123")
    assert "Secret" not in contact


def test_import_mapped_column_is_the_one_spelled_so_before_one_spelled_alike(
    load: Import, imported: Imported
) -> None:
    load("UserContactId,phone,Phone\nU1,none,+12125550123\n", mapping={"Phone": "PhoneNumber1"})
    assert imported()["U1"]["PhoneNumber1"] == "+12125550123"


def test_import_ignores_as_many_columns_as_wanted(load: Import, imported: Imported) -> None:
    load("UserContactId,PhoneNumber1,A,B\nU1,+12125550123,a,b\n", mapping={"A": "", "B": ""})
    assert not imported()["U1"].keys() & {"A", "B", ""}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_import_finds_the_delimiter(load: Import, imported: Imported, delimiter: str) -> None:
    rows = [["UserContactId", '"Last, first; | name"', "PhoneNumber1"], ["U1", '"Lee, Ann"', "+12125550123"]]
    load("\n".join(delimiter.join(row) for row in rows))
    assert imported()["U1"]["Last, first; | name"] == "Lee, Ann"


def test_import_delimiters_in_a_quoted_name_do_not_count(load: Import, imported: Imported) -> None:
    load('UserContactId;PhoneNumber1;"a, b, c, d"\nU1;+12125550123;x\n')
    assert imported()["U1"]["a, b, c, d"] == "x"


def test_import_takes_byte_order_mark_dos_lines_and_empty_lines(load: Import, imported: Imported) -> None:
    report = load(b"\xef\xbb\xbfUserContactId,PhoneNumber1\r\n\r\nU1,+12125550123\r\n,\r\n\r\n")
    assert (report.rows, report.rejected) == (1, 0)
    assert list(imported()) == ["U1"]


def test_import_empty_lines_before_the_header_do_no_harm(load: Import, imported: Imported) -> None:
    load("\n\nUserContactId;PhoneNumber1\nU1;+12125550123\n")
    assert list(imported()) == ["U1"]


def test_import_quoted_newlines_keep_line_numbers_true(
    load: Import, imported: Imported, rejects: Rejects
) -> None:
    load('UserContactId,PhoneNumber1,Note\nU1,+12125550123,"two\nlines ""quoted"""\n\nU2,12,\n')
    assert imported() == {}
    assert rejects()[0].startswith("2,Note,")
    assert rejects()[-1].startswith("5,PhoneNumber1,12,")


@pytest.mark.parametrize(
    "name", ["می\u200cخواهم", "क्\u200dष", "Co\u00adop", "Anne\u00a0Marie", "山田\u3000太郎", "\u202aאב\u202c"]
)
def test_import_keeps_what_people_have_in_names(load: Import, imported: Imported, name: str) -> None:
    report = load(f"UserContactId,PhoneNumber1,LastName\nU1,+12125550123, {name} \n")
    assert report.rejected == 0
    assert imported()["U1"]["LastName"] == name


@pytest.mark.parametrize("char", ["\x07", "\x1f", "\x7f", "\x85", "\x9b", "\t", "\u2028", "\u2029", "\n"])
def test_import_cell_with_a_control_character_is_turned_away_and_named(
    load: Import, imported: Imported, rejects: Rejects, char: str
) -> None:
    row = f'U1,+12125550123,"Ann{char}"\n'
    report = load("UserContactId,PhoneNumber1,LastName\n" + row + "U2,+12125550124,Bea\n")
    assert (report.rejected, list(imported())) == (1, ["U2"])
    assert f"has U+{ord(char):04X}, a " in rejects()[-1]


def test_import_names_with_control_characters_are_refused(
    load: Import, store: SqlStore, tmp_path: Path
) -> None:
    with pytest.raises(
        ServiceError, match=r"the name of column 3, 'No\\x07te', has U\+0007, a control character"
    ):
        load("UserContactId,PhoneNumber1,No\x07te\nU1,+12125550123,\n")
    with pytest.raises(ServiceError, match=r"--map: 'No\\x07te' has U\+0007"):
        load("UserContactId,PhoneNumber1,Note\nU1,+12125550123,\n", mapping={"Note": "No\x07te"})
    with pytest.raises(ServiceError, match=r"the contact list's name 'A\\x85' has U\+0085"):
        import_contacts(services(store), tmp_path / "people.csv", "A\x85")
    assert store.contact_lists() == ()


def test_import_other_encoding_if_told(load: Import, imported: Imported) -> None:
    load("UserContactId,PhoneNumber1,LastName\nU1,+12125550123,Müller\n".encode("cp1252"), encoding="cp1252")
    assert imported()["U1"]["LastName"] == "Müller"


def test_import_utf16_if_told(load: Import, imported: Imported) -> None:
    load((HEAD + GOOD).encode("utf-16"), encoding="utf-16")
    assert list(imported()) == ["U1"]


def test_import_again_updates_and_takes_away(load: Import, imported: Imported) -> None:
    head = "UserContactId,PhoneNumber1,PhoneNumber2,FirstName,LastName\n"
    load(head + "U1,+12125550123,+12125550124,Ann,Lee\nU2,+12125550125,,Bob,Ray\n")
    report = load(head + "U1,+12125550199,,Anna,\nU3,+12125550126,,Cleo,Fox\n")
    assert (report.created, report.updated) == (1, 1)
    contacts = imported()
    assert sorted(contacts) == ["U1", "U2", "U3"]
    assert (contacts["U1"]["PhoneNumber1"], contacts["U1"]["FirstName"]) == ("+12125550199", "Anna")
    assert not {"PhoneNumber2", "PhoneNumber2CtryCode", "PhoneNumber2Tz", "LastName"} & set(contacts["U1"])


def test_import_again_without_a_column_leaves_what_it_was(load: Import, imported: Imported) -> None:
    load("UserContactId,PhoneNumber1,PhoneNumber2,FirstName\nU1,+12125550123,+12125550124,Ann\n")
    load(HEAD + "U1,+12125550199\n")
    contact = imported()["U1"]
    assert (contact["PhoneNumber2"], contact["FirstName"]) == ("+12125550124", "Ann")


def test_import_same_id_twice_in_a_file_keeps_the_last(load: Import, imported: Imported) -> None:
    report = load(HEAD + GOOD + "U1,+12125550199\n")
    assert (report.rows, report.created, report.updated) == (2, 1, 1)
    assert imported()["U1"]["PhoneNumber1"] == "+12125550199"


def test_import_counts_contacts_on_the_do_not_call_list(load: Import, store: SqlStore) -> None:
    store.add_to_dnc([DncEntry("+12125550124", "supervisor", 1.0)])
    report = load("UserContactId,PhoneNumber1,PhoneNumber2\nU1,+12125550123,+12125550124\nU2,+12125550125,\n")
    assert (report.created, report.on_dnc) == (2, 1)


def test_import_stores_in_chunks_while_rows_come(store: SqlStore) -> None:
    seen: list[int] = []

    def rows() -> Iterator[Row]:
        yield Row(1, ("Id", "Phone"))
        for number in range(460):
            if number in (201, 401):
                seen.append(store.contact_lists()[0].contacts)
            yield Row(number + 2, (f"U{number}", f"+1212555{number:04}"))

    (report,) = services(store).contacts.import_rows(rows(), "A", source="x.csv")
    assert isinstance(report, ImportReport)
    assert (seen, report.created, report.last_line, report.stopped) == ([200, 400], 460, 461, False)


def test_import_that_is_stopped_keeps_what_came_and_says_how_far(store: SqlStore) -> None:
    def rows() -> Iterator[Row]:
        yield Row(1, ("Id", "Phone"))
        for number in range(250):
            yield Row(number + 2, (f"U{number}", f"+1212555{number:04}"))
        raise Stopped

    (report,) = services(store).contacts.import_rows(rows(), "A", source="x.csv")
    assert isinstance(report, ImportReport)
    assert (report.created, report.last_line, report.stopped) == (250, 251, True)
    assert store.contact_lists()[0].contacts == 250


# -- what is turned away, row by row -------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "reject"),
    [
        (",+12125550123,,,", "2,Id,,every contact needs an id"),
        ("U2,,,,", "2,Phone,,every contact needs a telephone number"),
        ("U2,call me,1,,", "2,Phone,call me,is not a telephone number"),
        ("U2,555-01,1,,", "2,Phone,555-01,is too short for a number of US"),
        ("U2,212 555 0123 99,1,,", "2,Phone,212 555 0123 99,is too long for a number of US"),
        ("U2,555-0123,1,,", "2,Phone,555-0123,is without its area code for a number of US"),
        ("U2,122 555 0123,1,,", "2,Phone,122 555 0123,is not a number that exists in US"),
        ("U2,212 555 0123 x4,1,,", '2,Phone,212 555 0123 x4,"has an extension, which cannot be dialled"'),
        (
            "U2,212 555 0123,,,",
            '2,Phone,212 555 0123,"has no country code; write it with +, or tell the country"',
        ),
        (
            "U2,212 555 0123,999,,",
            "2,Country code,999,no such country code; a calling code such as 44 or a region such as GB"
            " is needed",
        ),
        (
            "U2,+442079460958,1,,",
            "2,Country code,1,the number has the country code 44",
        ),
        (
            "U2,+12125550123,,Europe/Atlantis,",
            "2,TimeZone,Europe/Atlantis,no such time zone; an IANA name such as Europe/Berlin is needed",
        ),
        (
            "U2,+80012345678,,,",
            '2,TimeZone,,"the number does not tell its time zone, so it must be given"',
        ),
        ("U2,+12125550123,,,12", "2,Mobile,12,is too short for a number of US"),
        ("U2,+12125550123", "2,,2 columns,the header names 5 columns"),
        ("U2,+12125550123,,,,,x", "2,,7 columns,the header names 5 columns"),
        ("U2" + "x" * 99 + ",+12125550123,,,", f"2,Id,U2{'x' * 99},has 101 characters; allowed are 100"),
        (
            '"U2"x,+12125550123,,,',
            "2,,,a closing quote must be followed by a delimiter; write a quote inside a quoted field twice",
        ),
    ],
)
def test_import_turns_away_a_row_and_takes_the_others(
    load: Import, imported: Imported, rejects: Rejects, row: str, reject: str
) -> None:
    report = load(f"Id,Phone,Country code,TimeZone,Mobile\n{row}\nU1,+12125550123,,,\n")
    assert (report.rows, report.created, report.rejected) == (2, 1, 1)
    assert rejects() == [reject]
    assert list(imported()) == ["U1"]


def test_import_row_with_many_mistakes_names_each(load: Import, rejects: Rejects) -> None:
    report = load("UserContactId,PhoneNumber1,PhoneNumber2\n,x,y\n", country="US")
    assert report.rejected == 1
    assert [line.split(",")[:2] for line in rejects()] == [
        ["2", "PhoneNumber1"],
        ["2", "PhoneNumber2"],
        ["2", "UserContactId"],
    ]


def notes(count: int, first: int = 0) -> str:
    return ",".join(f"Note{number}" for number in range(first, first + count))


def test_import_row_too_big_for_a_desktop_turned_away(load: Import, rejects: Rejects) -> None:
    row = ",".join(["x" * 1900] * 8)
    report = load(f"UserContactId,PhoneNumber1,{notes(8)}\nU1,+12125550123,{row}\n")
    assert report.created == 0
    size, room = 15259, ROOM_BYTES - NAMES_BYTES
    assert rejects()[0].startswith(f'2,,{size} bytes,"are the values of this contact, those included that it')
    assert rejects()[0].endswith(f'a desktop can be told {room} bytes at once"')


def test_import_row_is_measured_as_it_is_sent(load: Import, rejects: Rejects) -> None:
    row = ",".join(["é" * 1000] * 7)
    report = load(f"UserContactId,PhoneNumber1,{notes(7)}\nU1,+12125550123,{row}\n")
    assert report.rejected == 1
    assert "14056 bytes" in rejects()[0]


def test_import_that_lets_a_contact_grow_too_large_leaves_it_as_it_was(
    load: Import, imported: Imported, rejects: Rejects
) -> None:
    row = ",".join(["x" * 1900] * 6)
    assert load(f"UserContactId,PhoneNumber1,{notes(6)}\nU1,+12125550123,{row}\n").created == 1
    before = imported()
    second = f"UserContactId,PhoneNumber1,{notes(6, 6)}\nU1,+12125550124,{row}\nU2,+12125550125,{row}\n"
    report = load(second)
    assert (report.rows, report.created, report.updated, report.rejected) == (2, 1, 0, 1)
    assert imported()["U1"] == before["U1"]
    assert rejects()[0].startswith("2,,22")
    assert "those included that it has already" in rejects()[0]
    # what is taken away in the same row makes room
    changed = f"UserContactId,PhoneNumber1,{notes(6)},Note6\nU1,+12125550123,,,,,,,{'x' * 1900}\n"
    assert load(changed).updated == 1
    assert imported()["U1"].keys() == {
        "UserContactId",
        "PhoneNumber1",
        "PhoneNumber1CtryCode",
        "TimeZone",
        "Note6",
    }


def test_import_lets_a_contact_that_was_too_large_before_get_smaller(
    load: Import, imported: Imported, store: SqlStore
) -> None:
    load(f"UserContactId,PhoneNumber1,{notes(2)}\nU1,+12125550123,a,b\n")
    grown = "UPDATE contact_attribute SET value = ? WHERE name = ?"
    for name in ("Note0", "Note1"):
        store._database.write(lambda tx, name=name: tx.sql.execute(grown, ("x" * 9000, name)))
    head = "UserContactId,PhoneNumber1,Note0\n"
    assert load(head + f"U1,+12125550123,{'x' * 2000}\n").updated == 1
    assert len(imported()["U1"]["Note0"]) == 2000


def test_import_of_one_id_twice_takes_the_last_that_fits(load: Import, imported: Imported) -> None:
    full = ",".join(["x" * 1900] * 8)
    rows = f"U1,+12125550123,small{',' * 7}\nU1,+12125550124,{full}\n"
    report = load(f"UserContactId,PhoneNumber1,{notes(8)}\n{rows}")
    assert (report.created, report.updated, report.rejected) == (1, 0, 1)
    assert (imported()["U1"]["PhoneNumber1"], imported()["U1"]["Note0"]) == ("+12125550123", "small")


def test_import_with_more_columns_than_a_desktop_can_be_told_is_refused(
    load: Import, store: SqlStore
) -> None:
    with pytest.raises(ServiceError, match=r"with 419 new attributes there would be 419, .*leave some out"):
        load(f"UserContactId,PhoneNumber1,{notes(400)}\nU1,+12125550123{',' * 400}\n")
    assert store.attributes() == ()
    assert store.contact_lists() == ()


def test_import_with_columns_that_would_cut_a_contact_there_is_is_refused(
    load: Import, store: SqlStore
) -> None:
    row = ",".join(["x" * 1900] * 6)
    load(f"UserContactId,PhoneNumber1,{notes(6)}\nU1,+12125550123,{row}\n")
    many = f"UserContactId,PhoneNumber1,{notes(90, 6)}\nU2,+12125550123{',' * 90}\n"
    with pytest.raises(ServiceError, match="with 90 new attributes"):
        load(many)
    load(f"UserContactId,PhoneNumber1,{notes(6)}\nU1,+12125550123{',' * 6}\n")
    assert load(many).created == 1


def test_import_value_too_long_shown_cut(load: Import, rejects: Rejects) -> None:
    load(f"UserContactId,PhoneNumber1,Note\nU1,+12125550123,{'x' * 3000}\n")
    assert rejects() == [f"2,Note,{'x' * 200},has 3000 characters; allowed are 2000"]


def test_import_quote_never_closed_is_told_with_its_first_line(
    load: Import, imported: Imported, rejects: Rejects
) -> None:
    load(HEAD + GOOD + '"U2,+12125550124\nU3,+12125550125\n')
    assert list(imported()) == ["U1"]
    assert rejects() == ["3,,,a quote that is opened here is not closed before the end of the file"]


def test_import_field_without_end_is_told(load: Import, rejects: Rejects) -> None:
    load(HEAD + f'U2,"{"x" * 200_000}"\n' + GOOD)
    assert "a field has more than 131072 characters" in rejects()[0]


def test_import_without_bad_rows_makes_no_reject_file(load: Import, tmp_path: Path) -> None:
    assert load(HEAD + GOOD).rejected == 0
    assert not (tmp_path / "people.rejects.csv").exists()


@given(content=st.lists(st.text('U1+25",;\n\r\x00é 0', max_size=12), max_size=12).map("\n".join))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_import_any_text_is_counted_or_refused(load: Import, content: str) -> None:
    if "\x00" in content:
        with pytest.raises(ServiceError, match="zero byte"):
            load(HEAD + content)
    else:
        report = load(HEAD + content)
        assert report.rows == report.created + report.updated + report.rejected


# -- files that cannot be used at all ------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"\n\n  \n", "only empty lines"),
        (b",,\n,,\n", "only empty lines"),
        (
            b"Name,PhoneNumber1\n",
            "no column is UserContactId; found Name, PhoneNumber1; say which it is with",
        ),
        (b"Id,Name\n", '--map "COLUMN=PhoneNumber1"'),
        (b"Id,,Phone\n", "column 2 has no name"),
        (b"Id,Phone,X,X\n", "two columns are called 'X'"),
        (b"Id,Phone," + b"x" * 101 + b"\n", "has 101 characters; allowed are 100"),
        (b'Id,"Phone\n', "a quote that is opened here is not closed"),
        ("Id,Phone\n1,\u00fc\n".encode("cp1252"), "people.csv:2: not text in UTF-8"),
        (b"Id,Phone" + b",x" * 999 + b"\n", "1001 columns; allowed are 1000"),
        ("Id,Phone\n".encode("utf-16-le"), "people.csv:1: has a zero byte"),
        (b"PK\x03\x04\x14\x00\x06\x00", "has a zero byte, so it is not a text file in UTF-8; save it as CSV"),
    ],
)
def test_import_unusable_file_is_one_line_and_changes_nothing(
    load: Import, store: SqlStore, content: bytes, words: str
) -> None:
    with pytest.raises(ServiceError) as caught:
        load(content)
    assert words in str(caught.value)
    assert "people.csv" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert store.contact_lists() == ()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"mapping": {"Nowhere": "FirstName"}}, "--map names a column 'Nowhere'; there are Id, Phone"),
        ({"mapping": {"Id": "PhoneNumber1", "Phone": "PhoneNumber1"}}, "two columns are PhoneNumber1"),
        ({"mapping": {"Id": ""}}, "no column is UserContactId"),
        ({"mapping": {"Id": "x" * 101}}, "longer than 100"),
        (
            {"encoding": "klingon"},
            "encoding 'klingon': there is none of that name; allowed are such as utf-8",
        ),
        ({"encoding": "hex"}, "encoding 'hex': there is none of that name"),
        ({"encoding": "rot13"}, "encoding 'rot13': there is none of that name"),
        ({"encoding": ""}, "encoding '': there is none of that name"),
        ({"encoding": "\udcff"}, "there is none of that name"),
        ({"encoding": "utf-16"}, "people.csv:1: not text in utf-16: it does not begin with its mark"),
        ({"country": "Mars"}, "country 'Mars': no such country code"),
    ],
)
def test_import_unusable_option_is_one_line_and_changes_nothing(
    load: Import, store: SqlStore, options: dict[str, object], words: str
) -> None:
    with pytest.raises(ServiceError) as caught:
        load("Id,Phone\n" + "U1,+1212555012\n", **options)
    assert words in str(caught.value)
    assert store.contact_lists() == ()


def test_import_encoding_is_checked_to_the_last_line_before_anything_is_stored(
    load: Import, store: SqlStore
) -> None:
    rows = "".join(f"U{n},+12125550123\n" for n in range(3000))
    with pytest.raises(ServiceError, match="csv:3002: not text in UTF-8"):
        load((HEAD + rows).encode() + b"\xfc,\n")
    assert store.contact_lists() == ()


@pytest.mark.parametrize(
    ("content", "encoding", "words"),
    [
        ((HEAD + GOOD + "U2,+12125550124,Müller\n").encode(), "ascii", "people.csv:3: not text in ascii"),
        ((HEAD + GOOD + "U2,+12125550124,Müller\n").encode("latin-1"), "utf-8", ":3: not text in UTF-8"),
        (
            (HEAD + GOOD + "U2,+12125550124,Müller\n").encode("utf-16"),
            "utf-8",
            ":1: not text in UTF-8: it begins",
        ),
        (
            b"\xef\xbb\xbf" + HEAD.encode(),
            "cp1252",
            ":1: not text in cp1252: it begins with the mark of utf-8",
        ),
        (
            (HEAD + GOOD + "U2,+12125550124,Müller\n").encode(),
            "cp1252",
            ":3: not text in cp1252: here and in",
        ),
        (
            (HEAD + GOOD + "U2,+12125550124,Müller\n").encode(),
            "latin-1",
            ":3: not text in iso8859-1: here and",
        ),
        ((HEAD + GOOD).encode() + b"U2,+12125550124,\x81\n", "cp1252", ":3: not text in cp1252; save"),
        (HEAD.encode() + b"U2,\x81\x20,x\n", "shift_jis", ":2: not text in shift_jis; save"),
        ((HEAD + GOOD).encode("utf-16") + b"\x00\xd8\n\x00", "utf-16", ":3: not text in utf-16; save"),
        ((HEAD + GOOD).encode("utf-16")[:-1], "utf-16", ":2: not text in utf-16; save"),
    ],
)
def test_import_file_that_is_not_in_its_encoding_tells_the_line(
    load: Import, store: SqlStore, content: bytes, encoding: str, words: str
) -> None:
    with pytest.raises(ServiceError) as caught:
        load(content, encoding=encoding)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert store.contact_lists() == ()


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("Müller", "cp1252"),
        ("Müller", "utf-16-le"),
        ("Müller", "UTF8"),
        ("Ã¼ and ü", "latin-1"),
        ("Жуков", "cp1251"),
        ("Жуков", "koi8-r"),
        ("山田", "shift_jis"),
        ("联通", "gb18030"),
    ],
)
def test_import_reads_names_in_their_encoding(
    load: Import, imported: Imported, name: str, encoding: str
) -> None:
    load(f"UserContactId,PhoneNumber1,LastName\nU1,+12125550123,{name}\n".encode(encoding), encoding=encoding)
    assert imported()["U1"]["LastName"] == name


def test_import_takes_neutralised_cells_back(load: Import, imported: Imported) -> None:
    head = "UserContactId,PhoneNumber1,LastName,'=Formula\n"
    load(head + "U1,'+12125550123,'=Ann,''@b\n'-U2,+12125550124,'Ann,'t Hooft\n")
    contacts = imported()
    assert (contacts["U1"]["PhoneNumber1"], contacts["U1"]["LastName"]) == ("+12125550123", "=Ann")
    assert contacts["U1"]["=Formula"] == "'@b"
    assert (contacts["-U2"]["LastName"], contacts["-U2"]["=Formula"]) == ("'Ann", "'t Hooft")


def test_import_rejects_are_cells_that_no_spreadsheet_runs(load: Import, rejects: Rejects) -> None:
    load('UserContactId,PhoneNumber1\nU1,"=HYPERLINK(""http://x"")"\nU2,+99912\n')
    assert rejects()[0].startswith("""2,PhoneNumber1,"'=HYPERLINK(""http://x"")",""")
    assert rejects()[1].startswith("3,PhoneNumber1,+99912,")


def test_import_missing_file_and_directory_are_one_line(store: SqlStore, tmp_path: Path) -> None:
    for path, words in ((tmp_path / "gone.csv", "No such file"), (tmp_path, "directory")):
        with pytest.raises(ServiceError, match=words):
            import_contacts(services(store), path, "A")


def test_import_needs_a_list_name(store: SqlStore) -> None:
    with pytest.raises(ServiceError, match="needs a name"):
        import_contacts(services(store), DEMO, "  ")


# -- what spreadsheets and people do to files ---------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        "sep=;\nId;Phone\nU1;+12125550123\n",
        '"sep=\t"\r\nId\tPhone\r\nU1\t+12125550123\r\n',
        "SEP=,\nId,Phone\nU1,+12125550123\n",
        "\ufeffsep=;\nId;Phone\nU1;+12125550123\n",
        "Id,Phone,,\nU1,+12125550123,,\n",
        "Id,Phone,, ,\nU1,+12125550123\n",
        "Id;Phone;;;;\nU1;+12125550123;;\n",
        "Id,Phone\nU1,+12125550123,,,,\n",
        "Id,Phone\rU1,+12125550123\r",
        "Id,Phone\n\ufeffU1,+12125550123\n",
    ],
)
def test_import_takes_what_spreadsheets_write(load: Import, imported: Imported, content: str) -> None:
    report = load(content)
    assert (report.created, report.rejected) == (1, 0)
    assert imported()["U1"]["PhoneNumber1"] == "+12125550123"


def test_import_sep_line_keeps_line_numbers_true(load: Import, rejects: Rejects) -> None:
    load("sep=;\nId;Phone\nU1;12\n")
    assert rejects()[0].startswith("3,Phone,12,")


def test_import_value_under_no_name_is_rejected(load: Import, rejects: Rejects) -> None:
    assert load("Id,Phone,,\nU1,+12125550123,,x\n").rejected == 1
    assert rejects() == ["2,,4 columns,the header names 2 columns"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-32"])
def test_import_follows_the_mark_of_an_encoding(load: Import, imported: Imported, encoding: str) -> None:
    load("Id,Phone,FirstName\nU1,+12125550123,J\u00fcrgen\n".encode(encoding))
    assert imported()["U1"]["FirstName"] == "J\u00fcrgen"


def test_import_utf16_of_both_orders_and_put_together(load: Import, imported: Imported) -> None:
    for order, mark in (("le", b"\xff\xfe"), ("be", b"\xfe\xff")):
        head, row = f"Id,Phone\r\n{order}1,+12125550123\r\n", f"{order}2,+12125550124\r\n"
        load(mark + head.encode(f"utf-16-{order}") + mark + row.encode(f"utf-16-{order}"))
    assert sorted(imported()) == ["be1", "be2", "le1", "le2"]


def test_import_encoding_named_against_the_mark_is_told(load: Import) -> None:
    with pytest.raises(ServiceError, match="say --encoding utf-16, or leave it out"):
        load("Id,Phone\n".encode("utf-16"), encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "number", "name"),
    [
        ("Id,Mobile\nU1,+12125550123\n", "+12125550123", "PhoneNumber2"),
        ("Id,Phone,Mobile\nU1,,+12125550123\n", "+12125550123", "PhoneNumber2"),
        ("Id,Phone,Mobile\nU1,+12125550123,\n", "+12125550123", "PhoneNumber1"),
    ],
)
def test_import_contact_with_one_number_of_any_name_is_taken(
    load: Import, imported: Imported, content: str, number: str, name: str
) -> None:
    assert load(content).created == 1
    contact = imported()["U1"]
    assert {key: value for key, value in contact.items() if value == number} == {name: number}


def test_import_first_number_gone_second_stays(load: Import, imported: Imported) -> None:
    load("Id,Phone,Mobile\nU1,+12125550123,+12125550124\n")
    load("Id,Phone,Mobile\nU1,,+12125550124\n")
    contact = imported()["U1"]
    assert contact["PhoneNumber2"] == "+12125550124"
    assert not contact.keys() & {"PhoneNumber1", "PhoneNumber1CtryCode", "TimeZone"}


def test_import_without_any_number_is_rejected_under_the_column_that_is_there(
    load: Import, rejects: Rejects
) -> None:
    load("Id,Mobile\nU1,\n")
    assert rejects() == ["2,Mobile,,every contact needs a telephone number"]


def test_import_leaves_out_what_an_export_says_of_campaigns(load: Import, store: SqlStore) -> None:
    load("Id,Phone,campaign:Spring:state\nU1,+12125550123,done\n")
    assert "campaign:Spring:state" not in {spec.name for spec in store.attributes()}
    load("Id,Phone,campaign:X\nU1,+12125550123,done\n", mapping={"campaign:X": "X"})
    assert "X" in {spec.name for spec in store.attributes()}


# -- files that are none -------------------------------------------------------------------


def test_import_line_without_end_is_refused_before_it_is_read(
    load: Import, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(textfile, "MAX_LINE_CHARACTERS", 1000)
    assert load(HEAD + GOOD + "U2,+12125550124" + " " * 900 + "\n").created == 2
    with pytest.raises(ServiceError, match=r"people.csv:3: a line has more than 1000 characters"):
        load(HEAD + GOOD + "x" * 1001)
    assert store.contact_lists()[0].contacts == 2


def test_import_row_that_its_quotes_keep_open_is_no_longer_than_a_line(
    load: Import, rejects: Rejects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(textfile, "MAX_LINE_CHARACTERS", 1000)
    load(HEAD + 'U1,"' + '\n","' * 300 + '"\n' + "U2,+12125550124\n")
    assert rejects()[0].startswith("2,,,the row has more than")


@pytest.mark.parametrize("kind", ["pipe", "directory", "device", "closed"])
def test_import_of_what_is_no_file_is_one_line_at_once(store: SqlStore, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "people.csv"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    elif kind == "device":
        path = Path("/dev/zero")
    with pytest.raises(ServiceError) as caught:
        import_contacts(services(store), path, "A")
    words = {"directory": "is a directory", "closed": "No such file"}.get(kind, "is no regular file")
    assert words in str(caught.value)


def test_import_from_standard_input_is_checked_whole_first(
    store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def given(content: bytes) -> None:
        monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(content)))

    monkeypatch.chdir(tmp_path)
    given((HEAD + GOOD).encode())
    assert import_contacts(services(store), Path("-"), "A").created == 1
    given((HEAD + "U2,+12125550124\n").encode() + b"\xff")
    with pytest.raises(ServiceError, match="-:3: not text in UTF-8"):
        import_contacts(services(store), Path("-"), "A")
    given(b"\0" * 5_000_000)
    with pytest.raises(ServiceError, match="-: a line has more than"):
        import_contacts(services(store), Path("-"), "A")
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(ServiceError, match="the standard input is closed"):
        import_contacts(services(store), Path("-"), "A")
    assert store.contact_lists()[0].contacts == 1


def test_reject_file_is_a_new_one_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    row = {"line": 2, "column": "Id", "found": "", "why": "because"}
    (tmp_path / "other").mkdir()
    wanted = [None, None, Path("other"), Path("mine.csv")]
    for each in wanted:
        with RejectFile(tmp_path / "far" / "people.csv", each) as file:
            file.write(row)
    with RejectFile(Path("-")) as file:
        file.write(row)
    with RejectFile(Path("people.csv")):
        pass
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.csv")) == [
        "mine.csv",
        "other/people.rejects.csv",
        "people.rejects-2.csv",
        "people.rejects.csv",
        "stdin.rejects.csv",
    ]
    assert (tmp_path / "people.rejects.csv").read_text() == "line,column,found,why\n2,Id,,because\n"
    with pytest.raises(ServiceError, match=r"mine.csv: is there already"):
        RejectFile(Path("people.csv"), Path("mine.csv")).__enter__()
    with pytest.raises(ServiceError, match="rejected rows cannot be written there"):
        RejectFile(Path("people.csv"), Path("gone") / "x.csv").__enter__()


def test_import_into_a_list_with_a_running_job_says_so_and_hints_at_its_zone(
    store: SqlStore, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    path.write_text("UserContactId,PhoneNumber1\n1,+14155550101\n2,+14155550102\n")
    hints: list[str] = []
    at = services(store, hint=hints.append)
    assert import_contacts(at, path, "A").campaigns == ()
    codes = (CompletionCodeSpec(1, "Done"),)
    for name in ("Never", "Over", "Spring"):
        spec = CampaignSpec(0, name, PacingType.Progressive, "English", codes, 1)
        at.campaigns.create(spec, ["A"])
    at.campaigns.run("Over", ["Default"])
    at.campaigns.stop("Over")
    at.campaigns.run("Spring", ["Default"])
    hints.clear()
    path.write_text("UserContactId,PhoneNumber1\n2,+14155550102\n3,+14155550103\n")
    report = import_contacts(at, path, "A")
    assert report.campaigns == (
        Intake("Never", None, 0),
        Intake("Over", JobState.Stopped, 0),
        Intake("Spring", JobState.Running, 1),
    )
    assert hints == ["Default"]
