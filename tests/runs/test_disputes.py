"""A dispute's archive: signed, whole, verified offline, and about one learner only."""

from __future__ import annotations

import io
import json
import random
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from graders.inputs.lab_file import read_class
from reports.__main__ import main
from reports.dispute import PREDICATE_TYPE, STATEMENT, verified, written
from reports.dispute.archive import packed, unpacked
from reports.dispute.sshsig import NAMESPACE, SignatureError
from tests.support import grading_process, leaks
from tests.support.paths import COHORTS

LEARNERS = ("user1", "user11", "user13", "user16", "user17")
needs_ssh_keygen = pytest.mark.skipif(
    shutil.which("ssh-keygen") is None, reason="there is no ssh-keygen here"
)


@pytest.fixture(scope="module")
def results(demo: grading_process.Outcome, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo class's results, with an audit of its requests."""
    folder = Path(shutil.copytree(demo.reports, tmp_path_factory.mktemp("results") / "out"))
    requests = [
        ("", "/solliancelabs/_apis/projects"),
        ("", "/orgs/solliancelabs/teams/user11"),
        ("user1", "/solliancelabs/AE%20MLOps%2001/_apis/build/builds"),
        ("user11", "/solliancelabs/AE%20MLOps%2011/_apis/build/builds"),
    ]
    lines = [json.dumps({"time": "t", "learner": who, "path": path}) for who, path in requests]
    (folder / "audit.jsonl").write_text("\n".join([*lines, '{"time": "t", "lea']))
    return folder


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Private keys of every kind, each with its public key beside it as ``NAME.pub``."""
    folder = tmp_path_factory.mktemp("keys")
    made = {
        "ed25519": ed25519.Ed25519PrivateKey.generate(),
        "pem": ed25519.Ed25519PrivateKey.generate(),
        "rsa": rsa.generate_private_key(65537, 2048),
        "ecdsa": ec.generate_private_key(ec.SECP256R1()),
    }
    files = {}
    for name, key in made.items():
        pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        ssh = serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH
        form = pem if name == "pem" else ssh
        files[name] = folder / name
        files[name].touch(0o600)
        files[name].write_bytes(key.private_bytes(*form, serialization.NoEncryption()))
        public = key.public_key().public_bytes(
            serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
        )
        (folder / f"{name}.pub").write_bytes(public + b" instructor\n")
    return files


@pytest.fixture(scope="module")
def archive(results: Path, keys: Mapping[str, Path]) -> bytes:
    return written(results, "user11", keys["ed25519"])


# --- signed and verified --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    [
        "ed25519",
        "pem",
        pytest.param("rsa", marks=needs_ssh_keygen),
        pytest.param("ecdsa", marks=needs_ssh_keygen),
    ],
)
def test_one_command_writes_it_and_one_verifies_it_offline(
    results: Path,
    keys: Mapping[str, Path],
    kind: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out, key = tmp_path / "a.zip", keys[kind]
    command = ["dispute", "user11", "--run", str(results), "--key", str(key), "--out", str(out)]
    assert main(command) == 0
    assert main(["verify", str(out), "--signer", f"{key}.pub"]) == 0
    assert "valid: user11, 98 points, graded 2" in capsys.readouterr().out
    other = keys["pem" if kind == "ed25519" else "ed25519"]
    assert main(["verify", str(out), "--signer", f"{other}.pub"]) == 1
    assert "NOT VALID" in capsys.readouterr().out


@needs_ssh_keygen
def test_ssh_keygen_accepts_the_signature_and_only_of_the_very_statement(
    archive: bytes, keys: Mapping[str, Path], tmp_path: Path
) -> None:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        opened.extractall(tmp_path)
    public = keys["ed25519"].with_suffix(".pub").read_text()
    (tmp_path / "allowed_signers").write_text(f'instructor namespaces="{NAMESPACE}" {public}')
    statement = (tmp_path / STATEMENT).read_bytes()
    command = [
        *("ssh-keygen", "-Y", "verify", "-f", "allowed_signers", "-I", "instructor"),
        *("-n", NAMESPACE, "-s", f"{STATEMENT}.sig"),
    ]
    for content, expected in ((statement, True), (statement.replace(b"98", b"99"), False)):
        done = subprocess.run(
            command, cwd=tmp_path, input=content, capture_output=True, check=False
        )
        assert (done.returncode == 0) is expected, done.stderr


def test_one_flipped_bit_anywhere_is_seen(archive: bytes) -> None:
    verified(archive)
    chosen = random.Random(7).sample(range(len(archive)), 400)  # noqa: S311
    for place in (0, 10, len(archive) - 1, *chosen):
        changed = bytearray(archive)
        changed[place] ^= 1 << place % 8
        with pytest.raises(SignatureError):
            verified(bytes(changed))
    for changed_length in (archive[:-1], archive + b"\0", b"", b"PK"):
        with pytest.raises(SignatureError):
            verified(changed_length)


@pytest.mark.parametrize("change", ["added", "removed", "replaced"])
def test_a_file_that_was_not_signed_is_seen(archive: bytes, change: str) -> None:
    members = unpacked(archive)
    if change == "removed":
        del members["evidence.json"]
    else:
        members["evidence.json" if change == "replaced" else "more.txt"] = b"{}"
    with pytest.raises(SignatureError, match="not the one that was signed"):
        verified(packed(members))


def test_a_good_signature_of_something_else_is_refused(
    archive: bytes, keys: Mapping[str, Path]
) -> None:
    from reports.dispute import SIGNATURE, sshsig

    members = unpacked(archive)
    for other in (b"{}", b"[]", b"\xff", b"[" * 100_000):
        members[STATEMENT] = other
        members[SIGNATURE] = sshsig.sign(other, keys["ed25519"]).encode()
        with pytest.raises(SignatureError, match="another kind of statement"):
            verified(packed(members))


# --- what is in it --------------------------------------------------------------------------------


def test_it_is_an_in_toto_statement_with_a_digest_of_every_file(archive: bytes) -> None:
    members = unpacked(archive)
    statement = json.loads(members[STATEMENT])
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == PREDICATE_TYPE
    assert {subject["name"] for subject in statement["subject"]} == {
        *("README.txt", "evidence.json", "audit.jsonl", "rubric.json", "versions.json"),
        *("verdicts.json", "feedback.md", "feedback.html"),
    }
    predicate = statement["predicate"]
    assert predicate["snapshot"]["unchanged_since_graded"] is True
    assert predicate["grade"]["total"] == 98
    assert len(json.loads(members["verdicts.json"])) == len(json.loads(members["rubric.json"]))
    assert len(json.loads(members["versions.json"])["code"]) == 64
    audited = [json.loads(line)["path"] for line in members["audit.jsonl"].splitlines()]
    assert audited == [
        "/solliancelabs/_apis/projects",
        "/orgs/solliancelabs/teams/user11",
        "/solliancelabs/AE%20MLOps%2011/_apis/build/builds",
    ]


@pytest.mark.parametrize("learner", LEARNERS)
def test_it_has_nothing_of_another_learner_and_no_secret(
    results: Path, keys: Mapping[str, Path], learner: str
) -> None:
    learners, lab_file = read_class(COHORTS / "demo.csv", COHORTS / "lab.toml")
    known = {one.id: leaks.identifiers(lab_file.for_learner(one)) for one in learners}
    owners = {name: owner for owner, names in known.items() for name in names}
    shared = {name for name in owners if sum(name in names for names in known.values()) > 1}
    for name, content in unpacked(written(results, learner, keys["ed25519"])).items():
        text = content.decode("utf-8")
        assert not leaks.SECRETS.search(text), name
        others = leaks.Others({key: owner for key, owner in owners.items() if key not in shared})
        assert others.found_in(leaks.shown(text), known[learner]) == set(), name


def test_names_of_others_in_a_learners_own_evidence_are_hidden(
    results: Path, keys: Mapping[str, Path], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(results, tmp_path / "out"))
    file = folder / "evidence" / "user11.json"
    text = file.read_text("utf-8").replace("jana.novotna@lab.example", "hugo.ibanez@lab.example")
    file.write_text(text.replace("Nightly clean-up", "for Hugo Ibáñez"), encoding="utf-8")
    members = unpacked(written(folder, "user11", keys["ed25519"]))
    evidence = members["evidence.json"].decode("utf-8")
    assert "Ibáñez" not in evidence
    assert "for [another learner]" in evidence
    snapshot = json.loads(members[STATEMENT])["predicate"]["snapshot"]
    assert snapshot["others_hidden"] is True
    assert snapshot["unchanged_since_graded"] is False


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["dispute", "user111"], "there is no such learner (found `user111`); you have `user11`"),
        (["dispute", "user1", "--key", "nowhere"], "the key cannot be read"),
        (["dispute", "user1", "--run", "nowhere"], "name the results folder of a run"),
        (["verify", "nowhere"], "nowhere: No such file"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    results: Path,
    keys: Mapping[str, Path],
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    why: str,
) -> None:
    usual = {"--run": str(results), "--key": str(keys["ed25519"])}
    if arguments[0] == "dispute":
        for option, value in usual.items():
            arguments = [*arguments, *(() if option in arguments else (option, value))]
    assert main(arguments) == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert why in sentence
