"""One archive that explains one learner's grade, signed; and its verification, offline.

python -m reports dispute LEARNER --key KEY
python -m reports verify ARCHIVE --signer KEY.pub
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field

from graders.inputs.problems import InputProblems, Problem, printable
from graders.names import file_stem
from graders.texts import escape_log_commands
from reports.claim import refuse_links
from reports.dispute import sshsig
from reports.dispute.archive import MOST_BYTES, DamagedArchive, packed, unpacked
from reports.dispute.content import content
from reports.dispute.sshsig import SignatureError
from reports.files import write_bytes
from reports.outputs import DISPUTES

STATEMENT, SIGNATURE, README = "statement.json", "statement.json.sig", "README.txt"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:mlops-lab-grader:dispute:v1"


def add(commands: Any, default_run: Path) -> None:
    """Register both subcommands."""
    command = commands.add_parser("dispute", help="write a signed archive about one grade")
    command.add_argument("learner", metavar="LEARNER")
    command.add_argument(
        "--run",
        type=Path,
        dest="folder",
        default=default_run,
        metavar="DIR",
        help="a run's results",
    )
    command.add_argument(
        "--key", type=Path, required=True, metavar="FILE", help="SSH key, or an Ed25519 key in PEM"
    )
    command.add_argument("--out", type=Path, metavar="FILE", help="default: disputes/LEARNER.zip")
    command.set_defaults(run=_dispute)
    command = commands.add_parser("verify", help="check a dispute's archive, offline")
    command.add_argument("archive", type=Path, metavar="ARCHIVE")
    command.add_argument(
        "--signer", type=Path, metavar="FILE", help="the public keys that may have signed it"
    )
    command.set_defaults(run=_verify)


def _dispute(given: argparse.Namespace) -> int:
    out = given.out or given.folder / DISPUTES / f"{file_stem(given.learner)}.zip"
    try:
        archive = written(given.folder, given.learner, given.key)
    except SignatureError as why:
        problem = Problem("--key", str(why).rstrip("."), "name a key that can sign")
        raise InputProblems([problem]) from None
    refuse_links(given.folder, {DISPUTES})
    print(f"dispute: {write_bytes(out, archive)}")
    return 0


def written(folder: Path, learner: str, key: Path) -> bytes:
    """The archive about a learner of a results folder. Raises InputProblems, SignatureError."""
    own = content(folder, learner)
    readme = Path(__file__).with_name(README).read_bytes().replace(b"\r\n", b"\n")
    files = {README: readme, **own.files}
    statement = _statement(files, own.predicate)
    signature = sshsig.sign(statement, key).encode("ascii")
    return packed({STATEMENT: statement, SIGNATURE: signature, **files})


def _statement(files: Mapping[str, bytes], predicate: Mapping[str, Any]) -> bytes:
    document = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": n, "digest": {"sha256": _sha256(c)}} for n, c in files.items()],
        "predicateType": PREDICATE_TYPE,
        "predicate": {**predicate, "signed_at": datetime.now(UTC).isoformat(timespec="seconds")},
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


# --- verifying ------------------------------------------------------------------------------------


def _verify(given: argparse.Namespace) -> int:
    signers = _keys(given.signer) if given.signer else None
    try:
        statement, signature = verified(_read(given.archive))
        if signers is not None and signature.key not in signers:
            raise SignatureError(f"{signature.fingerprint} signed it: not in {given.signer}.")
    except SignatureError as why:
        print(escape_log_commands(f"NOT VALID: {given.archive}: {why}"))
        return 1
    grade, run = statement.predicate.grade, statement.predicate.run
    points = grade.get("total")
    total = "no total" if points is None else f"{points} points"
    facts = (grade.get("learner"), total, f"graded {run.get('graded_at')}", run.get("tenant"))
    print(escape_log_commands("valid: " + ", ".join(printable(str(fact)) for fact in facts)))
    print(f"signed by {signature.fingerprint}", end="")
    print("" if signers else ": check that this is the instructor's key, or name it with --signer")
    return 0


def verified(archive: bytes) -> tuple[_Statement, sshsig.Signature]:
    """The statement and the signature of an archive in which nothing was changed.

    Raises SignatureError for any byte that differs.
    """
    try:
        members = unpacked(archive)
        signed, armored = members.pop(STATEMENT), members.pop(SIGNATURE)
    except (DamagedArchive, KeyError):
        raise SignatureError("the archive was changed, or is no dispute's archive.") from None
    signature = sshsig.read(armored.decode("ascii", "replace"))
    sshsig.verify(signed, signature)
    try:
        statement = _Statement.model_validate_json(signed)
    except ValueError:
        raise SignatureError("its signer signed another kind of statement.") from None
    subjects = {entry.name: entry.digest.get("sha256") for entry in statement.subject}
    if subjects != {name: _sha256(file) for name, file in members.items()}:
        raise SignatureError("a file in it is not the one that was signed.")
    return statement, signature


class _Subject(BaseModel):
    name: str
    digest: Mapping[str, str]


class _Predicate(BaseModel):
    run: Mapping[str, Any]
    grade: Mapping[str, Any]


class _Statement(BaseModel):
    """What verifying needs of an in-toto statement of ours."""

    kind: Literal["https://in-toto.io/Statement/v1"] = Field(alias="_type")
    predicateType: Literal["urn:mlops-lab-grader:dispute:v1"]  # noqa: N815 -- in-toto's spelling
    subject: list[_Subject]
    predicate: _Predicate


def _keys(file: Path) -> set[bytes]:
    """Every public key in a file: ``.pub``, ``authorized_keys`` or ``allowed_signers``."""
    keys = set()
    for word in _read(file).decode("utf-8", "replace").split():
        if word.startswith("AAAA"):
            try:
                keys.add(base64.b64decode(word, validate=True))
            except binascii.Error:
                continue
    if not keys:
        raise InputProblems([Problem(str(file), "it has no public key", "name a .pub file")])
    return keys


def _read(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(2 * MOST_BYTES)


def _sha256(file: bytes) -> str:
    return hashlib.sha256(file).hexdigest()
