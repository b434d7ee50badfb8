"""How a scenario ends when it does not pass."""


class Deviation(Exception):
    """The other side did not do what the contract says; the text tells what was expected and what came."""


class NotApplicable(Exception):
    """The scenario proves nothing here; the text says why."""
