"""The patients of a folder, of a table of paths, or of an archive's tree."""
