"""signature.json: a Signature, and the model file that it belongs to.

    {"format": 2, "model_sha256": "9f86d0...", "features": [...], "classes": [...], ...}

Format 1, of the first release, has neither `format` nor `model_sha256`, so it names no model.
Users may edit everything but the hash by hand, for example the labels.
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
_SAVE = "Write a new one with poner.save(model, X, y, folder)."


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
        SignatureError: the text is not a signature, has a later format, or belongs to another
            model.
    """
    expected = hash_in(text, source)  # checks the format first: a later one may have other fields
    signature = Signature.from_json(text, source)
    if expected is not None and expected != hashlib.sha256(model).hexdigest():
        raise SignatureError(
            f"{source} belongs to another model: its {_HASH_KEY} differs from the hash of "
            f"{model_name}.",
            "Save the model once more with poner.save(model, X, y, folder). If the signature is "
            f"right for this model, remove the line {_HASH_KEY} from the signature instead.",
        )
    return signature


def hash_in(text: str, source: str) -> str | None:
    """The hash of the model that signature.json belongs to; None where the file holds no hash.

    Raises:
        SignatureError: the format is later than this poner's, or the value is not a SHA-256.
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
            "Update poner, or write a new signature with poner.save(model, X, y, folder).",
        )
    digest = document.get(_HASH_KEY)
    if digest is not None and not (isinstance(digest, str) and _SHA256.fullmatch(digest)):
        raise SignatureError(f"{source} has a {_HASH_KEY} that is not a SHA-256.", _SAVE)
    return digest
