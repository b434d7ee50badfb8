"""Data sources: where contacts of a list come from by themselves, and the imports from there."""

from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from attrs import evolve

from agentmgr.campaign.service import Cause, Service, ServiceError
from agentmgr.core import numbers
from agentmgr.ports import (
    GOES_TO,
    IMPORTS_OVER,
    DataSource,
    ImportJob,
    ImportState,
    SourceKind,
)
from agentmgr.text import fault_of

MAX_NAME_CHARACTERS = 100
MAX_LOCATION_CHARACTERS = 4000
MOST_IMPORTS = 1000


class SourceService(Service):
    """Data sources, and imports from them."""

    def add(self, source: DataSource) -> DataSource:
        """Make a data source known; its contact list is made if it is new.

        Raises:
            ServiceError: it cannot be, or there is one of that name.
        """
        name, list_name = source.name.strip(), source.list_name.strip()
        for what, text in (("name", name), ("contact list", list_name), ("location", source.location)):
            limit = MAX_LOCATION_CHARACTERS if what == "location" else MAX_NAME_CHARACTERS
            if not text.strip() or len(text) > limit:
                raise _bad(name, f"its {what} needs 1 to {limit} characters")
            if fault := fault_of(text):
                raise _bad(name, f"its {what} {fault}")
        if (source.kind is SourceKind.DATABASE) is not bool(source.query.strip()):
            raise _bad(name, "a database needs a query, and nothing else has one")
        try:
            country = numbers.parse_country(source.country) if source.country else ""
        except ValueError as error:
            raise _bad(name, f"country {source.country!r}: {error}") from None
        kept = evolve(
            source,
            name=name,
            list_name=list_name,
            country=country,
            made_by=self._caller.name,
            organisation=self._owner(list_name, source.organisation),
        )
        added = self._at.store.add_source(kept, self._at.now())
        if added is None:
            raise ServiceError(Cause.EXISTS, f"data source {name}: there is one already; choose another name")
        return added

    def all(self) -> tuple[DataSource, ...]:
        """Return all data sources that the caller may see, by name."""
        return self.visible_sources()

    def _owner(self, list_name: str, organisation: str) -> str:
        """Return whose a data source is: its contact list's owner's, or of whoever makes that."""
        if self._at.store.find_list(list_name) is None:
            return self.owner_of_new(organisation)
        there = self.find_list(list_name).organisation
        if organisation not in ("", there):
            raise _bad(list_name, f"its contact list belongs to {there or 'no organisation'}")
        return there

    def remove(self, name: str) -> None:
        """Forget a data source with its schedules and imports; contacts stay.

        Raises:
            ServiceError: there is none, or an import from it is not over.
        """
        if not self._at.store.remove_source(self.find_source(name).source_id):
            raise ServiceError(
                Cause.IN_USE,
                f"data source {name}: an import from it is not over; agentmgr source stop ends it",
            )

    def begin(self, name: str) -> ImportJob:
        """Let an import from a data source wait for a server that carries it out.

        Raises:
            ServiceError: there is no such data source.
        """
        store = self._at.store
        import_id = store.queue_import(self.find_source(name).source_id, self._caller.name, self._at.now())
        found = store.find_import(import_id)
        assert found is not None, "it was just written"
        return found

    def imports(
        self, name: str = "", states: Iterable[ImportState] = ImportState, limit: int = MOST_IMPORTS
    ) -> tuple[ImportJob, ...]:
        """Return imports from a data source, or from all, that are in some states, the newest first.

        Raises:
            ServiceError: there is no such data source.
        """
        source_id = self.find_source(name).source_id if name else None
        found = self._at.store.imports(source_id, states, limit)
        return tuple(each for each in found if self._caller.may_see(each.source.organisation))

    def pause(self, name: str) -> ImportJob:
        """Let the running import stop behind its batch until it is resumed.

        Raises:
            ServiceError: none runs.
        """
        return self._move(name, (ImportState.RUNNING,), ImportState.PAUSING)

    def resume(self, name: str) -> ImportJob:
        """Let the paused import go on where it stands.

        Raises:
            ServiceError: none is paused.
        """
        return self._move(name, (ImportState.PAUSED,), ImportState.WAITING_TO_RESUME)

    def stop(self, name: str) -> ImportJob:
        """Let the import end behind its batch; what is stored stays.

        Raises:
            ServiceError: all are over.
        """
        allowed = [each for each, after in GOES_TO.items() if ImportState.STOPPING in after]
        return self._move(name, allowed, ImportState.STOPPING)

    def _move(self, name: str, allowed: Sequence[ImportState], state: ImportState) -> ImportJob:
        """Move the newest import of a data source that can be moved."""
        store = self._at.store
        for job in self.imports(name, allowed):
            if store.move_import(job.import_id, allowed, state):
                return evolve(job, state=state)
        latest = next(iter(self.imports(name, limit=1)), None)
        how = f"its latest import is {latest.state}" if latest is not None else "nothing was ever imported"
        over = " and over" if latest is not None and latest.state in IMPORTS_OVER else ""
        raise ServiceError(
            Cause.WRONG_STATE,
            f"data source {name}: {how}{over}; {state} needs one that is {' or '.join(allowed)}",
        )


def without_password(location: str) -> str:
    """Return a location as it is shown: without the password of a URL."""
    parts = urlsplit(location)
    user, at, host = parts.netloc.rpartition("@")
    if not at or ":" not in user:
        return location
    return parts._replace(netloc=f"{user.partition(':')[0]}:***@{host}").geturl()


def _bad(name: str, problem: str) -> ServiceError:
    return ServiceError(
        Cause.BAD_VALUE, f"data source {name[:MAX_NAME_CHARACTERS] or '(no name)'}: {problem}"
    )
