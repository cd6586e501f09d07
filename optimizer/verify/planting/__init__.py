"""The kinds of mistakes that `mutants` plants, a file for each family."""
