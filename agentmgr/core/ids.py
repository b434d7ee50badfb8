"""The ids by which a zone, its store and its switch speak of the same thing; all are made here.

| what | looks like | is |
|---|---|---|
| session | `12000000042` | the SID on the wire, its first attempt, the customer's call at the switch |
| attempt | `12000000042.2` | the second dial in that session, in the store |
| line | `North-7-line-1001-3` | the nailing call to an agent's phone |
| party | `North-7-party-5` | the call to an external party of a consult |
| callback | `12000000042-callback` | the promise made in that session |
|  | `campaign7.31-callback` | the promise made from outside, with version 31 of campaign 7 |

A session is a whole number below 10^14, which any client can carry as a double, too: the number of the life
of a zone, over all zones and restarts, and a count in that. A line or party begins with its zone and the
zone's epoch. So nobody else makes an id, in this life of a zone or another: no part has a hyphen of its own.
All characters are of the unreserved ones of RFC 3986, so that an id is a part of a URL as it stands.
"""

SESSIONS_A_RUN = 10**9
"""How many sessions one life of a zone can have: months of them at 150 a second."""
MAX_RUN = 10**14 // SESSIONS_A_RUN - 1
"""How many lives all zones can have together."""

_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._")


def escaped(name: str) -> str:
    """Return a name of letters, digits, dots and underscores; all else is `~` and its bytes in hex."""
    return "".join(chr(byte) if byte in _PLAIN else f"~{byte:02X}" for byte in name.encode())


class Ids:
    """Makes the ids of one life of a zone."""

    def __init__(self, zone: str, epoch: int, run: int) -> None:
        self._prefix = f"{escaped(zone)}-{epoch}"
        self._first = run * SESSIONS_A_RUN
        self._sessions = 0
        self._lines = 0
        self._parties = 0

    def new_session(self) -> str:
        """Return the id of a session and of its customer's call."""
        self._sessions += 1
        if self._sessions >= SESSIONS_A_RUN:
            raise OverflowError("all session ids of this life of the zone are given; let it be opened anew")
        return str(self._first + self._sessions)

    def new_line(self, agent_id: str) -> str:
        """Return the id of a nailing call to an agent."""
        self._lines += 1
        return f"{self._prefix}-line-{escaped(agent_id)}-{self._lines}"

    def new_party(self) -> str:
        """Return the id of a call to an external party."""
        self._parties += 1
        return f"{self._prefix}-party-{self._parties}"


def next_attempt(attempt_id: str) -> str:
    """Return the id of the attempt that follows in the same session: `42` then `42.2`."""
    session, _, number = attempt_id.partition(".")
    return f"{session}.{int(number or 1) + 1}"


def callback_of(sid: str) -> str:
    """Return the id of the callback that a session promises; asked again it is put off, so there is one."""
    return f"{sid}-callback"


def callback_in_version(campaign_id: int, version: int) -> str:
    """Return the id of the callback that is made from outside with a version of its campaign."""
    return f"campaign{campaign_id}.{version}-callback"
