"""Mailboxes by IMAP to events about questions: what came, what was answered, by headers alone."""
