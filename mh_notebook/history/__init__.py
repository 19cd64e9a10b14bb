"""What was seen, kept on disk: SQLite, shared by all kernels of a user. Never the key, never a link."""

from .choosing import When as When
from .choosing import Which as Which
from .frame import empty_frame as empty_frame
from .paths import absolute as absolute
from .paths import default_path as default_path
from .store import History as History
