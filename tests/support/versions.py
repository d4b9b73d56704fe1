"""Versions of scikit-learn, beside the installed one, that models of the tests are fitted under."""

from __future__ import annotations

import pytest

OTHER_VERSIONS = ["1.2.2", pytest.param("1.5.2", marks=pytest.mark.slow)]
"""The older one differs more from the newest; what lies between takes a minute and a half."""
