"""Accepts a model from the confined child only in canonical form."""

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
    """The loaded model as a canonical pickle, which is shipped and converted in the file's place.

    The child is not trusted: this process reads its pickle, checks it against the allow-list,
    writes it again, and requires the same bytes.

    Args:
        child: has loaded the model.
        file_name: for errors.
        modules: the user's own.
        notify: told where it takes long.

    Raises:
        ModelUnreadableError: a part of the model has no canonical form.
        ModelRefusedError: what the child sent is in another form, or breaks a rule.
    """
    try:
        _, content = child.ask(
            {"do": "rewrite"},
            timeout_s=REWRITE_TIMEOUT_S,
            doing=f"Writing {file_name} anew",
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
        f"{file_name} is refused: the process that read it did not write it again as poner does: "
        f"{reason.rstrip('.')}.",
        "Use a model file whose origin you trust; a hostile file can take over the process that "
        "reads it.",
        names,
    )
