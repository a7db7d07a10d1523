"""The evidence library: what an organisation can show for its answers, given once and used often.

`library` has the acts, `files` judges what is uploaded, `scanning` asks the virus scanner, `uploads` keeps an upload
from filling the disk. Who may know of a piece, `access` says.
"""

from assessments.evidence.library import (
    add,
    add_version,
    attach,
    confirm_again,
    detach,
    note_reading,
    open_file,
    require_writer,
    update,
    withdraw,
)

__all__ = [
    "add", "add_version", "attach", "confirm_again", "detach", "note_reading", "open_file", "require_writer", "update",
    "withdraw",
]  # fmt: skip
