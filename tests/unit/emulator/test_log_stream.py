"""Plain output and framed log events in one pipe: L47."""

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from poner.emulator.protocol.log_stream import EVENT_BYTES, LogStream


def frame(message: bytes, kind: int = 0x17) -> bytes:
    """A log event as the runtime frames it."""
    stamp = (1_783_711_146_789_000).to_bytes(8, "big")
    return b"\xa5\x5a\x00" + bytes([kind]) + len(message).to_bytes(4, "big") + stamp + message


def test_lines_are_events():
    """L71: each line of output is one event, with its newline."""
    assert LogStream().feed(b"one\ntwo\nthr") == ["one\n", "two\n"]


def test_a_line_without_newline_waits_for_flush():
    """L71: text without a newline is an event of its own at the end."""
    stream = LogStream()
    assert stream.feed(b"ab") == []
    assert stream.flush() == ["ab"]
    assert stream.flush() == []


def test_a_line_without_end_is_passed_on_in_parts():
    """50 MB without a newline are read in bounded memory and linear time."""
    stream, data, events = LogStream(), "ñ".encode() * 32_768, []
    begin_s = time.process_time()
    for _ in range(800):
        events += stream.feed(data[1:] + data[:1])
    events += stream.flush()
    assert time.process_time() - begin_s < 5
    assert {len(event) for event in events[1:-1]} == {EVENT_BYTES // 2 - 1}
    assert sum(event.count("ñ") for event in events) == 800 * 32_768 - 1


def test_a_frame_is_one_event():
    """L47: a framed message with newlines is one event."""
    message = "[ERROR] E: x\nTraceback\n\u00a0\u00a0File"
    assert LogStream().feed(frame(message.encode())) == [message]


def test_order_is_kept():
    """Printed and logged events come out in the order written, also after a partial line."""
    data = b"a\n" + frame(b"b\n") + b"c" + frame(b"d") + b"e\n"
    assert LogStream().feed(data) == ["a\n", "b\n", "c", "d", "e\n"]


def test_a_frame_type_may_be_a_newline():
    """L47: DEBUG events are of type 0xa55a000a, whose last byte is a newline."""
    assert LogStream().feed(frame(b"x", kind=0x0A)) == ["x"]


def test_text_that_looks_like_a_frame_is_text():
    """A magic number without a valid header is text that the function printed."""
    assert "".join(LogStream().feed("¥Z\0 is no frame at all\n".encode())).endswith("at all\n")


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(
            st.text(st.characters(codec="utf-8", exclude_characters="\n¥"), max_size=20).map(
                lambda text: (f"{text}\n".encode(), f"{text}\n")
            ),
            st.text(st.characters(codec="utf-8"), min_size=1, max_size=40).map(
                lambda text: (frame(text.encode()), text)
            ),
        )
    ),
    st.data(),
)
def test_it_does_not_matter_how_the_bytes_arrive(pieces, data):
    """The events are the same for every division of the bytes."""
    written = b"".join(piece for piece, _ in pieces)
    stream, events, begin = LogStream(), [], 0
    while begin < len(written):
        size = data.draw(st.integers(1, 30))
        events += stream.feed(written[begin : begin + size])
        begin += size
    assert events + stream.flush() == [text for _, text in pieces]
