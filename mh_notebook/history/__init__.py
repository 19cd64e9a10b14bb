"""What was seen, kept on disk: SQLite, shared by all kernels of a user. Never the key, never a link."""

from .paths import absolute as absolute
from .paths import default_path as default_path
from .store import History as History
