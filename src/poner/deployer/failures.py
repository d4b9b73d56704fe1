"""How calls to the cloud fail: one class for each way, so that nobody else knows AWS's codes."""

from __future__ import annotations

from poner.errors import DeployError


class CloudError(DeployError):
    """A call to the cloud failed."""

    def __init__(self, message: str, hint: str, action: str = "") -> None:
        super().__init__(message, hint)
        self.action = action
        """The action in IAM's words, such as `lambda:CreateFunction`."""


class CredentialsError(CloudError):
    """There are no credentials, or they are expired or wrong."""


class PermissionMissingError(CloudError):
    """The credentials may not do this; `action` names the missing permission."""


class UnreachableError(CloudError):
    """The endpoint cannot be reached: no network, or no such region."""


class UncertainError(CloudError):
    """A writing call got no answer, or a fault of the server's: it may have taken place or not."""


class BusyError(CloudError):
    """The resource is being changed by an earlier call, or by somebody else; try again soon."""


class RoleNotReadyError(CloudError):
    """Lambda cannot assume the role yet; a new one takes some seconds."""


class ExistsError(CloudError):
    """What should be made is already there."""


class MissingError(CloudError):
    """What should be changed or removed is not there."""


class BucketError(CloudError):
    """The bucket does not exist, is in another region, or is somebody else's."""


class ConcurrencyRefusedError(CloudError):
    """The account's concurrency is too small to reserve any of it."""


class RejectedError(CloudError):
    """AWS refused the call for another reason, which the message repeats."""
