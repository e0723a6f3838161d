import pytest

from tests.transports.servers import transport


@pytest.fixture
def connect():
    """Opens a connection to a port, closed after the test."""
    opened = []

    def make(port, **changes):
        opened.append(transport(port, **changes).connect())
        return opened[-1]

    yield make
    for connection in opened:
        connection.close()
