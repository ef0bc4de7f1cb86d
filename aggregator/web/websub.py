"""The callbacks of WebSub (W3C Recommendation, sections 5.3 and 7): hubs verify and push here.

No password protects them, but an address that nobody guesses, a yes to nothing but what we asked, and the
hub's signature under each push.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from aggregator.errors import FetchError
from aggregator.sources.decoding import Body
from aggregator.sources.websub import verification
from aggregator.web.services import Pushing

PATH = "/websub/"


def router(pushing: Pushing) -> APIRouter:
    """The routes, for an application that hubs can reach."""
    made = APIRouter(include_in_schema=False)

    @made.get(PATH + "{token}")
    async def verify(request: Request, token: str) -> Response:
        """A hub asks whether we meant it: the challenge comes back only where we did."""
        said = verification(request.query_params)
        if said is None or not await pushing.verify(token, said):
            return PlainTextResponse("There is no such subscription.\n", 404)
        return PlainTextResponse(said.challenge)

    @made.post(PATH + "{token}")
    async def deliver(request: Request, token: str) -> Response:
        """A hub pushes what is new."""
        limit = await pushing.limit(token)
        if limit is None:
            return PlainTextResponse("There is no such subscription.\n", 404)
        try:
            body = Body(request.headers.get("content-encoding"), limit)
            received = 0
            async for piece in request.stream():
                received += len(piece)
                if received > limit:
                    return PlainTextResponse("That is too much.\n", 413)
                body.add(piece)
            whole = body.finish()
        except FetchError as error:
            return PlainTextResponse(f"{error}\n", 413 if error.kind == "size" else 400)
        signature = request.headers.get("x-hub-signature")
        status = await pushing.deliver(token, whole, request.headers.get("content-type"), signature)
        return PlainTextResponse("", status)

    return made
