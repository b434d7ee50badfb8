"""Organisations that share a system: added, listed, deleted."""

from agentmgr.campaign.service import Cause, Service, ServiceError
from agentmgr.text import fault_of

MAX_NAME_CHARACTERS = 100


class OrganisationService(Service):
    """Organisations; only who belongs to none may add or delete one."""

    def add(self, name: str) -> None:
        """Add an organisation.

        Raises:
            ServiceError: the name is of no use, or there is one of this name.
        """
        self.check_global("to add an organisation")
        if name != name.strip() or not 1 <= len(name) <= MAX_NAME_CHARACTERS or fault_of(name):
            raise ServiceError(
                Cause.BAD_VALUE,
                f"organisation {name[:MAX_NAME_CHARACTERS]!r}: a name has 1 to {MAX_NAME_CHARACTERS}"
                " characters, no space at its ends and no control character",
            )
        if not self._at.store.add_organisation(name, self._at.now()):
            raise ServiceError(
                Cause.EXISTS, f"organisation {name}: there is one already; choose another name"
            )

    def all(self) -> tuple[str, ...]:
        """Return the names of all that the caller may see, sorted."""
        return tuple(each for each in self._at.store.organisations() if self._caller.may_see(each))

    def delete(self, name: str) -> None:
        """Delete an organisation that nothing belongs to.

        Raises:
            ServiceError: there is none of this name, or something belongs to it; it is still there.
        """
        self.check_global("to delete an organisation")
        kinds = self._at.store.delete_organisation(name)
        if kinds is None:
            self.check_organisation(name)
        elif kinds:
            raise ServiceError(
                Cause.IN_USE,
                f"organisation {name}: has {', '.join(kinds)}; nothing was deleted; delete them, or give them"
                " to another one, first",
            )
