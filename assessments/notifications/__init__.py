"""What people are told: the lines of their inbox, the words of each, who gets them, the mails and the reminders.

To tell people something, call `inbox.notify` with a kind of `kinds`; `texts` has the words of each kind. Emails about
accounts and of invitations are not lines of an inbox: `sealed_mail` sends them.
"""
