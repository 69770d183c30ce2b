"""SSH signatures (OpenSSH's PROTOCOL.sshsig), as ``ssh-keygen -Y`` makes and verifies them.

An Ed25519 key without a passphrase signs here. Any other key, one with a passphrase, in an agent or
on a hardware token, signs through ``ssh-keygen``, which asks for what it needs.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

NAMESPACE = "mlops-lab-dispute"
_MAGIC = b"SSHSIG"
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_WIDTH = 70
_HASHES: Mapping[str, Callable[[bytes], bytes]] = {
    "sha256": lambda data: hashlib.sha256(data).digest(),
    "sha512": lambda data: hashlib.sha512(data).digest(),
}


class SignatureError(Exception):
    """Why there is no good signature, in one sentence."""


@dataclass(frozen=True)
class Signature:
    """A signature that was taken apart; ``key`` is the public key as SSH writes it."""

    key: bytes
    namespace: str
    hash_name: str
    signature: bytes

    @property
    def fingerprint(self) -> str:
        """The key as ``ssh-keygen -l`` shows it."""
        digest = hashlib.sha256(self.key).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    @property
    def armored(self) -> str:
        blob = _MAGIC + struct.pack(">I", 1)
        for part in (self.key, self.namespace, "", self.hash_name, self.signature):
            blob += _string(part)
        text = base64.b64encode(blob).decode()
        lines = [text[start : start + _WIDTH] for start in range(0, len(text), _WIDTH)]
        return "\n".join([_BEGIN, *lines, _END, ""])


def sign(message: bytes, key_file: Path) -> str:
    """The armored signature. Raises SignatureError."""
    try:
        content = key_file.read_bytes()
    except OSError as error:
        raise SignatureError(f"{key_file}: the key cannot be read ({error.strerror}).") from None
    key = _plain_ed25519(content)
    return _by_ssh_keygen(message, key_file) if key is None else _signed(message, key)


def read(armored: str) -> Signature:
    """Take a signature apart. Raises SignatureError for anything but its one canonical form."""
    try:
        body = "".join(armored.removeprefix(_BEGIN).removesuffix(f"{_END}\n").split("\n"))
        blob = base64.b64decode(body, validate=True)
        if blob[: len(_MAGIC) + 4] != _MAGIC + struct.pack(">I", 1):
            raise ValueError("not version 1")
        key, namespace, _reserved, hash_name, signature = _strings(blob[len(_MAGIC) + 4 :], 5)
        parsed = Signature(key, namespace.decode(), hash_name.decode(), signature)
    except (ValueError, binascii.Error, struct.error):
        raise SignatureError("the signature is damaged.") from None
    if parsed.armored != armored:
        raise SignatureError("the signature is damaged.")
    return parsed


def verify(message: bytes, signature: Signature) -> None:
    """Check that the key signed the message, in our namespace. Raises SignatureError."""
    if signature.namespace != NAMESPACE or signature.hash_name not in _HASHES:
        raise SignatureError("the signature was made for something else.")
    try:
        kind, value = _strings(signature.signature, 2)
        key = serialization.load_ssh_public_key(_public_line(signature.key))
        data = _to_sign(message, signature.hash_name)
        if isinstance(key, ed25519.Ed25519PublicKey) and kind == b"ssh-ed25519":
            key.verify(value, data)
        elif isinstance(key, rsa.RSAPublicKey) and kind in _RSA:
            key.verify(value, data, padding.PKCS1v15(), _RSA[kind])
        elif isinstance(key, ec.EllipticCurvePublicKey) and kind in _ECDSA:
            r, s = (int.from_bytes(number, "big") for number in _strings(value, 2))
            key.verify(encode_dss_signature(r, s), data, ec.ECDSA(_ECDSA[kind]))
        else:
            raise SignatureError("only `ssh-keygen -Y verify` can check a key of this kind.")
    except InvalidSignature:
        raise SignatureError("the signature does not fit the content.") from None
    except (ValueError, UnsupportedAlgorithm, struct.error):
        raise SignatureError("the signature's key is damaged.") from None


_RSA: Mapping[bytes, hashes.HashAlgorithm] = {
    b"rsa-sha2-512": hashes.SHA512(),
    b"rsa-sha2-256": hashes.SHA256(),
}
_ECDSA: Mapping[bytes, hashes.HashAlgorithm] = {
    b"ecdsa-sha2-nistp256": hashes.SHA256(),
    b"ecdsa-sha2-nistp384": hashes.SHA384(),
    b"ecdsa-sha2-nistp521": hashes.SHA512(),
}


def _public_line(key: bytes) -> bytes:
    (kind,) = _strings(key[: 4 + struct.unpack(">I", key[:4])[0]], 1)
    return kind + b" " + base64.b64encode(key)


def _signed(message: bytes, key: ed25519.Ed25519PrivateKey) -> str:
    public = key.public_key().public_bytes_raw()
    signature = key.sign(_to_sign(message, "sha512"))
    kind = _string("ssh-ed25519")
    return Signature(kind + _string(public), NAMESPACE, "sha512", kind + _string(signature)).armored


def _plain_ed25519(content: bytes) -> ed25519.Ed25519PrivateKey | None:
    for load in (serialization.load_ssh_private_key, serialization.load_pem_private_key):
        try:
            key = load(content, None)
        except (ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: it has a passphrase
            continue
        return key if isinstance(key, ed25519.Ed25519PrivateKey) else None
    return None


def _by_ssh_keygen(message: bytes, key_file: Path) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "statement"
        file.write_bytes(message)
        command = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(key_file), "-n", NAMESPACE]
        try:
            subprocess.run([*command, str(file)], check=True, stdout=subprocess.DEVNULL)  # noqa: S603
            return file.with_name("statement.sig").read_text("ascii")
        except FileNotFoundError:
            why = "it needs ssh-keygen, which is not here: name an Ed25519 key with no passphrase"
        except (subprocess.CalledProcessError, OSError, ValueError):
            why = "ssh-keygen could not sign with it; its own message is above"
    raise SignatureError(f"{key_file}: {why}.")


def _to_sign(message: bytes, hash_name: str) -> bytes:
    names = b"".join(map(_string, (NAMESPACE, "", hash_name)))
    return _MAGIC + names + _string(_HASHES[hash_name](message))


def _string(value: bytes | str) -> bytes:
    content = value.encode() if isinstance(value, str) else value
    return struct.pack(">I", len(content)) + content


def _strings(blob: bytes, count: int) -> list[bytes]:
    """Exactly so many strings, and nothing after them. Raises ValueError and struct.error."""
    parts = []
    for _ in range(count):
        (size,) = struct.unpack(">I", blob[:4])
        if len(blob) < 4 + size:
            raise ValueError("cut short")
        parts.append(blob[4 : 4 + size])
        blob = blob[4 + size :]
    if blob:
        raise ValueError("something follows")
    return parts
