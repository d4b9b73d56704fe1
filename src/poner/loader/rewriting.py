"""Receives a model from the confined child, and accepts canonical form only."""

from __future__ import annotations

from collections.abc import Callable

from poner.errors import ModelRefusedError, ModelUnreadableError
from poner.loader.child_process import ChildProcess
from poner.loader.safe_pickle import FileRefusedError, NotCanonicalError, checked
from poner.loader.user_modules import UserModules

REWRITE_TIMEOUT_S = 300.0


def rewritten_model(
    child: ChildProcess,
    file_name: str,
    modules: UserModules,
    notify: Callable[[str], None] = lambda line: None,
) -> bytes:
    """The loaded model as a canonical pickle, which poner ships and converts in the file's place.

    The child is untrusted: this process decodes its pickle, checks it against the allow-list,
    encodes it again, and requires the same bytes.

    Args:
        child: a child process that has loaded the model.
        file_name: name of the model file, for errors.
        modules: the user's own modules.
        notify: receives a line if writing takes long.

    Raises:
        ModelUnreadableError: a part of the model has no canonical form.
        ModelRefusedError: the child's pickle has another form, or breaks a rule.
    """
    try:
        _, content = child.ask(
            {"do": "rewrite"},
            timeout_s=REWRITE_TIMEOUT_S,
            doing=f"Rewriting {file_name}",
            notify=notify,
        )
        return checked(content, modules.names)
    except ModelUnreadableError as error:
        raise ModelUnreadableError(f"{file_name}: {error.message}", error.hint) from error
    except NotCanonicalError as error:
        raise _refused(file_name, f"not in canonical form: {error}") from error
    except FileRefusedError as error:
        raise _refused(file_name, error.message, error.names) from error


def _refused(file_name: str, reason: str, names: tuple[str, ...] = ()) -> ModelRefusedError:
    return ModelRefusedError(
        f"{file_name} is refused: the process that read it returned an invalid copy of the model: "
        f"{reason.rstrip('.')}.",
        "Use a model file whose origin you trust; a hostile file can take over the process that "
        "reads it.",
        names,
    )
