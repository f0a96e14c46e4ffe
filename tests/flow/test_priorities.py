"""Of several problems with one answer the customer reads one; staff see them all."""

from pipeline.model.form import FormKind
from tests.world.customers import OLIVER, form
from tests.world.world import World


def _problems(world: World, field: str) -> list[tuple[str, str]]:
    revision = world.revisions(world.request(OLIVER))[-1]
    return [
        (problem.code, problem.severity) for problem in revision.problems if problem.field == field
    ]


def test_several_doubts_about_one_answer_are_one_sentence_to_the_customer(world: World) -> None:
    name = "HARBOUR-BOOKS.COM ★ +44 7400 123456"
    (mail,) = world.mail(OLIVER, form(FormKind.ONBOARDING, "en", "xlsx", display_name=name))
    found = _problems(world, "display_name")
    assert len(found) > 2
    assert {severity for _, severity in found} == {"ask"}
    assert mail.subject.startswith("Check 1 answer by ")
    assert mail.text.count("Question 23") == 1
    assert "\n2. " not in mail.text


def test_warning_about_an_answer_stays_beside_a_mistake_in_another(world: World) -> None:
    other = {"phone_number": "+81 90 1234 5678", "phone_number_again": "+81 90 1234 5679"}
    wrong = {"contact_email": "oliver@gmial.com", "use_case": "Books"}
    (mail,) = world.mail(OLIVER, form(FormKind.ONBOARDING, "en", "xlsx", **other, **wrong))
    assert _problems(world, "phone_number_again") == [("phone_mismatch", "error")]
    assert ("phone_country_differs", "warning") in _problems(world, "phone_number")
    assert mail.subject.startswith("Correct 2 answers by ")
    # an answer with nothing to correct keeps its warning
    assert "It is a number in Japan" in " ".join(mail.text.split())


def test_question_about_an_answer_hides_the_warning_about_it(world: World) -> None:
    toll_free = {"phone_number": "+1 800 234 5678", "phone_number_again": "+1 800 234 5678"}
    (mail,) = world.mail(OLIVER, form(FormKind.ONBOARDING, "en", "xlsx", **toll_free))
    codes = [code for code, _ in _problems(world, "phone_number")]
    assert codes[0] == "phone_special"
    assert "phone_country_differs" in codes
    words = " ".join(mail.text.split())
    assert "Confirm that it can receive a call from abroad" in words
    assert "It is a number in" not in words
