"""Content codings (RFC 9110 section 8.4), undone piece by piece with a bound on what comes out.

A few kilobytes can decode to gigabytes, twice so when coded twice; so each step is given the space that is
left, and nothing is ever decoded beyond it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Protocol

import brotli  # type: ignore[import-untyped]

from aggregator.errors import FetchError

MAX_CODINGS = 2
_PIECE = 65_536  # bytes that one step may put out at once


class Decoder(Protocol):
    """One coding. ``feed`` yields what a piece decodes to, in small pieces; ``finish`` checks the end."""

    def feed(self, data: bytes) -> Iterator[bytes]: ...
    def finish(self) -> None: ...


class Body:
    """A body that is received: `add` pieces as they come, then `finish`.

    Raises FetchError: ``size`` beyond ``limit`` bytes decoded, ``encoding`` for corrupt, cut off or unknown
    codings.
    """

    def __init__(self, content_encoding: str | None, limit: int) -> None:
        self._decoders = [_decoder(name) for name in _codings(content_encoding)]
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, data: bytes) -> None:
        """Decode a received piece."""
        for piece in self._through(data, 0):
            self._size += len(piece)
            if self._size > self._limit:
                raise too_large(self._limit)
            self._parts.append(piece)

    def finish(self) -> bytes:
        """The whole decoded body."""
        if self._size or self._parts:
            for decoder in self._decoders:
                decoder.finish()
        return b"".join(self._parts)

    def _through(self, data: bytes, step: int) -> Iterator[bytes]:
        if step == len(self._decoders):
            yield data
            return
        for piece in self._decoders[step].feed(data):
            yield from self._through(piece, step + 1)


def too_large(limit: int) -> FetchError:
    """The error for a body beyond the limit."""
    return FetchError("size", f"the answer is larger than {limit / 1_000_000:g} MB (max_body)")


def _codings(header: str | None) -> list[str]:
    """Codings in the order in which they are undone."""
    names = [name.strip().lower() for name in (header or "").split(",")]
    found = [name for name in reversed(names) if name not in ("", "identity")]
    if len(found) > MAX_CODINGS:
        raise FetchError("encoding", f"the answer is compressed {len(found)} times over")
    return found


def _decoder(name: str) -> Decoder:
    if name in ("gzip", "x-gzip"):
        return _Zlib(gzip=True)
    if name == "deflate":
        return _Zlib(gzip=False)
    if name == "br":
        return _Brotli()
    raise FetchError("encoding", f"the answer has the coding {name[:40]}, which was not asked for")


class _Zlib:
    """gzip (RFC 1952, several members too) and deflate (zlib, or bare as some servers send it)."""

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16) if gzip else None
        self._members = 1

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._inflate is None:
            zlib_header = bool(data) and data[0] & 0x0F == 8
            self._inflate = zlib.decompressobj(zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS)
        while data:
            try:
                piece = self._inflate.decompress(data, _PIECE)
            except zlib.error as error:
                raise FetchError("encoding", "the compressed answer is corrupt") from error
            if piece:
                yield piece
            data = self._inflate.unconsumed_tail
            if self._inflate.eof:
                data = self._next_member(self._inflate.unused_data)

    def _next_member(self, rest: bytes) -> bytes:
        """Start the next gzip member, if there is one; anything else after the end is padding."""
        if not (self._gzip and rest.startswith(b"\x1f\x8b")) or self._members >= 1_000:
            return b""
        self._members += 1
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
        return rest

    def finish(self) -> None:
        if self._inflate is not None and not self._inflate.eof:
            raise FetchError("encoding", "the compressed answer ends too early")


class _Brotli:
    """Brotli (RFC 7932)."""

    def __init__(self) -> None:
        self._decompressor = brotli.Decompressor()

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            while True:
                piece = self._decompressor.process(data, output_buffer_limit=_PIECE)
                if piece:
                    yield piece
                data = b""
                if self._decompressor.can_accept_more_data() or self._decompressor.is_finished():
                    return
        except brotli.error as error:
            raise FetchError("encoding", "the compressed answer is corrupt") from error

    def finish(self) -> None:
        if not self._decompressor.is_finished():
            raise FetchError("encoding", "the compressed answer ends too early")
