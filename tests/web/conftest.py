"""The demo server as a fixture."""

from tests.demo_server import demo

__all__ = ["demo"]
