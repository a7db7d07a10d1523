"""hkguide's one application: from the Guideline's text to a certificate that anyone can verify.

A tour, in the order in which data flows; nothing below imports anything above.

``guideline``    what the Guideline says, as an edition of frozen dataclasses, read from ``fixtures/guideline``
``scoring``      facts and answers in, tier, readiness, findings and actions out: pure functions
``models``       what is stored: people, systems, assessments, submissions, certificates, the audit chain
``access``       who may know of an object, and what they may do to it
``notifications``  what people are told: kinds, texts, the inbox, its mails and reminders
``declaring``    registering and answering: systems, facts, answers
``reviewing``    judging a submission and replying: marks, evidence, rounds
``staleness``    whether an approval still says what is true, and why not
``evidence``     the library of files and links that answers lean on, and what an upload may be
``accounts``     how people sign in, their sessions, and forms that arrive after a session has ended
``core``         small tools that know nothing of the domain
``audit``        the log: its kinds of entries, reading, erasing and verifying it; ``origins`` knows where an act comes from
``conformity``   the conformity file of a High use, part by part
``gates``        what an approval needs beyond good answers
``workflow``     every change of an assessment's state, as a table of moves and one function each
``desk``         reviewers around a case: interests, hand-overs, messages, appeals; it moves no assessment
``holding``      what a use waits for: its holds, and answers that an owner signs at their worst
``changing``     what changed since an approval, and the next assessment that it opens
``documents``    the remediation plan, the certificate, letters and notices, from data to HTML to PDF
``tasks``        the background jobs that ``workflow`` starts
``forms``        one file per page that takes input
``views``        find, permit, do, answer
``urls``         the map of the site

Start with ``workflow.MOVES``, then ``urls``, then ``tests/scoring/test_readiness.py``.
"""
