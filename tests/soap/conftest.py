import pytest

from tests.demo_server import demo, demo_url

__all__ = ["demo", "demo_url"]
pytest.register_assert_rewrite("day", "foreign")
