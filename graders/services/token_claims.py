"""Who a Microsoft Entra token is for, to show it to people. Nothing is decided by it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Account:
    """The claims of a token; empty where it does not say them, or cannot be read."""

    name: str = ""
    """The person's address; of an application, its client id."""
    object_id: str = ""
    tenant: str = ""
    is_app: bool = False
    until: datetime | None = None


def account_of(token: str) -> Account:
    """What a token says of its owner; nothing where it is no JWT. Nothing is verified."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        end = claims.get("exp")
        until = datetime.fromtimestamp(end, UTC) if isinstance(end, int) else None
    except (ValueError, IndexError, AttributeError, OverflowError, OSError):
        return Account()

    def text(*names: str) -> str:
        return next((str(claims[name]) for name in names if isinstance(claims.get(name), str)), "")

    is_app = text("idtyp") == "app" or not text("upn", "unique_name", "scp")
    name = text("appid", "azp") if is_app else text("upn", "unique_name", "oid")
    return Account(name, text("oid"), text("tid"), is_app, until)
