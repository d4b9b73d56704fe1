"""signature.json: a Signature, and the model file that it belongs to.

    {"format": 2, "model_sha256": "9f86d0...", "features": [...], "classes": [...], ...}

Format 1 of the first release has neither of the first two keys, so it names no model.
Everything but the hash may be edited by hand, such as the labels.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict

from poner.errors import SignatureError
from poner.signature import Signature

FORMAT = 2
_FORMAT_KEY, _HASH_KEY = "format", "model_sha256"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SAVE = "Write it anew with poner.save(model, X, y, folder)."


def write_signature(signature: Signature, model: bytes) -> str:
    """Text of signature.json for the bytes of a model file."""
    own = {_FORMAT_KEY: FORMAT, _HASH_KEY: hashlib.sha256(model).hexdigest()}
    return json.dumps({**own, **asdict(signature)}, indent=2, ensure_ascii=False) + "\n"


def read_signature(text: str, source: str, model: bytes, model_name: str) -> Signature:
    """Read signature.json for a model file.

    Args:
        text: content of signature.json.
        source: path of signature.json, for messages.
        model: the model file's bytes.
        model_name: the model file's name, for messages.

    Raises:
        SignatureError: the text is no signature, has a later format, or belongs to another model.
    """
    expected = hash_in(text, source)  # first, since a later format may have other fields
    signature = Signature.from_json(text, source)
    if expected is not None and expected != hashlib.sha256(model).hexdigest():
        raise SignatureError(
            f"{source} belongs to another model than {model_name}: the file's hash is not its "
            f"{_HASH_KEY}.",
            "Save the model once more with poner.save(model, X, y, folder); or if the signature is "
            f"right for this model, remove the line {_HASH_KEY} from it.",
        )
    return signature


def hash_in(text: str, source: str) -> str | None:
    """The hash of the model that signature.json belongs to; None where it does not say.

    Raises:
        SignatureError: the format is a later one, or the value is no hash.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise SignatureError(f"{source} does not describe a signature.", _SAVE)
    version = document.get(_FORMAT_KEY, 1)
    if type(version) is not int or not 1 <= version <= FORMAT:
        raise SignatureError(
            f"{source} has the format {str(version)[:40]}; this poner reads 1 to {FORMAT}.",
            "Update poner, or write it anew with poner.save(model, X, y, folder).",
        )
    digest = document.get(_HASH_KEY)
    if digest is not None and not (isinstance(digest, str) and _SHA256.fullmatch(digest)):
        raise SignatureError(f"{source} has a {_HASH_KEY} that is not a SHA-256.", _SAVE)
    return digest
