"""State in, something to look at out: HTML and text as pure functions, widgets that only draw them."""
