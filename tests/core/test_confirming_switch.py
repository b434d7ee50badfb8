"""With a switch that confirms every order all sequences read as with one that answers in no time."""

import pytest
from scenes import Scene
from test_playbook_agent_life import *  # noqa: F403  # the very same tests, on other ground
from test_playbook_consult import *  # noqa: F403  # the same
from test_playbook_contact import *  # noqa: F403  # the same

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def switch_confirms(monkeypatch):
    monkeypatch.setattr(Scene, "confirms", True)


def test_switch_of_these_scenes_confirms():
    assert Scene().zone.config.switch_confirms
