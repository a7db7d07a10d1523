"""The desk of a reviewer: the evidence of a case, shown and listed, and the way through its answers."""
