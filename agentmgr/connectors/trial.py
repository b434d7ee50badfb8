"""A plug-in called once with made-up values, for whoever wants to know whether it works."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from agentmgr.connectors.protocols import (
    AttemptInfo,
    CampaignInfo,
    ChannelType,
    Contact,
    ContactInfo,
    JobInfo,
    Kind,
    PomInfo,
    ResultMessage,
)
from agentmgr.connectors.workers import Connectors

_INFO = PomInfo(
    job_id=1,
    contact_id="example-1",
    contact_group_id=1,
    contact_group_name="Example list",
    address="+12025550100",
    campaign_name="Example campaign",
)


def try_out(connectors: Connectors, kind: Kind, name: str) -> Iterator[Mapping[str, Any]]:
    """Call a plug-in, and yield what it gives as rows.

    Raises:
        ConnectorFailed: it does not work; the text says why.
    """
    if kind is Kind.ImportSource:
        with connectors.import_source(name, 0) as run:
            for batch in run.batches():
                yield from map(_shown, batch)
    elif kind is Kind.Action:
        yield {"gave": connectors.decide(kind, name, "process_contact", _INFO, "Busy")}
    elif kind is Kind.ResultProcessor:
        yield {"gave": connectors.decide(kind, name, "process_result", _INFO, "Busy")}
    elif kind is Kind.Publisher:
        connectors.call(kind, name, "publish", [_result()])
        yield {"took": "a result"}
    else:
        connectors.call(kind, name, "process_contact_attempt", *_attempt())
        yield {"took": "an attempt"}


def _shown(contact: Contact) -> Mapping[str, Any]:
    return {
        "id": contact.user_contact_id,
        "first name": contact.first_name,
        "last name": contact.last_name,
        "number": contact.phone_number1,
        "attributes": ", ".join(f"{name}={value}" for name, value in contact.attributes.items()),
    }


def _result() -> ResultMessage:
    return ResultMessage(
        message_id="example-1",
        campaign_name=_INFO.campaign_name,
        job_id=_INFO.job_id,
        contact_id=_INFO.contact_id,
        pim_session_id=1,
        address=_INFO.address,
        contact_group_name=_INFO.contact_group_name,
        zone_name="Default",
        result="Busy",
    )


def _attempt() -> tuple[CampaignInfo, JobInfo, ContactInfo, AttemptInfo]:
    now = datetime.now(UTC)
    return (
        CampaignInfo(campaign_id=1, org_name="", name=_INFO.campaign_name, priority=5),
        JobInfo(job_id=_INFO.job_id, start_time=now, end_time=now, finish_reason="Finished"),
        ContactInfo(
            contact_id=_INFO.contact_id,
            contact_group_id=_INFO.contact_group_id,
            contact_group_name=_INFO.contact_group_name,
            phone_number1=_INFO.address,
            phone_number2="",
            first_name="Ann",
            last_name="Example",
            email="",
            language="",
            time_zone="America/New_York",
            last_attempt_time=now,
            last_successful_attempt_time=None,
            contact_attribute={"FirstName": "Ann", "LastName": "Example"},
        ),
        AttemptInfo(
            pim_session_id=1,
            pim_completion_code="Busy",
            pim_sys_completion_code="Busy",
            pim_job_id=_INFO.job_id,
            pim_server_name="Default",
            session_id="1",
            contact_attempt_time=now,
            channel_type=ChannelType.Voice,
            address=_INFO.address,
        ),
    )
