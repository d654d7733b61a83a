"""Looking at tasks that were spun."""

from __future__ import annotations

import os

from stepwell.client.session import ClientSession, set_default_session
from stepwell.engine.spin import SPIN_FOLDER
from stepwell.store.overlay import open_overlay


def session_of_spin(folder: str) -> ClientSession:
    """A session for the datastore of spun tasks; values of the runs that they stand on are found too."""
    return ClientSession(open_overlay(folder), namespace=None)


def inspect_spin(datastore_root: str = ".") -> None:
    """Look at spun tasks from now on: `Flow`, `Run` and `Task` mean those of `spin`.

    `default_metadata()` goes back to the ordinary runs.

    Args:
        datastore_root: The folder in which `.stepwell_spin` stands, or that folder itself.

    Raises:
        NotFound: Nothing was spun there.
    """
    folder = os.path.abspath(os.path.expanduser(datastore_root))
    if os.path.basename(folder) != SPIN_FOLDER:
        folder = os.path.join(folder, SPIN_FOLDER)
    set_default_session(session_of_spin(folder))
