"""Changing a run's tags: rules first, then one record in the run's log."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from stepwell.base.errors import TaggingError
from stepwell.documents.run import TagChange

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stepwell.client.session import ClientSession

MOST_TAGS = 50
LONGEST_TAG = 500


def change_tags(
    session: ClientSession, flow: str, run: str, *, add: Iterable[str] = (), remove: Iterable[str] = ()
) -> None:
    """Remove and then add user tags of a run. Adding what is there and removing what is not are fine.

    Args:
        session: Where the run is.
        flow: The flow's name.
        run: The run's id.
        add: Tags to add; a system tag among them changes nothing.
        remove: Tags to remove.

    Raises:
        TaggingError: A tag is empty, too long or no text, there would be too many, or a system tag would go.
        StoreReadOnly: The datastore cannot be written to.
    """
    adding, removing = _checked(add), _checked(remove)
    user, system = session.records.tags(flow, run)
    protected = [tag for tag in removing if tag in system]
    if protected:
        raise TaggingError(
            f"`{protected[0]}` is a system tag of `{flow}/{run}` and cannot be removed",
            hint="only user tags can be changed; `user_tags` lists them",
        )
    removed = [tag for tag in removing if tag in user]
    kept = user.difference(removed)
    added = [tag for tag in adding if tag not in kept and tag not in system]
    if added and len(kept) + len(added) > MOST_TAGS:
        raise TaggingError(
            f"`{flow}/{run}` would have {len(kept) + len(added)} user tags, and {MOST_TAGS} is the most",
            hint="remove some first, with `remove_tags`",
        )
    if not added and not removed:
        return
    log = session.datastore.run_log(flow, run)
    try:
        change = TagChange(at=time.time(), user=session.settings.user, add=tuple(added), remove=tuple(removed))
        log.append([change])
    finally:
        log.close()
    session.records.refresh(flow, run)


def tag_list(tags: str | Iterable[str]) -> list[str]:
    """One tag or several as a list."""
    return [tags] if isinstance(tags, str) else list(tags)


def _checked(tags: Iterable[str]) -> list[str]:
    checked = list(dict.fromkeys(tags))
    for tag in checked:
        check_tag(tag)
    return checked


def check_tag(tag: object) -> None:
    """Raise `TaggingError` when something cannot be a tag."""
    if not isinstance(tag, str):
        raise TaggingError(f"a tag is a text, not a `{type(tag).__name__}`", hint=f"give `{str(tag)!r}`")
    if not tag:
        raise TaggingError("a tag cannot be empty")
    if len(tag) > LONGEST_TAG:
        raise TaggingError(f"the tag `{tag[:40]}...` has {len(tag)} characters, and {LONGEST_TAG} is the most")
    try:
        tag.encode()
    except UnicodeEncodeError as error:
        raise TaggingError(f"the tag {tag!r} cannot be written as UTF-8") from error
