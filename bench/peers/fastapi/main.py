"""The job of elytra-webhooks with FastAPI and pydantic: bearer check, decode, validate, filter, forward.

Environment: ELYTRA_TOKEN is the token, QUEUE_URL where messages are posted to.
"""

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import ValidationError
from pydantic_core import from_json

from models import Batch, CloudEvent, EventType, Operation

TOKEN = os.environ["ELYTRA_TOKEN"].encode()
QUEUE_URL = os.environ["QUEUE_URL"]

EVENT_TYPES = {EventType.PRODUCT, EventType.PRODUCT_ATTRIBUTE_VALUE}
OPERATIONS = {Operation.ADD, Operation.MODIFY, Operation.REMOVE}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=64)) as client:
        app.state.client = client
        yield


app = FastAPI(lifespan=lifespan)
bearer = HTTPBearer(auto_error=False)


async def authenticate(
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> None:
    given = credentials.credentials.encode() if credentials else b""
    if not secrets.compare_digest(given, TOKEN):
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})


def decode(request: Request, body: bytes) -> list[CloudEvent] | CloudEvent:
    content_type = request.headers.get("content-type", "")
    if content_type.startswith("application/cloudevents-batch+json"):
        return Batch.validate_json(body)
    if "ce-specversion" not in request.headers:
        return CloudEvent.model_validate_json(body)
    attributes = {
        name[3:]: value for name, value in request.headers.items() if name.startswith("ce-")
    }
    return CloudEvent(**attributes, datacontenttype=content_type, data=from_json(body))


def is_wanted(event: CloudEvent) -> bool:
    return event.eventtype in EVENT_TYPES and event.operation in OPERATIONS


async def send(client: httpx.AsyncClient, events: list[CloudEvent], *, batch: bool) -> None:
    headers = {"content-type": "application/json"}
    if batch:
        content = Batch.dump_json(events, exclude_unset=True)
        headers["cf-queue-batch-count"] = str(len(events))
    else:
        content = events[0].model_dump_json(exclude_unset=True).encode()
    url = f"{QUEUE_URL}/batch" if batch else f"{QUEUE_URL}/message"
    answer = await client.post(url, content=content, headers=headers)
    answer.raise_for_status()


@app.api_route(
    "/webhook", methods=["POST", "PUT", "PATCH"], dependencies=[Depends(authenticate)]
)
async def receive(request: Request) -> JSONResponse:
    try:
        received = decode(request, await request.body())
    except ValidationError as error:
        detail = error.errors(include_input=False, include_context=False, include_url=False)
        return JSONResponse({"code": "invalid_event", "violations": detail}, 400)
    except ValueError as error:
        return JSONResponse({"code": "invalid_event", "detail": str(error)}, 400)
    batch = isinstance(received, list)
    events = received if batch else [received]
    wanted = [event for event in events if is_wanted(event)]
    if wanted:
        await send(request.app.state.client, wanted, batch=batch)
    answers = [
        {"code": "accepted" if is_wanted(event) else "ignored", "id": event.id} for event in events
    ]
    code = "accepted" if wanted else "ignored"
    answer = {"code": code, "events": answers} if batch else answers[0]
    return JSONResponse(answer, 202 if wanted else 200)
