"""From message to submission: find the form among attachments, choose its reader, read replies."""
