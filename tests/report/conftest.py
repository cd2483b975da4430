"""One browser for all tests of pages."""

import pytest

from tests.report import browsing


@pytest.fixture(scope="session")
def browser():
    driver = browsing.started()
    yield driver
    driver.quit()
