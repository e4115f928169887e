"""The adapter ``slices``: 2.5D networks that see axial slices with a neighbour on either side."""
