"""What a simulated agent may want from its desktop."""

from enum import IntEnum, auto

from protocol.results import ResultCode


class Wish(IntEnum):
    """What an agent may want; of wishes as old as each other the one that stands first here goes first."""

    TELL_STATUS = auto()
    LOG_ON = auto()
    BE_READY = auto()
    BE_NOT_READY = auto()
    BE_AVAILABLE = auto()
    TAKE_NAILING = auto()
    NAIL_UP = auto()
    SEE_DETAILS = auto()
    DIAL = auto()
    CANCEL = auto()
    HOLD = auto()
    UNHOLD = auto()
    SET_DETAIL = auto()
    SEE_CALLBACK_TYPES = auto()
    SEE_CALLBACK_DESTS = auto()
    CREATE_CALLBACK = auto()
    SEE_CONSULT_TYPES = auto()
    SEE_CONSULT_DESTS = auto()
    CONSULT = auto()
    TRANSFER = auto()
    CONFER = auto()
    LEAVE_CONSULT = auto()
    CHANGE_OWNER = auto()
    END_CONFERENCE = auto()
    LEAVE_CONFERENCE = auto()
    RELEASE = auto()
    SEE_CODES = auto()
    ADD_NOTE = auto()
    REDIAL = auto()
    EXTEND = auto()
    WRAP_UP = auto()
    LOG_OFF = auto()


OF_THE_AGENT = frozenset(
    {
        Wish.TELL_STATUS,
        Wish.LOG_ON,
        Wish.BE_READY,
        Wish.BE_NOT_READY,
        Wish.BE_AVAILABLE,
        Wish.TAKE_NAILING,
        Wish.NAIL_UP,
        Wish.LOG_OFF,
    }
)
"""What has nothing to do with a contact."""

OF_THE_CALL = frozenset(Wish) - OF_THE_AGENT - {Wish.SEE_DETAILS}
"""Forgotten when the call state changes, except between Talking and Held."""

INSISTED_ON = frozenset(
    {
        Wish.BE_READY,
        Wish.BE_NOT_READY,
        Wish.TAKE_NAILING,
        Wish.DIAL,
        Wish.CANCEL,
        Wish.UNHOLD,
        Wish.RELEASE,
        Wish.LEAVE_CONSULT,
        Wish.END_CONFERENCE,
        Wish.WRAP_UP,
        Wish.LOG_OFF,
    }
)
"""Tried again some time after a refusal, for as long as the state calls for it."""

PASSING = frozenset(
    {
        ResultCode.NO_MEDIA_SERVER,
        ResultCode.PASSWORD_NOT_VERIFIABLE,
        ResultCode.STATE_NOT_CHANGEABLE,
        ResultCode.LOGON_INTERNAL_ERROR,
        ResultCode.SYSTEM_NOT_AVAILABLE,
        ResultCode.TELEPHONY_DOWN,
        ResultCode.MEDIA_SERVER_DOWN,
        ResultCode.INITIALIZING,
        ResultCode.MANAGER_NOT_AVAILABLE,
    }
)
"""Reasons to refuse a logon that pass with time."""
