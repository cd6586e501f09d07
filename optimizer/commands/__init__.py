"""The commands of `optimize`, one file each; they belong to the composition root with `cli`."""
