"""Several connections: which zone is where, which agent is on which connection, and who follows whom."""

from collections.abc import Mapping, Sequence

from agentmgr.client.addresses import Address, Backoff
from agentmgr.client.inbox import Inbox
from agentmgr.client.link import Link
from agentmgr.client.shell import Wishes
from protocol.commands import GetPAMForZone, GetPAMForZoneRESP, Resp
from protocol.results import ResultCode
from protocol.structures import SocketInfo


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
        links: the connections; the first one is to the addresses that were given, and is never given up.
        carrying: who waits for RESPs that may come again after a return.
        account: name and password of the service account to sign in with, empty without one.
        refused: the result if that was refused.
    """

    def __init__(self, addresses: Sequence[Address], shell: Wishes, backoff: Backoff, first_id: int) -> None:
        self.shell = shell
        self.directory: dict[str, SocketInfo] = {}
        self.carrying: set[Inbox] = set()
        self.last_id = first_id - 1
        self.account = ("", "")
        self.refused: ResultCode | None = None
        self._backoff = backoff
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
        return min(at, min((inbox.carried_until for inbox in self.carrying), default=at))

    def tick(self, now: float) -> None:
        """Do what is due; too early does no harm."""
        for link in list(self.links):
            link.tick(now)
        for inbox in list(self.carrying):
            if now >= inbox.carried_until:
                inbox.lose_carried()
            if not inbox.carried:
                self.carrying.discard(inbox)

    # -- where is what ---------------------------------------------------------------------------

    def any_link(self) -> Link:
        """Return a connection for what concerns no zone."""
        return next((link for link in self.links if link.connected), self.home)

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
        """Take over what a server says of zones; agents whose connection is lost go where their zone is."""
        self.directory.update(zones)
        for link in list(self.links):
            if not link.connected:
                self._follow_from(link)

    # -- what links tell -------------------------------------------------------------------------

    def settled(self, link: Link) -> None:
        """A connection has been made, and the server has told what it manages."""
        self._follow_from(link)
        gone = [other for other in self.links if other is not link and not other.connected]
        self._ask_for(link, gone)

    def broke(self, link: Link) -> None:
        """A connection was lost, or could not be made: ask others where its zones are now."""
        other = self.any_link()
        if other.connected:
            self._ask_for(other, [link])
        elif other is not link:
            other.wake()
        if link is not self.home and not link.inboxes:
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
        if isinstance(response, GetPAMForZoneRESP):
            self.learn(response.zones)

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
