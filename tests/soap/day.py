"""A day of an integrator, the same whichever client plays it: what is called, and what has to come of it.

The job is worked on meanwhile by simulated agents, so what comes of calls is waited for, by asking again.
"""

import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import requests
from attrs import field, frozen
from foreign import Foreign, Refused, moment

from agentmgr.api.operations import OPERATIONS
from protocol.test_numbers import Outcome, number_for

SERVICE_OF = {each.name: each.service.name for each in OPERATIONS.values()}
AGENTS = tuple(str(each) for each in range(2001, 2009))
SKILL = "Day"
CODES = ("Sale", "Promised")
ZONE = ZoneInfo("Asia/Kolkata")
CONTACTS, LATER, IMPORTED = 6, 6, 40
"""How many contacts are there before the job runs, the number of one that comes later, and of an import."""

WITHIN_S, ASKED_AGAIN_AFTER_S = 30.0, 0.1
Found = TypeVar("Found")


def until(look: Callable[[], Found], wanted: Callable[[Found], bool]) -> Found:
    """Ask again until what is found is wanted; return it."""
    ends = time.monotonic() + WITHIN_S
    while not wanted(found := look()):
        assert time.monotonic() < ends, f"after {WITHIN_S} s still {found!r}"
        time.sleep(ASKED_AGAIN_AFTER_S)
    return found


@frozen
class Day:
    """The day of one client.

    Attributes:
        name: begins all that is the client's own.
        line: 0 to 9, what its telephone numbers differ from those of others by.
        url: of the server, for the attempts, which the two services do not tell.
        numbers: tells the numbers of a job's campaign and agents, by agent, which they do not tell either.
    """

    client: Foreign
    name: str
    line: int
    url: str
    numbers: Callable[[int], dict[str, float]]
    played: set[str] = field(factory=set)

    def call(self, operation: str, user: str = "admin", **request: Any) -> Any:
        self.played.add(operation)
        return self.client.call(SERVICE_OF[operation], operation, request, user)

    def gives(self, expected: object, operation: str, user: str = "admin", **request: Any) -> None:
        assert self.call(operation, user, **request) == expected, (operation, request)

    def refused(self, code: int, operation: str, user: str = "admin", **request: Any) -> None:
        found = None
        try:
            answer = self.call(operation, user, **request)
        except Refused as refused:
            found, answer = refused.code, None
        assert found == code, (operation, request, answer)

    @property
    def once(self) -> str:
        """The campaign that ends when nobody is left; the other goes on, and its pacing is the program's."""
        return f"{self.name} once"

    @property
    def clock(self) -> str:
        """The list whose contact tells the server's time, and whence one is added to the job."""
        return f"{self.name} clock"

    @property
    def source(self) -> str:
        """The data source, and the list that it fills."""
        return f"{self.name} leads"

    def number(self, contact: int) -> str:
        return number_for(Outcome.ANSWERS, after_s=self.line, time_s=5 + contact // 8, line=contact % 8)

    def contact(self, contact: int, contact_list: str = "") -> dict[str, Any]:
        return {
            "UserContactId": f"C-{contact}",
            "ContactListName": contact_list or self.name,
            "FirstName": "Zo\xeb & <Ada>",
            "LastName": f"Day {contact}",
            "PhoneNumber1": self.number(contact),
            "AttributeObj": [{"Name": "Score", "Value": str(contact)}, {"Name": "Plan", "Value": "]]>"}],
        }

    def save(self, contact: dict[str, Any], **switches: bool) -> Any:
        return self.call("SaveContactToList", ContactToBeSaved=contact, **switches)

    def read(self, contact: int, contact_list: str = "") -> dict[str, Any]:
        where = {"UserContactID": f"C-{contact}", "ContactListName": contact_list or self.name}
        found = self.call("GetContactDataFromList", **where)
        assert isinstance(found, dict)
        return found

    def now(self) -> datetime:
        """Return the server's time: when a contact was saved just now."""
        self.save(self.contact(0, self.clock), UpdateExisting=True)
        return moment(self.read(0, self.clock)["LastModifiedOn"])

    def soon(self) -> datetime:
        """Return a time that is not over before it has been sent, by the clocks of ZONE."""
        return self.now().astimezone(ZONE) + timedelta(minutes=2)

    def attempts(self) -> dict[str, dict[str, Any]]:
        """Return the attempts of the campaign by contact; the two services do not list them."""
        found = requests.get(
            f"{self.url}/api/v1/attempts",
            params={"CampaignName": self.name},
            auth=("admin", "demo"),
            timeout=WITHIN_S,
        )
        return {each["UserContactID"]: each for each in found.json()["Attempts"]}

    def jobs(self, campaign: str, *states: str) -> list[tuple[int, str]]:
        found = self.call("GetCampaignJobs", CampaignName=campaign, JobState=list(states))
        return [(int(each["JobID"]), each["JobState"]) for each in found or ()]

    def becomes(self, campaign: str, state: str) -> int:
        """Wait until the last job of a campaign has a state; return its id."""
        return until(lambda: self.jobs(campaign)[-1], lambda last: last[1] == state)[0]


def look_around(day: Day) -> None:
    names = [each["CampaignName"] for each in day.call("GetCampaignDetails")]
    assert {day.name, day.once, "North news"} <= set(names)
    names = [each["CampaignName"] for each in day.call("GetCampaignDetails", "south")]
    assert day.name in names
    assert "North news" not in names
    day.gives([day.name], "GetContactListNames", CampaignName=day.name)
    day.refused(-26, "GetContactListNames", CampaignName="?")
    day.refused(-30, "GetContactListNames", "south", CampaignName="North news")
    day.refused(-53, "GetCampaignDetails", JobState=["JOB_ODD"])
    day.refused(-1, "GetCampaignJobs", CampaignName=day.name)
    day.refused(-27, "GetActiveJobs", CampaignName=day.name)
    day.refused(-22, "GetActiveJobs", CampaignName=day.once)
    day.refused(-52, "RunCampaign", CampaignName=day.once)
    scopes = (("GetCampaignAttributesList", "Promises"), ("GetAgentAttributesList", "Coffees"))
    for operation, name in scopes:
        assert [each["Value"] for each in day.call(operation) if each["Name"] == name] == ["0.0"]


def fill_list(day: Day) -> None:
    for number in range(CONTACTS):
        assert day.save(day.contact(number)) == 0
    changed = {**day.contact(0), "FirstName": "Other"}
    assert day.save(changed) == 1
    assert day.read(0)["FirstName"] == "Zo\xeb & <Ada>"
    assert day.save(changed, UpdateExisting=True) == 0
    found = day.read(0)
    assert (found["FirstName"], found["LastName"], found["LastModifiedBy"]) == ("Other", "Day 0", "admin")
    assert {each["Name"]: each["Value"] for each in found["AttributeObj"]} == {"Score": "0", "Plan": "]]>"}
    assert found.get("LastAttemptTime") is None
    bad: tuple[tuple[int, dict[str, Any]], ...] = (
        (-38, {"PhoneNumber1": "nobody"}),
        (-38, {"AttributeObj": [{"Name": "Score", "Value": "many"}]}),
        (-5, {"AttributeObj": [{"Name": "score", "Value": "1"}]}),
        (-14, {"ContactListName": "?"}),
    )
    for code, values in bad:
        wrong = {**day.contact(9), **values}
        day.refused(code, "SaveContactToList", ContactToBeSaved=wrong)
    day.refused(-2, "GetContactDataFromList", UserContactID="C-9", ContactListName=day.name)
    members = {**day.contact(0), "ContactListName": "North members"}
    day.refused(-28, "SaveContactToList", "south", ContactToBeSaved=members)


def change_attributes(day: Day) -> None:
    where = {"ContactID": "C-1", "ContactListName": day.name}
    day.gives(0, "UpdateContactAttributeValueToList", **where, AttributeName="Score", AttributeValue="12")
    day.gives("12", "GetContactAttributeValueFromList", **where, AttributeName="Score")
    day.gives(0, "UpdateContactAttributeValueToList", **where, AttributeName="Plan", AttributeValue="")
    values = (
        (-45, "UpdateContactAttributeValueToList", {"AttributeName": "Score", "AttributeValue": "1e400"}),
        (-5, "UpdateContactAttributeValueToList", {"AttributeName": "plan", "AttributeValue": "Gold"}),
        (-24, "GetContactAttributeValueFromList", {"AttributeName": "Plan"}),
        (-37, "GetPhoneNumber", {"PhoneAttributeName": "PhoneNumber2"}),
        (-5, "GetPhoneNumber", {"PhoneAttributeName": "Plan"}),
        (
            -38,
            "UpdatePhoneNumber",
            {"PhoneObject": {"PhoneNumber": "?", "PhoneAttributeName": "PhoneNumber2"}},
        ),
    )
    for code, operation, request in values:
        day.refused(code, operation, **where, **request)
    names = {each["Name"] for each in day.call("GetAttributesList", ContactListName=day.name)}
    assert {"Score", "Plan", "FirstName"} <= names
    phone = {"PhoneNumber": day.number(20), "TimeZone": "Europe/Berlin", "PhoneAttributeName": "PhoneNumber2"}
    day.gives(0, "UpdatePhoneNumber", **where, PhoneObject=phone)
    found = day.call("GetPhoneNumber", **where, PhoneAttributeName="PhoneNumber2")
    assert (found["PhoneNumber"], found["TimeZone"]) == (day.number(20), "Europe/Berlin")


def keep_from_calling(day: Day) -> None:
    address = day.number(CONTACTS - 1)
    day.gives(False, "IsDNC", Address=address)
    day.gives(True, "AddToDNCList", Address=address)
    day.gives(True, "IsDNC", Address=address)
    day.refused(-9, "AddToDNCList", Address=address)
    day.refused(-21, "AddToDNCList", "north", Address=address)
    day.refused(-18, "IsDNC", Address="")
    day.refused(-40, "IsDNC", Address=address, OrgName="?")
    refused = {**day.contact(9), "PhoneNumber1": address}
    day.refused(-6, "SaveContactToList", ContactToBeSaved=refused, CheckDNC=True)


def run(day: Day) -> None:
    day.gives(True, "RunCampaign", CampaignName=day.name)
    job = day.becomes(day.name, "JOB_ACTIVE")
    day.refused(-51, "RunCampaign", CampaignName=day.name)
    day.gives([job], "GetActiveJobs", CampaignName=day.name)
    (found,) = day.call("GetActiveJobTaskIds", CampaignName=day.name)
    (task,) = day.call("GetActiveJobTaskIdForTask", CampaignName=day.name, TaskName="Call")
    assert found == task
    assert found["JobID"] == job
    day.refused(-48, "GetActiveJobTaskIdForTask", CampaignName=day.name, TaskName="?")
    assert day.call("GetAllCompletionCodesForCampaign", JobID=job) == list(CODES)
    # nothing was dialled: with custom pacing a job may have no calls until a program says how many
    assert day.read(0).get("LastAttemptTime") is None
    day.refused(-23, "SetMaxAttemptsCount", JobID=job, Count=-1)
    day.refused(-1, "SetMaxAttemptsCount", JobID=0, Count=1)
    day.refused(-48, "SetMaxAttemptsCountForTask", JobID=job, TaskID=9999, Count=1)
    day.gives(0, "SetMaxAttemptsCountForTask", JobID=job, TaskID=task["TaskID"], Count=1)
    day.gives(0, "SetMaxAttemptsCount", JobID=job, Count=5)


def follow_job(day: Day) -> None:
    for contact in range(CONTACTS - 1):
        found = until(lambda contact=contact: day.read(contact), lambda it: it.get("LastCompletionCodeId"))
        assert int(found["LastCompletionCodeId"]) in (1, 2)
        assert moment(found["LastSuccessfulAttemptTime"]) == moment(found["LastAttemptTime"])
    blocked = f"C-{CONTACTS - 1}"  # its number is on the do-not-call list
    attempts = until(day.attempts, lambda found: blocked in found)
    assert set(attempts) == {f"C-{contact}" for contact in range(CONTACTS)}
    assert (attempts[blocked]["Outcome"], attempts[blocked].get("DialedAt")) == ("DncBlocked", None)
    session = float(attempts["C-2"]["SessionID"])
    for code in CODES:
        day.gives(0, "UpdateCompletionCode", PimSessionID=session, CompletionCode=code)
        assert int(day.read(2)["LastCompletionCodeId"]) == 1 + CODES.index(code)
    refused = ((-3, session, "?"), (-4, session, "Not interested"), (-10, session, "Busy"))
    for code_of_fault, of, code in (*refused, (-16, 99_999_999_999_999, "Sale"), (-31, 0.5, "Sale")):
        day.refused(code_of_fault, "UpdateCompletionCode", PimSessionID=of, CompletionCode=code)
    day.refused(-1, "GetAllCompletionCodesForCampaign", JobID=0)


def add_to_job(day: Day) -> None:
    assert day.save(day.contact(LATER)) == 0
    it = {"CampaignName": day.name, "ContactID": f"C-{LATER}", "ContactListName": day.name}
    # it is the job's by itself, for its list is; from another list it is not
    until(lambda: not _is_done(lambda: day.call("AddContactFromListToJob", **it), -8), bool)
    assert day.save(day.contact(LATER, day.clock)) == 0
    it["ContactListName"] = day.clock
    day.gives(0, "AddContactFromListToJob", **it, ContactPriority="HIGH")
    day.refused(-8, "AddContactFromListToJob", **it)
    day.refused(-2, "AddContactFromListToJob", **{**it, "ContactID": "C-9"})
    day.refused(-27, "AddContactFromListToJob", **{**it, "CampaignName": day.once})
    day.refused(-35, "AddContactListToJob", CampaignName=day.name, ContactListName=day.name)
    day.refused(-2, "AddContactListToJob", CampaignName=day.name, ContactListName=day.source)
    day.refused(-28, "AddContactListToJob", "south", CampaignName=day.name, ContactListName="North members")
    for contact_list in (day.name, day.clock):
        until(lambda where=contact_list: day.read(LATER, where), lambda it: it.get("LastCompletionCodeId"))


def count(day: Day) -> None:
    (job,) = day.call("GetActiveJobs", CampaignName=day.name)
    changes: tuple[tuple[float, dict[str, str]], ...] = (
        (5.5, {}),
        (2.0, {"Operation": "ADD"}),
        (0.5, {"Operation": "MINUS"}),
    )
    it = {"JobId": job, "AttributeName": "Promises"}
    for value, how in changes:
        day.gives(0, "UpdateCampaignAttributeValue", **it, AttributeValue=value, **how)
    day.refused(-45, "UpdateCampaignAttributeValue", **{**it, "AttributeName": "?"}, AttributeValue=1.0)
    day.refused(-1, "UpdateCampaignAttributeValue", **{**it, "JobId": 0}, AttributeValue=1.0)
    it = {"JobId": job, "AgentId": "1001", "AttributeName": "Coffees", "AttributeValue": 1.0}
    day.refused(-66, "UpdateAgentAttributeValue", **it)

    def counted(agent_id: str) -> bool:
        return _is_done(lambda: day.call("UpdateAgentAttributeValue", **{**it, "AgentId": agent_id}), -66)

    # an agent works for one of the jobs at a time
    agents = until(lambda: [each for each in AGENTS if counted(each)], bool)
    assert day.numbers(job) == {"": 7.0, **dict.fromkeys(agents, 1.0)}


def _is_done(call: Callable[[], object], unless: int) -> bool:
    try:
        call()
    except Refused as refused:
        if refused.code == unless:
            return False
        raise
    return True


def pause(day: Day) -> None:
    (job,) = day.call("GetActiveJobs", CampaignName=day.name)
    day.refused(-56, "ResumePausedJob", JobID=job)
    day.gives(True, "PauseActiveJob", JobID=job)
    day.refused(-55, "PauseActiveJob", JobID=job)
    assert day.jobs(day.name, "JOB_PAUSED", "JOB_COMPLETED") == [(job, "JOB_PAUSED")]
    assert day.jobs(day.name, "JOB_ACTIVE") == []
    day.gives([job], "GetActiveJobs", CampaignName=day.name)
    day.gives(True, "ResumePausedJob", JobID=job)
    assert day.jobs(day.name) == [(job, "JOB_ACTIVE")]


def call_back(day: Day) -> None:
    contact = 1
    starts = (day.now() + timedelta(minutes=1)).replace(second=0, microsecond=0) + timedelta(minutes=1)
    it = {
        "UserContactID": f"C-{contact}",
        "ContactListName": day.name,
        "CampaignName": day.name,
        "StartTime": f"{starts.astimezone(ZONE):%Y/%m/%d %H:%M}",
        "EndTime": f"{starts.astimezone(ZONE) + timedelta(hours=1):%Y/%m/%d %H:%M}",
        "TimeZone": ZONE.key,
        "ContactAttributeName": "PhoneNumber1",
        "Notes": "said \u201ctomorrow\u201d",
    }
    wrong: Iterable[tuple[int, dict[str, str]]] = (
        (-2, {"UserContactID": "C-9"}),
        (-2, {"ContactListName": "?"}),
        (-26, {"CampaignName": "?"}),
        (-39, {"StartTime": "2020/01/01 10:00"}),
        (-39, {"StartTime": "soon"}),
        (-39, {"EndTime": it["StartTime"]}),
        (-39, {"TimeZone": "Mars/Olympus"}),
        (-39, {"CampaignName": day.once}),
    )
    for code, values in wrong:
        day.refused(code, "ScheduleCallBack", **{**it, **values})
    before = moment(day.read(contact)["LastAttemptTime"])
    assert before < starts
    day.gives(0, "ScheduleCallBack", **it)
    day.refused(-33, "DeleteContactFromList", ContactID=f"C-{contact}", ContactListName=day.name)
    # an agent is shown whom it shall call back, and may do so or not
    last = until(
        lambda: day.attempts()[it["UserContactID"]],
        lambda found: moment(found["StartedAt"]) >= starts and "EndedAt" in found,
    )
    assert last["AgentID"] in AGENTS
    assert last["Outcome"] == "Cancelled" or moment(day.read(contact)["LastAttemptTime"]) > before


def stop(day: Day) -> None:
    (job,) = day.call("GetActiveJobs", CampaignName=day.name)
    day.gives(0, "SetMaxAttemptsCount", JobID=job, Count=0)
    day.gives(True, "StopJob", JobID=job)
    assert day.becomes(day.name, "JOB_STOPPED") == job
    day.refused(-57, "StopJob", JobID=job)
    day.refused(-1, "SetMaxAttemptsCount", JobID=job, Count=1)
    day.refused(-27, "GetActiveJobs", CampaignName=day.name)
    stopped = day.call("GetCampaignDetails", JobState=["JOB_STOPPED"])
    assert job in [each["JobID"] for each in stopped if each["CampaignName"] == day.name]


def schedule(day: Day) -> None:
    for number in range(2):
        assert day.save(day.contact(number, day.once)) == 0
    later = day.now().astimezone(ZONE) + timedelta(days=3)
    it = {"CampaignName": day.once, "StartTime": f"{later:%Y/%m/%d %H:%M:%S}", "TimeZone": ZONE.key}
    ends = f"{later + timedelta(days=9):%Y/%m/%d %H:%M:%S}"
    recurring = {
        "CampaignName": day.once,
        "StartTime": it["StartTime"],
        "EndTime": ends,
        "TimeZone": ZONE.key,
        "ScheduleFrequency": "Weekly",
    }
    day.refused(-59, "ScheduleCampaign", **{**it, "StartTime": "2020/01/01 10:00:00"})
    day.refused(-59, "ScheduleCampaign", **{**it, "TimeZone": "Mars/Olympus"})
    day.refused(-26, "ScheduleCampaign", **{**it, "CampaignName": "?"})
    day.refused(-59, "ScheduleRecurringCampaign", **recurring)
    day.gives(0, "ScheduleRecurringCampaign", **recurring, SelectedDays=["Monday", "FRIDAY"])
    starts = day.soon()
    day.gives(0, "ScheduleCampaign", **{**it, "StartTime": f"{starts:%Y/%m/%d %H:%M:%S}"})
    day.becomes(day.once, "JOB_COMPLETED")
    assert moment(day.read(1, day.once)["LastAttemptTime"]) >= starts.replace(microsecond=0)


def bring_in(day: Day) -> None:
    it = {"DataSourceName": day.source, "StartTime": "soon", "TimeZone": ZONE.key}
    day.refused(-12, "ScheduleDataSource", **{**it, "DataSourceName": "?"})
    day.refused(-59, "ScheduleDataSource", **it)
    day.refused(-12, "GetImportJobStatus", DataSourceName="?")
    assert not day.call("GetImportJobStatus", DataSourceName=day.source)
    recurring = {
        "DataSourceName": day.source,
        "StartTime": "2031/01/31 06:00:00",
        "EndTime": "2031/12/31 06:00:00",
        "TimeZone": ZONE.key,
    }
    day.gives(0, "ScheduleRecurringDataSource", **recurring, ScheduleFrequency="Monthly")
    day.refused(-59, "ScheduleRecurringDataSource", **recurring, ScheduleFrequency="RunEveryNMins")
    day.refused(-59, "ScheduleRecurringDataSource", **recurring, ScheduleFrequency="monthly")
    day.gives(0, "ScheduleDataSource", **{**it, "StartTime": f"{day.soon():%Y/%m/%d %H:%M:%S}"})
    states = ["QUEUED", "FILE_COPYING", "RUNNING", "CREATING_HISTORY", "COMPLETED", "ERROR"]

    def imports() -> list[dict[str, Any]]:
        return day.call("GetImportJobStatus", DataSourceName=day.source, JobStates=states) or []

    (done,) = until(imports, lambda found: any(each["Status"] in states[-2:] for each in found))
    assert (done["Status"], done["ImportName"], done["ListName"]) == ("COMPLETED", day.source, day.source)
    counts = ("ProcessedRecordCount", "SuccessCount", "ValidationFailedCount", "DuplicateIgnoredCount")
    assert [int(done[each]) for each in counts] == [IMPORTED + 2, IMPORTED, 1, 1]
    it = {"ContactID": "I-7", "ContactListName": day.source}
    day.gives("M\xfcller, 7", "GetContactAttributeValueFromList", **it, AttributeName="LastName")


def clear_up(day: Day) -> None:
    it = {"ContactID": "C-3", "ContactListName": day.name}
    day.gives(True, "DeleteContactFromList", **it)
    day.refused(-2, "DeleteContactFromList", **it)
    day.refused(-28, "DeleteContactFromList", "south", ContactID="NO00001", ContactListName="North members")
    day.refused(-14, "EmptyContactList", ContactListName="?")
    assert int(day.call("EmptyContactList", ContactListName=day.source)) <= IMPORTED

    def status() -> tuple[str, int]:
        found = day.call("GetContactListEmptyStatus", ContactListName=day.source)
        return found["EmptyStatus"], int(found["TotalCount"])

    until(status, lambda found: found == ("LIST_BEING_IDLE", 0))
    address = day.number(CONTACTS - 1)
    day.gives(True, "RemoveFromDNCList", Address=address)
    day.refused(-17, "RemoveFromDNCList", Address=address)


def use_old_names(day: Day) -> None:
    contact = {"ContactId": "O-1", "ContactGroupName": day.name, "PhoneNumber1": day.number(30)}
    where = {"ContactID": "O-1", "ContactGroupName": day.name}
    day.gives(0, "SaveContact", Contact=contact)
    day.gives(0, "UpdateContactAttributeValue", **where, AttributeName="FirstName", AttributeValue="Ada")
    day.gives("Ada", "GetContactAttributeValue", **where, AttributeName="FirstName")
    assert day.call("GetContactData", **where)["FirstName"] == "Ada"
    day.refused(-27, "AddContactToJob", CampaignName=day.name, **where)
    day.refused(-27, "AddContactGroupToJob", CampaignName=day.name, ContactGroupName=day.name)
    day.gives(True, "DeleteContact", **where)
    day.refused(-2, "GetContactData", **where)


PARTS = (
    look_around,
    fill_list,
    change_attributes,
    keep_from_calling,
    run,
    follow_job,
    add_to_job,
    count,
    pause,
    call_back,
    stop,
    schedule,
    bring_in,
    clear_up,
    use_old_names,
)


def play(day: Day) -> None:
    """Play the day from the morning to the evening."""
    for part in PARTS:
        part(day)
