"""Accounts: sign-in, sessions, second factors, and forms that arrive after a session has ended."""
