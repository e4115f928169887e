# Slicer would set up packaging here.
