"""Whether a change is faster: the duet gate, memory, resources."""
