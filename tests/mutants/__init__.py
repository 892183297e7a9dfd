"""Changes of single important lines that the tests must notice: `make mutants`."""
