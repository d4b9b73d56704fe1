"""The errors that a user can meet: what is wrong and where, and what to do."""

from poner.printable import printable


class PonerError(Exception):
    """Base of poner's errors: one sentence says what is wrong, one what to do.

    Subclasses may have fields for programs; no code depends on the text.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        """What is wrong, and where: one sentence."""
        self.hint = hint
        """What to do: one sentence."""

    def __str__(self) -> str:
        """Both sentences, with control characters escaped: they may quote foreign text."""
        return printable(f"{self.message} {self.hint}")


class UsageError(PonerError):
    """A command or call has wrong arguments; the command line exits with 2."""


class ModelRefusedError(PonerError):
    """The model file names something that a fitted model does not need, so it is not read."""

    def __init__(self, message: str, hint: str, names: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint)
        self.names = names
        """The names in the file, as `module.name`, listed without loading it."""


class ModelUnreadableError(PonerError):
    """The model file is damaged, has an unknown format, or cannot be loaded."""


class ModelStoppedError(PonerError):
    """The process of the model ended, or was ended, before it answered."""


class ConfinementError(PonerError):
    """This machine cannot confine a process that reads or runs a model, as required."""


class SignatureError(PonerError):
    """The signature is missing, damaged, or does not fit the model."""


class InputError(PonerError):
    """Rows do not fit the signature; the message names features, never values."""


class NotSupportedError(PonerError):
    """An engine cannot compute this model."""

    def __init__(self, message: str, hint: str, step: str) -> None:
        super().__init__(message, hint)
        self.step = step
        """Path of the estimator inside the model, such as `Pipeline/scale`."""


class ParityError(PonerError):
    """The compiled model, or its function, gives other answers than the model."""


class TiesError(PonerError):
    """Ties decide about more of the training rows than a build accepts unasked."""

    def __init__(self, message: str, hint: str, share: float) -> None:
        super().__init__(message, hint)
        self.share = share
        """Share of the training rows, 0 to 1."""


class KernelError(PonerError):
    """The file of a compiled model is missing or damaged."""


class StorageError(PonerError):
    """A file or folder cannot be written: no space, or no permission."""


class ConfigError(PonerError):
    """poner.toml cannot be read, or is not valid."""


class SettingsError(PonerError):
    """Lambda would refuse a setting; the message never has the value of a variable."""


class BundleError(PonerError):
    """A Bundle is missing or damaged, or could not be made."""


class QuotaError(PonerError):
    """The Bundle does not fit AWS Lambda's quotas."""


class InterpreterNotFoundError(PonerError):
    """A needed Python version is not on this machine and cannot be fetched."""


class InstallError(PonerError):
    """Packages could not be installed: no network, or no such version."""


class MissingPackageError(PonerError):
    """Packages of an extra are not installed; the message names them."""


class NoWheelError(InstallError):
    """A package has no wheel for the target."""

    def __init__(self, message: str, hint: str, package: str, nearest: tuple[str, ...]) -> None:
        super().__init__(message, hint)
        self.package = package
        """Name of the package."""
        self.nearest = nearest
        """Close versions that have a wheel for the target, oldest first; may be empty."""


class EmulatorError(PonerError):
    """The local Lambda could not start, or had to stop."""


class DeployError(PonerError):
    """A deployment could not be read, changed or deleted."""


class OutputError(PonerError):
    """Standard output cannot be written."""


class PredictionError(PonerError):
    """The endpoint could not be reached, or answered with an error."""


class EndpointRefusedError(PredictionError):
    """The endpoint redirects to another host or sends too much, or its URL must not be used."""
