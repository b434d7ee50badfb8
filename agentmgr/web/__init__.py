"""What is served over HTTP: the pages, and the server under them."""
