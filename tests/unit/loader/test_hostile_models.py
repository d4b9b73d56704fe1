"""Hostile files end in one of the reader's own errors: none is loaded, none takes long."""

import contextlib
import resource

import pytest

from poner.loader.safe_pickle.faults import FileRefusedError, FileUnreadableError
from poner.loader.safe_pickle.listing import Listing, list_content
from poner.loader.safe_pickle.loading import load_content
from tests.support.hostile_models import hostile_models

NAMES = sorted(hostile_models())

LONGEST_S = 5.0
"""Processor seconds that a refusal may take on a slow machine; most take a hundredth of one."""


def seconds():
    """Processor time of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_file_is_refused_before_it_takes_anything(name):
    """Whatever it would lead astray: the finished model is checked, sizes before memory."""
    begun = seconds()
    with pytest.raises((FileRefusedError, FileUnreadableError)) as caught:
        load_content(hostile_models()[name])
    assert caught.value.message.endswith(".")
    assert seconds() - begun < LONGEST_S


@pytest.mark.parametrize("name", NAMES)
def test_listing_a_hostile_file_takes_no_time(name):
    """The listing builds nothing, and looks at nothing more than once."""
    begun = seconds()
    with contextlib.suppress(FileRefusedError, FileUnreadableError):
        list_content(hostile_models()[name], Listing())
    assert seconds() - begun < LONGEST_S
