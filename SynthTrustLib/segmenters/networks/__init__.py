"""The networks that PyTorch may build, by name: nothing else is ever built, and never from code in a package."""
