"""Every failure a user can meet: what is wrong, where, and what to do."""

from poner.printable import printable


class PonerError(Exception):
    """Base of all of poner's errors: one sentence on what is wrong and one on what to do.

    Subclasses add fields for programs; nothing ever branches on the text.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        """What is wrong, and where: one sentence."""
        self.hint = hint
        """What to do about it: one sentence."""

    def __str__(self) -> str:
        """Both sentences, safe to show: they may quote what others wrote."""
        return printable(f"{self.message} {self.hint}")


class UsageError(PonerError):
    """The command or call was put wrongly; the command line exits with 2."""


class ModelRefusedError(PonerError):
    """The model file is not read, because it names what a fitted model has no need of."""

    def __init__(self, message: str, hint: str, names: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint)
        self.names = names
        """Every global the file names, `module.name`, as listed without loading it."""


class ModelUnreadableError(PonerError):
    """The model file is damaged, of an unknown format, or cannot be loaded as it stands."""


class ModelStoppedError(PonerError):
    """The process that asks the model ended, or was ended: it answers no more."""


class ConfinementError(PonerError):
    """This machine cannot confine a process that reads or runs a model as fully as required."""


class SignatureError(PonerError):
    """The signature is missing, damaged, or does not fit the model."""


class InputError(PonerError):
    """Rows given for prediction do not fit the signature; names the field, never a value."""


class NotSupportedError(PonerError):
    """An engine cannot compute this model; names the step and the reason."""

    def __init__(self, message: str, hint: str, step: str) -> None:
        super().__init__(message, hint)
        self.step = step
        """Path of the estimator inside the model, such as `Pipeline/scale`."""


class ParityError(PonerError):
    """The compiled model or its function does not answer as the model it came from."""


class KernelError(PonerError):
    """The kernel refused a compiled model file: a table that does not hold together."""


class StorageError(PonerError):
    """A file or folder of poner's cannot be written: no room, or no permission."""


class ConfigError(PonerError):
    """poner.toml is missing, or holds something it should not."""


class SettingsError(PonerError):
    """A setting of a function is refused by Lambda; names it, never the value of a variable."""


class BundleError(PonerError):
    """A Bundle is missing or damaged, or could not be made."""


class QuotaError(PonerError):
    """The Bundle does not fit AWS Lambda's quotas."""


class InterpreterNotFoundError(PonerError):
    """A Python version that is needed is neither on this machine nor to be had."""


class InstallError(PonerError):
    """Packages could not be installed: no network, or no such version."""


class MissingPackageError(PonerError):
    """Packages of an extra are not installed beside poner; names them, and the extra."""

    def __init__(self, message: str, hint: str, packages: tuple[str, ...]) -> None:
        super().__init__(message, hint)
        self.packages = packages
        """The packages, as pip knows them."""


class NoWheelError(InstallError):
    """A package has no wheel for the target; names it, and the versions nearby that have one."""

    def __init__(self, message: str, hint: str, package: str, nearest: tuple[str, ...]) -> None:
        super().__init__(message, hint)
        self.package = package
        """Name of the package."""
        self.nearest = nearest
        """Versions nearby that have a wheel for the target, the older first; may be empty."""


class EmulatorError(PonerError):
    """The local Lambda could not start, or not keep going."""


class DeployError(PonerError):
    """A deployment could not be looked at, changed or removed."""


class OutputError(PonerError):
    """What was asked for cannot be printed."""


class PredictionError(PonerError):
    """The endpoint could not be reached, or answered with an error."""


class EndpointRefusedError(PredictionError):
    """The endpoint redirects to another host, sends too much, or may not get signed requests."""
