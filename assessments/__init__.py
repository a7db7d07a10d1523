"""hkguide's one application: from the Guideline's text to a certificate that anyone can verify.

A tour of the rooms. A room imports only rooms that stand before it; ``tests/support/rooms.py`` has the whole order.

``guideline``      what the Guideline says, as an edition of frozen dataclasses read from ``fixtures/guideline``; no Django
``scoring``        facts and answers in; tier, readiness, findings and order of the plan out: pure functions
``core``           errors, the origin of a request, limits, files and spreadsheets: tools that know nothing of the domain
``models``         the tables, and what a row knows of itself
``access``         who may do what, which rows a person may know of, and who may not judge
``audit``          the log: its kinds of entries, writing, erasing and verifying it
``notifications``  lines in inboxes and their mails: kinds, texts, recipients, reminders
``documents``      plan, certificate, letters and notices, from data to HTML to PDF, and the job that makes one
``domain``         what people do, by subject: ``workflow`` (the moves of an assessment), ``remediation``, ``certificates``,
                   ``facts``, ``answering``, ``evidence``, ``review``, ``submission``, ``register``
``exchange``       inventories, action lists and model cards that come in and go out
``accounts``       sign-in, sessions, second factors, and forms that arrive after a session has ended
``scheduled``      what happens by itself, each minute or once a day
``forms``          one file for each subject that takes input
``views``          find, permit, do, answer; one folder for each audience
``urls``           the map of the site

Start with ``domain.workflow.MOVES``, then ``urls``, then ``docs/architecture.md``.
"""
