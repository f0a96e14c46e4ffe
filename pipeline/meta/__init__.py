"""Meta's Graph API: numbers, ownership codes, certificates and short links; the home of HTTP to it.

``api`` says what can be asked, ``errors`` what may go wrong, ``client`` asks. httpx and httpcore
are imported here and nowhere else, each where it is used.
"""
