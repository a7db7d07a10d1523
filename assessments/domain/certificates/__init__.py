"""When a certificate is issued: the rules of the issuing body, the least readiness, and the most conditions."""
