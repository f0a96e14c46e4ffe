"""Access tokens of OAuth 2 (RFC 6749) for the log-in to mailbox and mail out.

``choose`` gives the source that the settings name, ``keeper`` keeps its tokens as long as they
hold. msal and google-auth are imported here and nowhere else, each where it is used.
"""
