"""Compat mode: whether it is on, and turning it on.

It is on in every process of a program or in none, since it lives in the environment: the first import of anything of
Stepwell, in a task's process too, finds the variable there and puts the aliases in place. So that also a file that
imports nothing of Stepwell finds them, the wheel has a `.pth` file that looks at the variable when Python starts.
"""

from __future__ import annotations

import os
import sys

VARIABLE = "STEPWELL_COMPAT"
METAFLOW = "metaflow"
_OFF = {"", "0", "false", "no", "none", "off"}


def is_installed() -> bool:
    """True when `import metaflow` gives Stepwell's names in this process."""
    return any(type(finder).__name__ == "MetaflowFinder" for finder in sys.meta_path)


def install() -> None:
    """Turn compat mode on, here and in every process that is started from here.

    Raises:
        StepwellError: Metaflow itself is imported already: two packages of one name cannot live in one program.
    """
    os.environ[VARIABLE] = METAFLOW
    if is_installed():
        return
    from stepwell.compat.finder import MetaflowFinder
    from stepwell.compat.variables import translate_variables

    _refuse_the_real_one()
    sys.meta_path.insert(0, MetaflowFinder())
    translate_variables(os.environ)
    _name_types_in_records()


def install_from_environment(value: str) -> None:
    """What `stepwell` calls when it is imported and the variable is set.

    A value that is not known is told, and otherwise has no effect.
    """
    if value.strip().lower() in _OFF:
        return
    if value.strip().lower() != METAFLOW:
        sys.stderr.write(
            f"warning: `{VARIABLE}` is `{value}`, which is not known and has no effect\nhint: `{METAFLOW}` is\n"
        )
        return
    install()


def _refuse_the_real_one() -> None:
    found = sys.modules.get(METAFLOW)
    if found is not None:
        from stepwell.base.errors import StepwellError

        raise StepwellError(
            f"Metaflow itself is imported already, from `{getattr(found, '__file__', None) or 'somewhere'}`",
            hint="turn compat mode on before the first `import metaflow`: "
            f"`stepwell compat FILE`, or `{VARIABLE}={METAFLOW}` in the environment",
        )


def _name_types_in_records() -> None:
    from stepwell.base.compat_names import set_recorded_names
    from stepwell.compat.modules import EXCEPTIONS

    names: dict[str, str] = {}
    for module, exceptions in EXCEPTIONS.items():
        for name, target in exceptions.items():
            names.setdefault(target.replace(":", "."), f"{module}.{name}")
    set_recorded_names(names)
