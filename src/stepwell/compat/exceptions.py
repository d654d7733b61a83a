"""Exceptions that flows written for Metaflow name and that nothing in Stepwell raises: to be raised and caught."""

from __future__ import annotations

from stepwell.base.errors import MetaflowException

METAFLOW_EXIT_DISALLOW_RETRY = 202
METAFLOW_EXIT_ALLOW_RETRY = 203


class ExternalCommandFailed(MetaflowException):
    """A command that a flow ran failed."""

    headline = "External command failed"


class MetaflowInternalError(MetaflowException):
    """Something that should not happen."""

    headline = "Internal error"


class MetaflowUnknownUser(MetaflowException):
    """Nobody knows who runs the flow; Stepwell always finds a name."""

    headline = "Unknown user"


class MetaflowDataMissing(MetaflowException):
    """Data that a task needs is not there."""

    headline = "Data missing"


class FailureHandledByCatch(MetaflowException):
    """What `@catch` finds in place of an exception when the task's process died."""

    headline = "Task execution failed but @catch handled it"


class MetaflowS3Exception(MetaflowException):
    """The S3 client failed."""

    headline = "S3 access failed"


class MetaflowS3InvalidObject(MetaflowS3Exception):
    """A value that cannot be written to S3."""

    headline = "Not a string-like object"


class MetaflowS3URLException(MetaflowS3Exception):
    """A URL that is not one of S3's."""

    headline = "Invalid address"


class MetaflowS3NotFound(MetaflowS3Exception):
    """No object under that key."""

    headline = "S3 object not found"


class MetaflowS3AccessDenied(MetaflowS3Exception):
    """No permission."""

    headline = "S3 access denied"


class MetaflowS3InvalidRange(MetaflowS3Exception):
    """A range that the object does not have."""

    headline = "S3 invalid range"


class MetaflowS3InsufficientDiskSpace(MetaflowS3Exception):
    """No room for a download."""

    headline = "Insufficient disk space"


class CardClassFoundException(MetaflowException):
    """No card of that type."""

    headline = "MetaflowCard not found"


class CardNotPresentException(MetaflowException):
    """The task has no such card."""

    headline = "Card not found"


class TaskNotFoundException(MetaflowException):
    """No task under that pathspec."""

    headline = "Cannot resolve pathspec to a task"


class UnresolvableDatastoreException(MetaflowException):
    """The cards' place cannot be found."""

    headline = "Cannot resolve datastore"


class IncorrectCardArgsException(MetaflowException):
    """A card's options are not its own."""

    headline = "Incorrect arguments to @card"


class UnrenderableCardException(MetaflowException):
    """A card raised while it was made."""

    headline = "Unable to render @card"


class ComponentOverwriteNotSupportedException(MetaflowException):
    """An id is given to two components of a card."""

    headline = "Component overwrite is not supported"
