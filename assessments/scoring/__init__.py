"""Facts and answers in; tier, readiness, findings and plan out: pure functions without Django."""
