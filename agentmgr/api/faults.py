"""With which code an operation refuses: made of the cause that a service gives.

A cause has its usual code, and others for operations whose table lacks that one: of the codes of a cause the
first that the operation has. So a list of another organisation is refused as such where the operation can say
so, and does not exist for the caller where it cannot.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from agentmgr.api.contract import Signature
from agentmgr.campaign.service import Cause
from agentmgr.ports import StoreFault

CODES: Mapping[Cause, tuple[int, ...]] = {
    Cause.NO_SUCH_JOB: (-1,),
    Cause.NO_SUCH_CONTACT: (-2,),
    Cause.NO_CONTACTS: (-2, -52),
    Cause.NO_SUCH_CODE: (-3,),
    Cause.CODE_ELSEWHERE: (-4,),
    Cause.NO_SUCH_ATTRIBUTE: (-5, -45, -39),
    Cause.CHECK_FAILED: (-6, -36, -19),
    Cause.NO_NUMBER: (-7, -39),
    Cause.IN_JOB: (-8,),
    Cause.ON_DNC: (-9,),
    Cause.SYSTEM_CODE: (-10,),
    Cause.NO_SUCH_SOURCE: (-12,),
    Cause.NO_SUCH_LIST: (-14, -2),
    Cause.NO_SUCH_ATTEMPT: (-16,),
    Cause.NOT_ON_DNC: (-17,),
    Cause.NO_ADDRESS: (-18,),
    Cause.BAD_ADDRESS: (-19, -38),
    Cause.NOT_SERVED: (-20, -52),
    Cause.NO_SUCH_ZONE: (-20, -52),
    Cause.DENIED: (-21,),
    Cause.NO_CUSTOM_PACING: (-22, -49),
    Cause.BAD_COUNT: (-23,),
    Cause.NO_VALUE: (-24, -37),
    Cause.NO_SUCH_CAMPAIGN: (-26,),
    Cause.NOT_RUNNING: (-27, -39, -1),
    Cause.FOREIGN_LIST: (-28, -14),
    Cause.FOREIGN_ATTRIBUTE: (-29, -5, -45),
    Cause.FOREIGN_CAMPAIGN: (-30, -26, -1),
    Cause.BAD_SESSION: (-31,),
    Cause.NO_CODES: (-32,),
    Cause.IN_USE: (-33, -61),
    Cause.WRONG_STATE: (-34, -55, -56, -57, -61, -1),
    Cause.LIST_IN_JOB: (-35, -8),
    Cause.NO_SUCH_NUMBER: (-37,),
    Cause.BAD_VALUE: (-38, -45, -59, -39, -23, -19, -6),
    Cause.NO_SUCH_ORGANISATION: (-40,),
    Cause.NO_SUCH_TASK: (-48,),
    Cause.BAD_SCHEDULE: (-59,),
    Cause.NOT_TAKEN: (-50,),
    Cause.RUNS_ALREADY: (-51,),
    Cause.NO_SUCH_STATE: (-53,),
    Cause.FOREIGN_SOURCE: (-60, -12),
    Cause.NO_SUCH_AGENT: (-66,),
    Cause.NOT_LOGGED_ON: (-66,),
    Cause.NO_LIST: (-68,),
}

STORE_FAILED = (-43, -46, -47, -58, -61, -63, -50, -52, -36, -37, -39, -45, -6, -44, -41, -42)
"""The same for a store that fails."""

OVERRIDES: Mapping[tuple[str, Cause], int] = {}
"""Where an operation's code for a cause is another one."""


MAX_TEXT = 2000
"""So many characters of a refusal leave: it may name what was sent, and that may be large."""


class Refused(Exception):
    """An operation was not carried out.

    Args:
        code: why, for programs; None where the operation has no code for it.
        text: one line for a person.
        cause: why, as the service said it; None if the store failed.
    """

    def __init__(self, code: int | None, text: str, cause: Cause | None = None) -> None:
        text = text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}..."
        super().__init__(text)
        self.code = code
        self.text = text
        self.cause = cause


def code_of(signature: Signature, cause: Cause) -> int | None:
    """Return the code with which an operation refuses for a cause; None if it has none."""
    override = OVERRIDES.get((signature.name, cause))
    return override if override is not None else _first(signature, CODES.get(cause, ()))


def store_code_of(signature: Signature) -> int | None:
    """Return the code of an operation for a store that failed; None if it has none."""
    return _first(signature, STORE_FAILED)


def _first(signature: Signature, codes: tuple[int, ...]) -> int | None:
    return next((code for code in codes if code in signature.faults), None)


@contextmanager
def store_failure_is(code: int) -> Iterator[None]:
    """Let a store that fails in the block be a code of its own, for operations that have several.

    Raises:
        Refused: it failed.
    """
    try:
        yield
    except StoreFault as fault:
        raise Refused(code, str(fault)) from fault
