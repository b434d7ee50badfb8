"""What a connector is: the protocols that plug-ins keep to, and the values that they are given and give.

Written for those who write one; nothing here but attrs is imported. A plug-in is found by its entry point,
whose object is called with its options (`Mapping[str, Any]`, what its options file has) and returns what has
the members of one of the protocols. An import source is called with the number of its import too.

All of them run in a process of their own, in one thread, where they may block. A call that takes longer than
its time limit ends that process.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any, Protocol

from attrs import Factory, field, frozen
from attrs.validators import deep_mapping, instance_of, optional


class Kind(StrEnum):
    """What a plug-in is for; its entry point is in the group of the same name behind `agentmgr.`."""

    ImportSource = "import_source"
    PostProcessor = "post_processor"
    Action = "action"
    ResultProcessor = "result_processor"
    Publisher = "publisher"

    @property
    def group(self) -> str:
        """The group of entry points."""
        return f"agentmgr.{self.value}"


class ChannelType(IntEnum):
    """How a contact was tried to be reached."""

    Voice = 1
    Email = 2
    Sms = 3


_text = instance_of(str)


@frozen(kw_only=True)
class Contact:
    """A contact as an import source gives it; what is empty says nothing.

    Attributes:
        user_contact_id: by which its list knows it.
        phone_number1, phone_number2: as people write them.
        attributes: values by the names of attributes; each must be known to the manager.
    """

    user_contact_id: str = field(validator=_text)
    first_name: str = field(default="", validator=_text)
    last_name: str = field(default="", validator=_text)
    phone_number1: str = field(default="", validator=_text)
    phone_number2: str = field(default="", validator=_text)
    email: str = field(default="", validator=_text)
    language: str = field(default="", validator=_text)
    time_zone: str = field(default="", validator=_text)
    last_modified_on: datetime | None = field(default=None, validator=optional(instance_of(datetime)))
    attributes: Mapping[str, str] = field(default=Factory(dict), validator=deep_mapping(_text, _text))


@frozen(kw_only=True)
class PomInfo:
    """A contact with which something is to be done, and in which job; `address` was used in the attempt."""

    job_id: int
    contact_id: str
    contact_group_id: int
    contact_group_name: str
    address: str
    campaign_name: str


@frozen(kw_only=True)
class CampaignInfo:
    """A campaign as a job post-processor is told it; what the manager does not keep is empty or None.

    The two voice timeouts are in milliseconds.
    """

    campaign_id: int
    org_name: str
    name: str
    priority: int
    contact_strategy_name: str = ""
    is_infinite: int = 0
    description: str = ""
    enable_pacing: bool = False
    created_by: str = ""
    last_modified_by: str = ""
    last_modified_on: datetime | None = None
    last_job_start_time: datetime | None = None
    dialing_prefix: str = ""
    sms_prefix: str = ""
    enable_compliance_timers: bool = False
    start_of_voice_timeout: int | None = None
    live_voice_timeout: int | None = None


@frozen(kw_only=True)
class JobInfo:
    """A job that is over."""

    job_id: int
    start_time: datetime
    end_time: datetime
    finish_reason: str


@frozen(kw_only=True)
class ContactInfo:
    """A contact as a job post-processor is told it; `contact_id` is the one that its list knows it by."""

    contact_id: str
    contact_group_id: int
    contact_group_name: str
    phone_number1: str
    phone_number2: str
    first_name: str
    last_name: str
    email: str
    language: str
    time_zone: str
    last_attempt_time: datetime | None
    last_successful_attempt_time: datetime | None
    contact_attribute: Mapping[str, str]


@frozen(kw_only=True)
class AttemptInfo:
    """An attempt of a job; what is not known is None, or empty.

    `pim_completion_code` is its completion code, `pim_sys_completion_code` what became of it by itself;
    `call_connect_time` is in milliseconds since 1970, the two offsets in milliseconds from then on.
    """

    pim_session_id: int | str
    pim_completion_code: str
    pim_sys_completion_code: str
    pim_job_id: int
    pim_server_name: str
    session_id: str
    contact_attempt_time: datetime
    channel_type: ChannelType
    address: str
    ringback_start_time: datetime | None = None
    last_nw_disposition_time: datetime | None = None
    call_start_time: datetime | None = None
    call_completion_time: datetime | None = None
    call_connect_time: int | None = None
    start_of_voice_offset: int | None = None
    first_prompt_offset: int | None = None
    media_server_name: str = ""


@frozen(kw_only=True)
class ResultMessage:
    """The result of an attempt, to be told to others; one that comes twice has the same `message_id`."""

    message_id: str
    campaign_name: str
    job_id: int
    contact_id: str
    pim_session_id: int | str
    address: str
    contact_group_name: str
    zone_name: str
    result: str


class ImportSource(Protocol):
    """Where the contacts of an import come from. An exception ends the import."""

    def init(self) -> None:
        """Get ready; called once, first."""
        ...

    def get_next_contact_batch(self) -> Sequence[Contact]:
        """Return the next contacts, some thousands at most."""
        ...

    def has_more_contacts(self) -> bool:
        """Say whether there is another batch; asked after each."""
        ...


class PostProcessor(Protocol):
    """Told every attempt of a job once that is over; after a failure or a crash, the last ones again."""

    def process_contact_attempt(
        self, campaign: CampaignInfo, job: JobInfo, contact: ContactInfo, attempt: AttemptInfo
    ) -> None:
        """Take an attempt."""
        ...


class Action(Protocol):
    """A step of a campaign's strategy."""

    def process_contact(self, pom_info: PomInfo, parent_state_name: str) -> bool:
        """Do it for a contact; `parent_state_name` is the state of the strategy that it stands under.

        False says that the attempt has failed.
        """
        ...


class ResultProcessor(Protocol):
    """What a campaign's strategy has done about a result."""

    def process_result(self, pom_info: PomInfo, result: str) -> bool:
        """Take a result; False says that it failed."""
        ...


class Publisher(Protocol):
    """Where the results of attempts are told."""

    def publish(self, messages: Sequence[ResultMessage]) -> None:
        """Tell them, each of another contact; returns once they are safe where they are told.

        After an exception all of them come again.
        """
        ...


METHODS: Mapping[Kind, tuple[str, ...]] = {
    Kind.ImportSource: ("init", "get_next_contact_batch", "has_more_contacts"),
    Kind.PostProcessor: ("process_contact_attempt",),
    Kind.Action: ("process_contact",),
    Kind.ResultProcessor: ("process_result",),
    Kind.Publisher: ("publish",),
}
"""The members that a plug-in must have."""

VALUES: Mapping[str, type[Any]] = {
    cls.__name__: cls
    for cls in (Contact, PomInfo, CampaignInfo, JobInfo, ContactInfo, AttemptInfo, ResultMessage)
}
"""What goes between a plug-in and the manager, beside plain values, by name."""
