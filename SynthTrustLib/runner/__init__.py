"""runner: the assessment as a child process that speaks JSON lines."""
