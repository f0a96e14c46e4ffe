"""Backups: one dated file each, and beside them the blobs, each of them once for all backups.

A folder of backups has ``requests-DATE.backup`` files and a folder ``blobs``. To move backups
elsewhere, copy the folder.
"""
