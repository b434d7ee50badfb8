"""Every result code of the API with its text; the one place where codes are defined."""

from collections.abc import Mapping
from enum import IntEnum

from protocol.enums import ErrorType


class ResultCode(IntEnum):
    """The `result` of a RESP: 0 is success, all others say why a command was refused."""

    text: str
    severity: ErrorType

    __hash__ = int.__hash__  # enum's own is a Python function

    def __new__(cls, code: int, text: str = "", severity: ErrorType = ErrorType.Error) -> "ResultCode":
        member = int.__new__(cls, code)
        member._value_ = code
        member.text = text
        member.severity = severity
        return member

    SUCCESS = 0, "Done.", ErrorType.Info
    FAILURE = 1, "The command failed."
    AGENT_NOT_IN_SYSTEM = (2, "This agent may not log on here: it is disabled, or belongs to another zone.")
    NO_MEDIA_SERVER = (3, "Logon is not possible while the telephone system is down. Try again in a moment.")
    ALREADY_NAILED = (
        5,
        "There is nothing to nail up: the phone is nailed up already, or the agent works for "
        "inbound or is logging off.",
        ErrorType.Warning,
    )
    PASSWORD_NOT_VERIFIABLE = (
        6,
        "The password was not checked: too many wait, or too many wrong ones came before. Try again soon.",
    )
    ALREADY_LOGGED_IN = (
        7,
        "The agent is logged on already. Log on with isForce to take over.",
        ErrorType.Warning,
    )
    FORCED_LOGIN = (
        8,
        "The agent is being logged on by force from another desktop.",
        ErrorType.Info,
    )
    NO_SKILLS = (9, "An agent needs a skill: none was sent, or none is stored for it.")
    STATE_NOT_CHANGEABLE = (
        10,
        "The agent is being logged off; log on again when that is over.",
    )
    LOGON_INTERNAL_ERROR = (
        11,
        "The agent could not be logged on because of a fault in the server; its log says more.",
    )
    ZONE_NOT_FOUND = (
        12,
        "No zone of this name is served here; AGTGetZoneList names the zones, AgentSDKConnected "
        "tells where each is.",
    )
    INVALID_LOCALE = (13, "The locale is not a text; it may be empty.")
    INVALID_TIMEZONE = (
        15,
        "There is no such time zone: an IANA name such as Europe/Berlin is needed, or an empty text for UTC.",
    )
    INVALID_AGENT_NAME = (
        16,
        "The agent's name is needed with skills, and has at most 100 characters, none of them a "
        "control character.",
    )
    AUTHENTICATION_FAILED = (17, "Agent or account, password or resume token is wrong.")
    ALREADY_READY = 61, "The agent is ready already.", ErrorType.Warning
    WALKAWAY_IN_CALL = (
        62,
        "A walk-away was reported while the agent has a call; it can be once the call is over.",
        ErrorType.Warning,
    )
    SAME_REASON = (
        63,
        "The agent is not ready for this very reason already; another reasonCode changes it.",
        ErrorType.Warning,
    )
    STATE_CHANGE_REFUSED = (
        64,
        "The agent's state cannot be changed to this now: PendingNotReady comes of NotReady by "
        "itself, and takes no other reason.",
    )
    RELEASE_FAILED = (
        81,
        "The call cannot be released now: the agent must be talking to the customer, without a "
        "consult and not on hold.",
    )
    HOLD_FAILED = (101, "The telephone system could not hold the call; the agent is still talking.")
    HOLD_DISCONNECTED = 102, "There is nothing to hold: the call has ended."
    HOLD_NO_CALL = (
        103,
        "There is nothing to hold: the agent is not talking to a customer.",
    )
    UNHOLD_FAILED = (121, "The telephone system could not take the call off hold; the customer still waits.")
    UNHOLD_DISCONNECTED = 122, "There is nothing to take off hold: the call has ended."
    UNHOLD_NO_CALL = 123, "There is nothing to take off hold: the agent holds no call."
    CONSULT_NOT_READY = (
        141,
        "The chosen agent cannot be consulted now: it is not ready and nailed up, or works in "
        "another campaign.",
    )
    CONSULT_LOGGED_OUT = (142, "No agent of this id is logged on in this zone.")
    CONSULT_BAD_DESTINATION = (
        143,
        "Another agent can be consulted, or a telephone number that the campaign allows; this is neither.",
    )
    CONSULT_QUEUE_FULL = (
        144,
        "Two consults are waiting for the chosen agent already; another agent may be free.",
    )
    CONFERENCE_FAILED = (181, "The telephone system could not start the conference; the consult goes on.")
    CONFERENCE_NO_CONSULT = (182, "A conference needs an active consult of one's own.")
    CONFERENCE_LOGGED_OUT = 183, "The consulted agent has logged off."
    CONFERENCE_NOT_READY = 184, "The consulted agent is not ready."
    WRAPUP_NO_CONTACT = (201, "There is no contact in wrapup.")
    WRAPUP_BAD_CODE = (202, "The campaign has no such completion code; AGTGetCompCodes lists those it has.")
    CALLBACK_TYPE_INVALID = (
        221,
        "The campaign allows no callbacks of this type; AGTGetCallbackTypes lists those it allows.",
    )
    CALLBACK_ZONE_UNKNOWN = (
        222,
        "There is no zone of this name to deliver the callback in; AGTGetZoneList names the zones.",
    )
    CALLBACK_NO_CAMPAIGNS = (223, "No campaign runs in that zone to which the callback could be delivered.")
    PREVIEW_DIAL_STATE = (
        241,
        "Dialing needs a preview or a callback on the desktop; in wrapup AGTRedial dials.",
    )
    PREVIEW_CANCEL_STATE = 242, "There is no preview or callback to cancel."
    MOVING_TO_PENDING = 261, "The agent goes to PendingNotReady.", ErrorType.Info
    OWNER_CANNOT_LEAVE = (
        281,
        "The owner of a conference cannot leave it; end it or hand it over.",
    )
    CONFERENCE_NOT_IN = (301, "The agent is not in a conference.")
    CONFERENCE_NOT_OWNER = (302, "Only the owner of a conference can do this.")
    CONFERENCE_NO_PASSIVE = 303, "The conference's other party is not there any more."
    OWNERSHIP_NOT_AGENT = (321, "Ownership can be given to an agent only; the other party is not one.")
    DTMF_INVALID = 341, "A digit is one of 0-9, A-D, * and #."
    DTMF_NO_CALL = (
        342,
        "There is no call to send a digit into: it takes a customer, or a consult or conference of "
        "one's own.",
    )
    DTMF_FAILED = 343, "The telephone system could not send the digit."
    REDIAL_STATE = 361, "Redialing needs a contact in wrapup."
    DIAL_BAD_NUMBER = (
        362,
        "This number may not be dialled: it is no whole number, its time zone is unknown, or the "
        "campaign allows no such numbers.",
    )
    NO_DESTINATIONS = (382, "The campaign has no external destinations in its address book.")
    NO_AGENTS = (383, "No colleague in the campaign can be consulted now.")
    CANCEL_CONSULT_FAILED = (401, "There is no consult to cancel, or none with this agent.")
    CANCEL_CONSULT_STARTED = 402, "The pending consult has begun already."
    CONSULT_FAILED = (
        421,
        "A consult needs a customer on the line, a transfer a consult with an agent; or the "
        "telephone system could not.",
    )
    RECORDING_START_FAILED = 441, "Recording could not be started."
    RECORDING_STOP_FAILED = 461, "Recording could not be stopped."
    RECORDING_FAILED = 481, "Recording is not possible."
    CALLBACK_NOT_FOUND = (
        482,
        "The callback is for an agent whom this zone does not have, or for a number that may not be dialled.",
    )
    CALLBACK_STATE = (483, "A callback needs a contact on the desktop: previewed, talked to or in wrapup.")
    CALLBACK_NO_CAMPAIGN = (484, "No campaign of this name runs in this zone.")
    CALLBACK_BAD_TYPE = (
        485,
        "The campaign allows no callbacks of this type; AGTGetCallbackTypes lists those it allows.",
    )
    CALLBACK_TIME_FORMAT = (486, "The callback time is not written as yyyy/MM/dd HH:mm, in UTC.")
    CALLBACK_BAD_EXPIRY = (
        487,
        "The callback's expiry is a whole number of minutes from 0 to 527040; 0 is the campaign's default.",
    )
    CALLBACK_BAD_TIME = (
        488,
        "The callback's time has passed, its zone is unknown, or it expires before the calling hours begin.",
    )
    EXTEND_STATE = 501, "There is no wrapup to extend."
    CONTACT_NOT_FOUND = 502, "There is no contact on the desktop."
    LOGOFF_STATE = (
        541,
        "Logging off needs NotReady and no contact; AGTPendingLogout logs off after the contact.",
    )
    NOTE_INVALID = (
        561,
        "A note needs a text of at most 8000 bytes, without control characters other than line "
        "ends and tabs.",
    )
    NOTE_FAILED = (562, "The note could not be stored.")
    NOTE_NO_CONTACT = 563, "There is no contact to add the note to."
    ALREADY_INBOUND = 581, "The agent works for inbound already.", ErrorType.Warning
    ALREADY_OUTBOUND = 601, "The agent works for outbound already.", ErrorType.Warning
    DNC_PRESENT = (
        621,
        "Every address given is on the do-not-call list already.",
        ErrorType.Warning,
    )
    DNC_FAILED = 622, "The do-not-call list could not be changed."
    DNC_INVALID = (623, "No address was given, or one under a name that is no attribute of the campaign.")
    DNC_BAD_ADDRESS = (624, "This is neither a telephone number that can be dialled nor an e-mail address.")
    ATTRIBUTE_READ_ONLY = (641, "The attribute can only be read, or follows from a telephone number.")
    ATTRIBUTE_INVALID = (
        642,
        "The campaign has no such attribute, or it does not take this value: its type, its length "
        "or its characters.",
    )
    NO_ERROR_TEXT = 1001, "There is no result code of this number."
    SERVER_NOT_REACHABLE = 9001, "The Agent Manager cannot be reached."
    NOT_LOGGED_ON = 9002, "The agent is not logged on over this connection."
    UNEXPECTED_COMMAND = (
        9003,
        "AgentSDKConnected must be the first command on a connection.",
    )
    WRONG_STATE = (9004, "The command does not fit the agent's state; the capabilities say what does.")
    SYSTEM_NOT_AVAILABLE = (
        9005,
        "The server is about to stop, or has no database. Try again when it is back.",
    )
    NOT_NAILED = 9006, "The agent's phone is not nailed up."
    TELEPHONY_DOWN = (9007, "The telephone system is down. Try again when it is back.")
    BAD_DATA = (9008, "An argument is malformed, or sessionID is not that of the agent's contact.")
    MEDIA_SERVER_DOWN = 9009, "The media server cannot be reached."
    TOO_FEW_ARGUMENTS = 9010, "A needed argument is missing."
    UNKNOWN_COMMAND = 9011, "There is no command of this name."
    INITIALIZING = (
        9012,
        "The system is starting, or too many commands wait for one before them. Try again in a moment.",
        ErrorType.Warning,
    )
    NOT_PROCESSED = (9050, "The server met a fault of its own in this command; its log says more.")
    SDK_FAILURE = 9996, "The library could not send the command."
    INVALID_ARGUMENT = 9997, "The library refused an argument."
    NO_MANAGER_FOR_ZONE = 9998, "No Agent Manager looks after this zone."
    MANAGER_NOT_AVAILABLE = 9999, "There is no connection to the Agent Manager."


LIBRARY_CODES = frozenset(
    {
        ResultCode.SDK_FAILURE,
        ResultCode.INVALID_ARGUMENT,
        ResultCode.NO_MANAGER_FOR_ZONE,
        ResultCode.MANAGER_NOT_AVAILABLE,
    }
)
"""Made by the client library; a server never sends them."""

GENERAL_CODES = frozenset(
    {
        ResultCode.SUCCESS,
        ResultCode.NOT_LOGGED_ON,
        ResultCode.UNEXPECTED_COMMAND,
        ResultCode.WRONG_STATE,
        ResultCode.SYSTEM_NOT_AVAILABLE,
        ResultCode.NOT_NAILED,
        ResultCode.TELEPHONY_DOWN,
        ResultCode.BAD_DATA,
        ResultCode.TOO_FEW_ARGUMENTS,
        ResultCode.UNKNOWN_COMMAND,
        ResultCode.INITIALIZING,
        ResultCode.NOT_PROCESSED,
    }
)
"""Codes that a command can be answered with beside those of its own."""

UNUSED_CODES: Mapping[ResultCode, str] = {
    ResultCode.FAILURE: "each refusal has a code of its own",
    ResultCode.FORCED_LOGIN: "the desktop that loses its agent is told AGTAgentLoggedOut",
    ResultCode.CONFERENCE_LOGGED_OUT: "an agent who logs off leaves the consult first",
    ResultCode.CONFERENCE_NOT_READY: "an agent in a consult is on the line",
    ResultCode.MOVING_TO_PENDING: "AGTStateChange is answered 0 with the agent state",
    ResultCode.OWNER_CANNOT_LEAVE: "AGTEndConf of the owner ends the conference",
    ResultCode.CONFERENCE_NO_PASSIVE: "a conference ends with its passive party",
    ResultCode.CANCEL_CONSULT_STARTED: "one that has begun is cancelled all the same",
    ResultCode.RECORDING_START_FAILED: "nothing is recorded",
    ResultCode.RECORDING_STOP_FAILED: "nothing is recorded",
    ResultCode.RECORDING_FAILED: "nothing is recorded",
    ResultCode.NOTE_FAILED: "a store that cannot write stops the zone before any RESP",
    ResultCode.DNC_FAILED: "a store that cannot write stops the zone before any RESP",
    ResultCode.SERVER_NOT_REACHABLE: "whoever reads an answer has reached it",
    ResultCode.MEDIA_SERVER_DOWN: "switch and media are one: 9007 says so",
}
"""Codes of the API that this server never sends, each with the reason; clients know them all the same."""
