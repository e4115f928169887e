"""Review spots: neighbourhoods of the outline of record that one decision can settle, those that pay most first."""
