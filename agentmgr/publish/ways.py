"""What a publisher is: a way that is opened, and told results until it fails; and what it tells."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

import orjson
from attrs import frozen

from agentmgr.ports import AttemptResult


class PublishFailed(Exception):
    """A publisher is out of reach, or did not take what it was told; the text is one line for a person."""


@frozen
class Told:
    """What came of telling: the results that are safe now, and why others are not."""

    seqs: frozenset[int]
    failure: str = ""


class OpenWay(Protocol):
    """A way to a publisher that is open."""

    async def tell(self, results: Sequence[AttemptResult]) -> Told:
        """Tell results, each of another contact, and wait until they are safe.

        With a failure the way is of no use any more: a new one is opened after a while.
        """
        ...

    async def check(self) -> None:
        """Make sure that the way is still open; asked about once a second while there is nothing to tell.

        Raises:
            PublishFailed: it is not.
        """
        ...


class Way(Protocol):
    """A way to a publisher; `name` is the publisher's."""

    @property
    def name(self) -> str: ...

    def open(self) -> AbstractAsyncContextManager[OpenWay]:
        """Open the way as long as the block runs.

        Raises:
            PublishFailed: it cannot be opened.
        """
        ...


def content(result: AttemptResult) -> Mapping[str, Any]:
    """Return the fields of a message: those of the topic, and the id by which a second one is known."""
    session = result.session_id
    return {
        "messageId": result.message_id,
        "campaignName": result.campaign,
        "jobId": result.job_id,
        "contactId": result.user_contact_id,
        "pimSessionId": int(session) if session.isdecimal() else session,
        "address": result.address,
        "contactGroupName": result.contact_list,
        "zoneName": result.zone,
        "result": result.result,
    }


def to_json(result: AttemptResult) -> bytes:
    """Return a message as JSON in UTF-8."""
    return orjson.dumps(content(result))


def read_secret(what: str, path: str) -> str:
    """Return what a file of a secret has, without the end of its line; nothing for no file.

    Raises:
        PublishFailed: it cannot be read.
    """
    if not path:
        return ""
    try:
        return Path(path).read_text().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise PublishFailed(f"{what}: {path} cannot be read: {error}") from None
