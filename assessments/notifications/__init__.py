"""What people are told: the lines of their inbox, the words of each, who gets them, the mails and the reminders.

Whoever has something to say calls `inbox.notify` with a kind of `kinds`; `texts` has the words of each kind. Emails about
accounts and of invitations, which are no lines of an inbox, leave by `sealed_mail`.
"""
