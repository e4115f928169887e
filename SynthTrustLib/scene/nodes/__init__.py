"""Each part of an outcome as MRML nodes."""
