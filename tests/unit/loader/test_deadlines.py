"""How long reading a model may take, and what is said about it."""

import pytest

from poner.errors import ModelUnreadableError
from poner.loader.deadlines import SLOW_S, Deadline


def deadline(timeout_s, seconds):
    """A deadline whose clock shows these seconds, one after the other, and what it says."""
    lines = []
    shown = iter([0.0, *seconds])
    made = Deadline(timeout_s, "Reading clf.sav", lines.append, clock=lambda: next(shown))
    return made, lines


def test_the_user_is_told_once_that_it_takes_long():
    """One line says what takes long, and when it will be stopped."""
    made, lines = deadline(300.0, [1.0, SLOW_S + 1, SLOW_S + 2])
    assert made.left_s() == SLOW_S - 1.0
    assert made.left_s() == 300.0 - SLOW_S - 1
    made.left_s()
    assert lines == ["Reading clf.sav takes longer than 10 s; poner stops it after 300 s."]


def test_it_ends_with_the_time_that_was_given():
    """At the end of the given time, the error says what took how long."""
    made, _ = deadline(300.0, [300.0])
    with pytest.raises(ModelUnreadableError) as caught:
        made.left_s()
    assert caught.value.message == "Reading clf.sav took longer than 300 s, and was stopped."


def test_what_may_not_take_long_says_nothing():
    """A short limit gives no line about waiting."""
    made, lines = deadline(5.0, [4.0])
    assert made.left_s() == 1.0
    assert not lines
