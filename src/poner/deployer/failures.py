"""Failures of calls to the cloud: one class for each kind, which hides AWS's error codes."""

from __future__ import annotations

from poner.errors import DeployError


class CloudError(DeployError):
    """A call to the cloud failed."""

    def __init__(self, message: str, hint: str, action: str = "") -> None:
        super().__init__(message, hint)
        self.action = action
        """The action in IAM's words, such as `lambda:CreateFunction`."""


class CredentialsError(CloudError):
    """The credentials are missing, expired or wrong."""


class PermissionMissingError(CloudError):
    """The credentials lack a permission, which `action` names."""


class UnreachableError(CloudError):
    """The endpoint cannot be reached: there is no network, or no such region."""


class UncertainError(CloudError):
    """The outcome of a change is unknown: no answer came, or the server failed."""


class BusyError(CloudError):
    """Another call is changing the resource, or AWS limits the rate of calls; try again soon."""


class RoleNotReadyError(CloudError):
    """Lambda cannot assume the role yet; a new role takes some seconds."""


class ExistsError(CloudError):
    """The resource to create already exists."""


class MissingError(CloudError):
    """The resource to change or remove does not exist."""


class BucketError(CloudError):
    """The bucket does not exist, is in another region, or belongs to someone else."""


class ConcurrencyRefusedError(CloudError):
    """The account has too little concurrency to reserve any."""


class RejectedError(CloudError):
    """AWS refused the call for another reason, which the message repeats."""
