"""What all tests share: a seeded generator, and patience with a busy machine."""

import numpy as np
import pytest
from hypothesis import settings

# A busy machine is no failure. Under CI, hypothesis draws the same examples every time.
settings.register_profile("patient", settings.default, deadline=None)
settings.load_profile("patient")


@pytest.fixture
def rng():
    return np.random.default_rng(20190609)
