"""Phones that may be woken by a push."""

import uuid
from datetime import datetime

from citizens.models import Device
from common import db
from common.errors import NotFound, check_version


@db.transaction()
def register(
    *,
    user_id: str,
    session_key: str,
    installation_id: uuid.UUID,
    expected_version: int,
    platform: str,
    token: str,
    app_version: str,
    now: datetime,
) -> Device:
    """Register an installation of the app, or renew it; version 0 says that it is new.

    A phone that changed hands is taken over whatever its version: the old owner's app is gone.
    Errors: StaleVersion.
    """
    db.advisory_lock(f"device {installation_id}")
    found = db.lock(Device.objects.filter(installation_id=installation_id)).first()
    if found is not None and found.user_id == user_id:
        check_version(found.version, expected_version)
    device = found or Device(installation_id=installation_id, version=0)
    device.user_id = user_id
    device.session_key = session_key
    device.platform, device.token, device.app_version = platform, token, app_version
    device.version += 1
    device.updated_at = now
    device.save()
    return device


@db.transaction()
def remove(*, user_id: str, installation_id: uuid.UUID, expected_version: int) -> None:
    """Stop waking a phone. Errors: NotFound; StaleVersion."""
    device = db.lock(Device.objects.filter(user_id=user_id, installation_id=installation_id))
    found = device.first()
    if found is None:
        raise NotFound
    check_version(found.version, expected_version)
    found.delete()
