"""The ids by which a zone, its store and its switch speak of the same thing; all are made here.

| what | looks like | is |
|---|---|---|
| session | `North-7-42` | the SID on the wire, its first attempt, the customer's call at the switch |
| attempt | `North-7-42.2` | the second dial in that session, in the store |
| line | `North-7-line-1001-3` | the nailing call to an agent's phone |
| party | `North-7-party-5` | the call to an external party of a consult |
| callback | `North-7-42-callback` | the promise made in that session |

An id begins with its zone and the zone's epoch, so that nobody else makes it, in this life of the zone or
another: no part has a hyphen of its own. All characters are of the unreserved ones of RFC 3986, so that an
id is a part of a URL as it stands.
"""

_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._")


def escaped(name: str) -> str:
    """Return a name of letters, digits, dots and underscores; all else is `~` and its bytes in hex."""
    return "".join(chr(byte) if byte in _PLAIN else f"~{byte:02X}" for byte in name.encode())


class Ids:
    """Makes the ids of one life of a zone."""

    def __init__(self, zone: str, epoch: int) -> None:
        self._prefix = f"{escaped(zone)}-{epoch}"
        self._sessions = 0
        self._lines = 0
        self._parties = 0

    def new_session(self) -> str:
        """Return the id of a session and of its customer's call."""
        self._sessions += 1
        return f"{self._prefix}-{self._sessions}"

    def new_line(self, agent_id: str) -> str:
        """Return the id of a nailing call to an agent."""
        self._lines += 1
        return f"{self._prefix}-line-{escaped(agent_id)}-{self._lines}"

    def new_party(self) -> str:
        """Return the id of a call to an external party."""
        self._parties += 1
        return f"{self._prefix}-party-{self._parties}"


def next_attempt(attempt_id: str) -> str:
    """Return the id of the attempt that follows in the same session: `North-7-42` then `North-7-42.2`."""
    head, _, tail = attempt_id.rpartition("-")
    session, _, number = tail.partition(".")
    return f"{head}-{session}.{int(number or 1) + 1}"


def callback_of(sid: str) -> str:
    """Return the id of the callback that a session promises; asked again it is put off, so there is one."""
    return f"{sid}-callback"
