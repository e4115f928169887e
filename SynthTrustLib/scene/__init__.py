"""scene: scorecard and maps as MRML nodes. The only room that imports slicer or vtk."""
