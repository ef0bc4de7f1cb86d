"""Wide pipes carry what multiprocessing's carry, whatever its size."""

import os
import threading

import pytest

from aggregator.pipes import Context


@pytest.mark.parametrize("size", [0, 100, 65_000, 70_000, 3_000_000])
def test_messages_of_any_size(size):
    """What is sent is what is received, also when it is larger than the pipe."""
    reader, writer = Context().Pipe(duplex=False)
    sent = [os.urandom(size), "after"]
    sending = threading.Thread(target=lambda: [writer.send(each) for each in sent])
    sending.start()
    assert [reader.recv(), reader.recv()] == sent
    sending.join()
    writer.close()
    with pytest.raises(EOFError):
        reader.recv()
    reader.close()


@pytest.mark.parametrize(("rest", "error"), [(b"", EOFError), (b"x", OSError)])
def test_a_message_that_ends_early(rest, error):
    """A large message of which nothing comes is the end; one that is cut off is an error."""
    reader, writer = Context().Pipe(duplex=False)
    os.write(writer.fileno(), (100_000).to_bytes(4, "big") + rest)
    writer.close()
    with pytest.raises(error):
        reader.recv()
    reader.close()
