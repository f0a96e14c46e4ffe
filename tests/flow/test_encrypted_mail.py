"""Who sends an encrypted mail is told so, in their language, and not asked which form it is."""

import pytest

from pipeline.model.request import Status
from tests.unit.mailbox.wrappers import cms, entity
from tests.world.customers import HANAKO, OLIVER, form
from tests.world.outbox import notices
from tests.world.world import World

_SENTENCES = {
    OLIVER: "Send the e-mail again without encryption. We could not open it",
    HANAKO: "メールが暗号化されているため、開けませんでした。暗号化せずに、もう一度お送りください",
}


@pytest.mark.parametrize("sender", [OLIVER, HANAKO])
def test_encrypted_mail_is_answered_with_its_sentence(world: World, sender: str) -> None:
    text = "Our form." if sender == OLIVER else "申請書をお送りします。"
    sealed = cms("encrypt", entity(), "-aes256")
    (mail,) = world.mail(sender, ("smime.p7m", sealed), text=text)
    assert mail.notice == "unreadable"
    assert "".join(_SENTENCES[sender].split()) in "".join(mail.text.split())
    assert world.request(sender).status is Status.NEEDS_CORRECTION


def test_encrypted_mail_beside_a_good_form_asks_nothing(world: World) -> None:
    sealed = cms("encrypt", entity(), "-aes256")
    mails = world.mail(HANAKO, form(), ("smime.p7m", sealed))
    assert notices(mails) == ["acknowledged"]
