from tests.soap.conftest import demo_url

__all__ = ["demo_url"]
