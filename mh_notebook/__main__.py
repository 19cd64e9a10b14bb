"""`python -m mh_notebook`: the same as the command `mh-notebook`."""

from mh_notebook.cli import main

raise SystemExit(main())
