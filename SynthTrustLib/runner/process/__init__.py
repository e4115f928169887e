"""The child process and its parent: the request, the events, the end."""
