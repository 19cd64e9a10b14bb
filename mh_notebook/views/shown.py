"""The media of a watch, inside its panel: what was asked for while it ran, and folded, what is here at its end."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from .files import HasFiles
from .html import FOLD, root, warning_html
from .markup import tag
from .media import gallery
from .wording import counted

THUMBNAIL = 96 * 1024  # bytes that one output may put into the panel


def shown_html(projects: Sequence[HasFiles], *, folded: bool) -> Markup:
    """Draw the outputs of these projects, the first 20 that have any on this machine; "" without any.

    Reads the files: call it in a thread.
    """
    here = [project for project in projects if project.downloaded_paths][:FOLD]
    if not here:
        return Markup("")
    drawn = Markup(gallery(here, budget=THUMBNAIL).html)  # noqa: S704 - made by this package, escaped
    if not folded:
        return root(tag("div", drawn, style="padding:8px 0"))
    files = sum(len(project.downloaded_paths) for project in here)
    label = tag("summary", f"Show {counted(files, 'output')}", style="padding:6px 0;cursor:pointer")
    return root(tag("details", label, drawn))


def unshown_html(error: Exception) -> Markup:
    """Say, where the outputs would stand, why they do not."""
    return root(warning_html(str(error)))
