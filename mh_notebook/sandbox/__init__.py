"""An embedded stand-in for the Magic Hour API: the same contract, on loopback, in scaled time."""

from mh_notebook.sandbox.face import Sandbox
from mh_notebook.sandbox.store import Request

__all__ = ["Request", "Sandbox"]
