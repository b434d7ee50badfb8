"""How a request is refused: a problem by RFC 9457, with its status made of the cause."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from attrs import frozen

from agentmgr.api.faults import Refused
from agentmgr.campaign.service import Cause

NOT_FOUND, FORBIDDEN, CONFLICT, UNPROCESSABLE, UNAVAILABLE = 404, 403, 409, 422, 503

STATUS: Mapping[Cause, int] = {
    Cause.DENIED: FORBIDDEN,
    Cause.FOREIGN_LIST: FORBIDDEN,
    Cause.FOREIGN_CAMPAIGN: FORBIDDEN,
    Cause.FOREIGN_ATTRIBUTE: FORBIDDEN,
    Cause.FOREIGN_SOURCE: FORBIDDEN,
    Cause.NO_SUCH_CAMPAIGN: NOT_FOUND,
    Cause.NO_SUCH_LIST: NOT_FOUND,
    Cause.NO_SUCH_AGENT: NOT_FOUND,
    Cause.NO_SUCH_ZONE: NOT_FOUND,
    Cause.NO_SUCH_ACCOUNT: NOT_FOUND,
    Cause.NO_SUCH_TOKEN: NOT_FOUND,
    Cause.NO_SUCH_ORGANISATION: NOT_FOUND,
    Cause.NO_SUCH_CONTACT: NOT_FOUND,
    Cause.NO_SUCH_ATTRIBUTE: NOT_FOUND,
    Cause.NO_SUCH_NUMBER: NOT_FOUND,
    Cause.NO_SUCH_JOB: NOT_FOUND,
    Cause.NO_SUCH_TASK: NOT_FOUND,
    Cause.NO_SUCH_ATTEMPT: NOT_FOUND,
    Cause.NO_SUCH_CODE: NOT_FOUND,
    Cause.NO_SUCH_SOURCE: NOT_FOUND,
    Cause.NO_SUCH_SCHEDULE: NOT_FOUND,
    Cause.NOT_ON_DNC: NOT_FOUND,
    Cause.NO_CODES: NOT_FOUND,
    Cause.NO_VALUE: NOT_FOUND,
    Cause.NO_LIST: NOT_FOUND,
    Cause.NO_CONTACTS: CONFLICT,
    Cause.CODE_ELSEWHERE: CONFLICT,
    Cause.SYSTEM_CODE: CONFLICT,
    Cause.ON_DNC: CONFLICT,
    Cause.IN_JOB: CONFLICT,
    Cause.LIST_IN_JOB: CONFLICT,
    Cause.RUNS_ALREADY: CONFLICT,
    Cause.NO_CUSTOM_PACING: CONFLICT,
    Cause.NOT_LOGGED_ON: CONFLICT,
    Cause.EXISTS: CONFLICT,
    Cause.IN_USE: CONFLICT,
    Cause.NOT_RUNNING: CONFLICT,
    Cause.WRONG_STATE: CONFLICT,
    Cause.NO_SUCH_STATE: UNPROCESSABLE,
    Cause.BAD_SESSION: UNPROCESSABLE,
    Cause.CHECK_FAILED: UNPROCESSABLE,
    Cause.NO_NUMBER: UNPROCESSABLE,
    Cause.NO_ADDRESS: UNPROCESSABLE,
    Cause.BAD_ADDRESS: UNPROCESSABLE,
    Cause.BAD_COUNT: UNPROCESSABLE,
    Cause.BAD_VALUE: UNPROCESSABLE,
    Cause.BAD_FILE: UNPROCESSABLE,
    Cause.BAD_SCHEDULE: UNPROCESSABLE,
    Cause.NOT_SERVED: CONFLICT,
    Cause.NOT_TAKEN: CONFLICT,
}
"""The status of each cause; a store that fails is 503 as well."""


@frozen
class Problem:
    """Why a request was not carried out.

    `code` is that of the operation, for programs; `mistakes` are places in the request, each with what is
    wrong there.
    """

    status: int
    detail: str
    cause: str = ""
    code: int | None = None
    mistakes: Sequence[tuple[str, str]] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as RFC 9457 has it."""
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        if self.cause:
            body["cause"] = self.cause
        if self.code is not None:
            body["code"] = self.code
        if self.mistakes:
            body["errors"] = [{"path": path, "detail": what} for path, what in self.mistakes]
        return body


def problem_of(refused: Refused) -> Problem:
    """Return how an operation that refused says so."""
    cause = refused.cause
    status = UNAVAILABLE if cause is None else STATUS[cause]
    return Problem(status, refused.text, "" if cause is None else cause.name, refused.code)
