"""What the API says and what follows from it, without any I/O: no sockets, no widgets, no clock."""
