"""Takes a model that the confined child wrote anew, if it is in the one form that may leave."""

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
    """A plain pickle of the model that a child has loaded; shipped and converted in its place.

    The child is not trusted: its pickle is read, held against the allow-list and written once
    more here, and must come out the same to the byte.

    Args:
        child: has loaded the model.
        file_name: for errors.
        modules: the user's own.
        notify: told where it takes long.

    Raises:
        ModelUnreadableError: the model holds what is not written anew.
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
