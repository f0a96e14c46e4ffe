"""The path of a request, room by room.

``mailbox`` brings a message in and says who sent it → ``intake`` finds the form among its
attachments and chooses the reader → ``forms`` reads the submission → ``validation`` judges every
answer → ``routing`` chooses the way → ``tracks`` says what each event does → ``certificates`` and
``qr`` make what was asked for → ``notifications`` writes the mails → ``store`` remembers. Only
``flow`` knows more than one of these rooms; ``batch`` runs the flow once; ``cli`` and ``web`` are
the faces. ``model`` holds the type of every arrow.
"""

__version__ = "0.1.0"
