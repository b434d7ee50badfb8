"""The one exception of this room."""


class CampaignError(Exception):
    """What was asked cannot be done; the text is one line for a person."""
