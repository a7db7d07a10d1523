"""Pages of certificates: the list, the status of one, and the register of the reviewing body."""
