"""A zip file with one form for one content, so that a change anywhere in it is seen."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

MOST_BYTES = 64 * 1024 * 1024
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_UNIX, _FILE = 3, 0o100600 << 16


class DamagedArchive(Exception):
    """The file is not as :func:`packed` makes it."""


def packed(members: Mapping[str, bytes]) -> bytes:
    """The archive of these files, in this order, neither compressed nor dated."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.create_system, entry.external_attr = _UNIX, _FILE
            archive.writestr(entry, content)
    return stream.getvalue()


def unpacked(archive: bytes) -> dict[str, bytes]:
    """The files of an archive. Raises DamagedArchive unless they pack to the very same bytes."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            entries = opened.infolist()
            if sum(entry.file_size for entry in entries) > MOST_BYTES:
                raise DamagedArchive
            members = {entry.filename: opened.read(entry) for entry in entries}
    except Exception as error:  # a damaged entry raises errors of many kinds
        raise DamagedArchive from error
    if packed(members) != archive:
        raise DamagedArchive
    return members
