"""Several connections: which zone is where, which agent is on which connection, and who follows whom."""

from collections.abc import Mapping, Sequence

import attrs

from agentmgr.client.addresses import Address, Backoff
from agentmgr.client.inbox import Inbox
from agentmgr.client.link import Link
from agentmgr.client.shell import Wishes
from protocol.commands import GetPAMForZone, GetPAMForZoneRESP, Resp
from protocol.results import ResultCode
from protocol.structures import SocketInfo

NO_TOKEN = (0, 0)
SEARCH_S, SEARCH_MAX_S = 0.2, 1.0
"""How long a manager is given to answer where a zone is before it is asked again, at least and at most."""


@attrs.define(eq=False)
class Search:
    """A zone whose owner is looked for: when to ask next, and how often that was done."""

    at: float
    asked: int = 0


class Hub:
    """All that a client knows and decides; a shell carries out its wishes.

    Args:
        addresses: where to connect to at first, at least one; the next one is tried when one fails.
        shell: what does the I/O.
        backoff: seconds between attempts.
        first_id: of the first command. No two programs of an agent should use the same ids: RESPs to one
            that is gone may come to the other.

    Attributes:
        directory: where each zone's Agent Manager listens, as last told.
        tokens: the highest token that was seen of each zone: what is told with a lower one is an old owner's.
        searches: the zones of agents which nobody serves here, or whose server is silent, by name.
        links: the connections; the first one is to the addresses that were given, and is never given up.
        carrying: who waits for RESPs that may come again after a return.
        account: name and password of the service account to sign in with, empty without one.
        refused: the result if that was refused.
    """

    def __init__(self, addresses: Sequence[Address], shell: Wishes, backoff: Backoff, first_id: int) -> None:
        self.shell = shell
        self.directory: dict[str, SocketInfo] = {}
        self.tokens: dict[str, tuple[int, int]] = {}
        self.searches: dict[str, Search] = {}
        self.carrying: set[Inbox] = set()
        self.last_id = first_id - 1
        self.account = ("", "")
        self.refused: ResultCode | None = None
        self._addresses = addresses
        self._backoff = backoff
        self._scout: Link | None = None
        self.home = Link(addresses, self, backoff)
        self.links = [self.home]

    def start(self) -> None:
        """Begin to connect."""
        self.home.begin(self.shell.now())

    def next_id(self) -> int:
        """Return the id of the next command."""
        self.last_id += 1
        return self.last_id

    # -- what time tells -------------------------------------------------------------------------

    def next_at(self) -> float:
        """Return when `tick` is to be called, at the latest."""
        at = min(link.next_at() for link in self.links)
        at = min(at, min((search.at for search in self.searches.values()), default=at))
        return min(at, min((inbox.carried_until for inbox in self.carrying), default=at))

    def tick(self, now: float) -> None:
        """Do what is due; too early does no harm."""
        for link in list(self.links):
            link.tick(now)
        for zone, search in list(self.searches.items()):
            if now >= search.at:
                self._go_on(zone, search, now)
        for inbox in list(self.carrying):
            if now >= inbox.carried_until:
                inbox.lose_carried()
            if not inbox.carried:
                self.carrying.discard(inbox)

    # -- where is what ---------------------------------------------------------------------------

    def any_link(self) -> Link:
        """Return a connection for what concerns no zone."""
        connected = [link for link in self.links if link.connected]
        return next((link for link in connected if not link.is_silent), (connected or [self.home])[0])

    @property
    def has_others(self) -> bool:
        """Whether there is more than one address to ask."""
        return len(self._addresses) > 1

    def connected_link(self, zone: str) -> Link | None:
        """Return the connection to a zone's Agent Manager, if there is one now."""
        where = self.directory.get(zone)
        for link in self.links:
            if link.connected and (zone in link.zones or (where is not None and link.leads_to(where))):
                return link
        return None

    def link_to(self, where: SocketInfo) -> Link:
        """Return the connection to an address, begun if need be."""
        for link in self.links:
            if link.leads_to(where):
                return link
        link = Link([(where.ip_address, where.port)], self, self._backoff)
        self.links.append(link)
        link.begin(self.shell.now())
        return link

    def learn(self, zones: Mapping[str, SocketInfo]) -> None:
        """Take over what a server says of zones; agents whose connection is lost go where their zone is.

        A connection to an owner that is none any more is given up: it may be silent for long yet.
        """
        now = self.shell.now()
        for zone, where in zones.items():
            known = self.tokens.get(zone, NO_TOKEN)
            if not self.believe(zone, where.token):
                continue
            self.directory[zone] = where
            for link in list(self.links):
                if known < where.token and zone in link.zones and not link.leads_to(where):
                    link.lost(link.number, f"zone {zone} has another owner now", now)
        for link in list(self.links):
            if not link.connected:
                self._follow_from(link)

    def believe(self, zone: str, token: tuple[int, int]) -> bool:
        """Tell whether a token is no older than those seen before, and remember it."""
        if token < self.tokens.get(zone, NO_TOKEN):
            return False
        self.tokens[zone] = token
        return True

    # -- whose zone nobody serves ----------------------------------------------------------------

    def search(self, zone: str) -> None:
        """Find out who owns a zone, until an agent of it is served."""
        if zone not in self.searches:
            self.searches[zone] = Search(self.shell.now() + self._backoff(0))
            self.shell.retime()

    def _lost_zones(self) -> set[str]:
        return {
            inbox.zone
            for link in self.links
            for inbox in link.inboxes.values()
            if inbox.logged_on and (not link.serves(inbox.zone) or link.is_silent)
        }

    def _go_on(self, zone: str, search: Search, now: float) -> None:
        if zone not in self._lost_zones():
            del self.searches[zone]
            if not self.searches and self._scout is not None:
                self._dismiss_scout()
            return
        search.asked += 1
        search.at = now + min(max(self._backoff(search.asked), SEARCH_S), SEARCH_MAX_S)
        link = self.any_link()
        if link.connected and not link.is_silent:
            link.say("", GetPAMForZone(zone)).then = self._told
        elif self.home.is_resting:
            self.home.wake()
        elif self.home.is_silent and self._scout is None and self.has_others:
            at = self._addresses.index(self.home.address)
            others = [*self._addresses[at + 1 :], *self._addresses[:at]]
            self._scout = Link(others, self, self._backoff)
            self.links.append(self._scout)
            self._scout.begin(now)

    def _dismiss_scout(self) -> None:
        scout, self._scout = self._scout, None
        if scout is not None and scout in self.links and not scout.inboxes:
            scout.retire()
            self.links.remove(scout)

    # -- what links tell -------------------------------------------------------------------------

    def settled(self, link: Link) -> None:
        """A connection has been made, and the server has told what it manages."""
        self._follow_from(link)
        for inbox in list(link.inboxes.values()):
            if inbox.logged_on and not link.serves(inbox.zone):
                self.search(inbox.zone)
        gone = [other for other in self.links if other is not link and not other.connected]
        self._ask_for(link, gone)

    def broke(self, link: Link) -> None:
        """A connection was lost, or could not be made: ask others where its zones are now."""
        other = self.any_link()
        if other.connected:
            self._ask_for(other, [link])
        elif other is not link:
            other.wake()
        for inbox in link.inboxes.values():
            if inbox.logged_on:
                self.search(inbox.zone)
        if link is not self.home and link is not self._scout and not link.inboxes:
            link.retire()
            self.links.remove(link)
        self.shell.retime()

    def _ask_for(self, asked: Link, gone: Sequence[Link]) -> None:
        """Ask where the zones are now of agents whose connections are gone."""
        zones = {inbox.zone for link in gone for inbox in link.inboxes.values() if inbox.logged_on}
        for zone in sorted(zones):
            asked.say("", GetPAMForZone(zone)).then = self._told

    def close(self) -> None:
        """End all connections."""
        for link in self.links:
            link.retire()

    def _told(self, response: Resp) -> None:
        if not isinstance(response, GetPAMForZoneRESP):
            return
        self.learn(response.zones)
        for zone, where in response.zones.items():
            if where.token < self.tokens.get(zone, NO_TOKEN):
                continue
            for link in list(self.links):
                agents = [each for each in link.inboxes.values() if each.logged_on and each.zone == zone]
                if not agents or not link.settled or link.serves(zone):
                    continue
                if link.leads_to(where):  # it was taken over after this connection was made
                    link.lost(link.number, f"zone {zone} has an owner now", self.shell.now())
                for inbox in agents:
                    self.follow(inbox)

    def follow(self, inbox: Inbox) -> bool:
        """Take an agent to where its zone is, if that is not where the agent is; tell whether it moved."""
        link = inbox.link
        where = self.directory.get(inbox.zone) if inbox.logged_on else None
        if where is None or inbox.zone in link.zones or link.leads_to(where):
            return False
        link.detach(inbox)
        self.link_to(where).attach(inbox)
        return True

    def _follow_from(self, link: Link) -> None:
        for inbox in list(link.inboxes.values()):
            self.follow(inbox)
