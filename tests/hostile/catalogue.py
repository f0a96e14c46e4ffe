"""All hostile files by name."""

from tests.hostile.archives import ARCHIVES
from tests.hostile.damage import CUTS
from tests.hostile.documents import DOCUMENTS
from tests.hostile.mails import MAILS
from tests.hostile.making import Hostile
from tests.hostile.workbooks import WORKBOOKS

CATALOGUE: tuple[Hostile, ...] = (*MAILS, *CUTS, *DOCUMENTS, *ARCHIVES, *WORKBOOKS)
