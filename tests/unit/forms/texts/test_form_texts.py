import re
import tomllib
from collections import Counter

import pytest

from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import AnswerKind
from pipeline.forms.texts import choice_vocabulary, fold_word, form_texts
from pipeline.model.form import FormKind
from pipeline.resources import languages, template

_KINDS = tuple(FormKind)
#: A choice of so many answers shows them all.
_FEW = 4
_QUESTIONS = [(kind, name) for kind in _KINDS for name in FORMS[kind].questions]


def _keys(tree: object, path: str = "") -> set[str]:
    if not isinstance(tree, dict):
        return {path}
    return {found for key, value in tree.items() for found in _keys(value, f"{path}/{key}")}


def _file_keys(language: str) -> set[str]:
    toml = tomllib.loads(template("forms", f"{language}.toml").read_text("utf-8"))
    del toml["choices_also"], toml["language"]["names"]
    return {key for key in _keys(toml) if not key.endswith(("/inside", "/start"))}


@pytest.mark.parametrize("language", languages())
def test_text_file_has_every_key_of_english(language: str) -> None:
    assert _file_keys(language) == _file_keys("en")


@pytest.mark.parametrize("language", languages())
def test_question_has_label_hint_example_and_requirement(language: str) -> None:
    texts = form_texts(language)
    missing = [
        (kind, name, what.__name__)
        for kind, name in _QUESTIONS
        for what in (texts.label, texts.inside, texts.hint, texts.model, texts.requirement)
        if not what(kind, name)
    ]
    assert missing == []


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("kind", _KINDS)
def test_label_of_a_form_is_used_once(language: str, kind: FormKind) -> None:
    texts = form_texts(language)
    counts = Counter(fold_word(texts.label(kind, name)) for name in FORMS[kind].questions)
    assert [label for label, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("language", languages())
def test_example_of_a_long_choice_is_one_of_its_words(language: str) -> None:
    texts = form_texts(language)
    wrong = [
        (kind, name)
        for kind, name in _QUESTIONS
        if len(choices := dict(texts.choices(name))) > _FEW
        and texts.example(kind, name) not in choices.values()
    ]
    assert wrong == []


@pytest.mark.parametrize("language", languages())
def test_short_choice_shows_all_its_words_and_no_example(language: str) -> None:
    texts = form_texts(language)
    short = [
        (kind, name)
        for kind, name in _QUESTIONS
        if FORMS[kind].questions[name].kind is AnswerKind.CHOICE
        and len(texts.choices(name)) <= _FEW
    ]
    assert len(short) > len(languages())
    for kind, name in short:
        assert texts.example(kind, name) == "", (kind, name)
        words = [word for _, word in texts.choices(name)]
        model = texts.model(kind, name)
        assert [model.find(word) for word in words] == sorted(map(model.index, words))
    expected = {
        "en": "Answers: Yes / No / Unknown",
        "de": "Antworten: Ja / Nein / Unbekannt",
        "ja": "選択肢：はい／いいえ／不明",
    }
    assert texts.model(FormKind.MIGRATION, "two_step_disabled") == expected[language]


@pytest.mark.parametrize("language", languages())
def test_label_of_a_yes_or_no_is_a_question(language: str) -> None:
    texts = form_texts(language)
    nouns = [
        texts.label(kind, name)
        for kind, name in _QUESTIONS
        if {"yes", "no"} <= set(FORMS[kind].questions[name].choices)
        and not texts.label(kind, name).endswith(("か", "?"))
    ]
    assert nouns == []


@pytest.mark.parametrize("language", languages())
def test_words_of_a_list_are_different(language: str) -> None:
    texts = form_texts(language)
    names = {name for _, name in _QUESTIONS}
    doubled = [
        name
        for name in names
        if len({word for _, word in texts.choices(name)}) != len(texts.choices(name))
    ]
    assert doubled == []


@pytest.mark.parametrize("language", languages())
def test_form_and_groups_have_words(language: str) -> None:
    texts = form_texts(language)
    for kind in _KINDS:
        words = texts.form(kind)
        assert all((words.title, words.purpose, words.other_form, words.what_next, words.footer))
        assert len(words.have_at_hand) == 3
        assert all(texts.group_title(kind, group) for group in FORMS[kind].groups)
    assert len(texts.facts) == 4


@pytest.mark.parametrize("language", languages())
def test_tick_has_a_statement(language: str) -> None:
    texts = form_texts(language)
    ticks = [
        texts.statement(kind, name)
        for kind, name in _QUESTIONS
        if FORMS[kind].questions[name].kind is AnswerKind.TICK
    ]
    assert len(ticks) == 6
    assert all(ticks)


def test_override_of_one_form_leaves_the_others() -> None:
    texts = form_texts("en")
    assert "active" in texts.hint(FormKind.QR, "phone_number")
    assert "active" not in texts.hint(FormKind.ONBOARDING, "phone_number")
    label = "Which number do you want to move?"
    assert texts.label(FormKind.MIGRATION, "phone_number") == label
    assert texts.inside(FormKind.MIGRATION, "phone_number") == "the WhatsApp phone number"
    titles = {texts.group_title(kind, "number") for kind in _KINDS}
    assert len(titles) == len(_KINDS)


def test_inside_falls_back_to_the_label() -> None:
    kind = FormKind.ONBOARDING
    assert form_texts("ja").inside(kind, "genesys_org_id") == "組織ID"
    assert form_texts("en").inside(kind, "genesys_org_id") == "the organization ID"


@pytest.mark.parametrize(
    ("field", "word", "code"),
    [
        ("reply_language", "日本語", "ja"),
        ("reply_language", "Japanese", "ja"),
        ("reply_language", "英語", "en"),
        ("reply_language", "ENGLISH", "en"),
        ("is_m2m", "ＹＥＳ", "yes"),
        ("is_m2m", "いいえ", "no"),
        ("ack_charges", "確認しました", "yes"),
        ("ack_charges", "I understand", "yes"),
        ("genesys_region", "東京", "ap-northeast-1"),
        ("genesys_region", "mypurecloud.de", "eu-central-1"),
        ("business_vertical", "RETAIL", "RETAIL"),
        ("business_vertical", "retail", "RETAIL"),
        ("verification_method", "音声", "voice"),
        ("number_use", "never", "never"),
    ],
)
def test_word_of_any_language_means_its_code(field: str, word: str, code: str) -> None:
    assert choice_vocabulary(FormKind.ONBOARDING)[field][fold_word(word)] == code


#: Nobody has what we print as an example of these.
_WITH_EXAMPLES = {
    AnswerKind.PATTERN,
    AnswerKind.UUID,
    AnswerKind.DIGITS,
    AnswerKind.EMAIL,
    AnswerKind.URL,
}


def test_vocabulary_has_every_choice_and_every_code() -> None:
    for kind in _KINDS:
        vocabulary = choice_vocabulary(kind)
        for name, question in FORMS[kind].questions.items():
            if question.kind in {AnswerKind.CHOICE, AnswerKind.TICK}:
                codes = question.choices or ("yes",)
                assert set(vocabulary[name].values()) == set(codes)
            elif question.kind in _WITH_EXAMPLES:
                assert set(vocabulary[name].values()) == {"example"}
                assert fold_word(form_texts("en").example(kind, name)) in vocabulary[name]
            else:
                assert name not in vocabulary


def test_synonym_never_contradicts_a_word_of_another_language() -> None:
    contradictions = []
    for kind in _KINDS:
        for name, words in choice_vocabulary(kind).items():
            for texts in map(form_texts, languages()):
                for code, synonyms in texts.synonyms(name).items():
                    contradictions += [
                        (name, word)
                        for word in synonyms
                        if code in words.values() and words[fold_word(word)] != code
                    ]
    assert contradictions == []


def test_ids_have_the_examples_of_older_versions_but_the_one_that_given_forms_answer_with() -> None:
    found = choice_vocabulary(FormKind.MIGRATION)
    assert "3f2a9c1e-7b4d-4e8a-9c60-5d1f8a2b7e34" in found["genesys_org_id"]
    assert "102290129340398" not in found["source_waba_id"]


def test_example_of_a_date_is_none_that_passes() -> None:
    for texts in map(form_texts, languages()):
        for kind, name in _QUESTIONS:
            if FORMS[kind].questions[name].kind in {AnswerKind.DATE, AnswerKind.DATE_TIME}:
                assert not re.search(r"[0-9]", texts.model(kind, name)), (kind, name)


def test_doubtful_marks_are_no_words() -> None:
    assert not {"x", "×", "2"} & set(choice_vocabulary(FormKind.ONBOARDING)["is_m2m"])


def test_conditional_question_says_its_condition() -> None:
    assert form_texts("en").requirement(FormKind.QR, "existing_code").startswith("Required for")
    assert form_texts("ja").requirement(FormKind.ONBOARDING, "behind_ivr") == "「音声」の場合は必須"
    assert form_texts("ja").requirement(FormKind.ONBOARDING, "notes") == "任意"


def test_english_does_not_blame_or_beg() -> None:
    text = template("forms", "en.toml").read_text("utf-8").casefold()
    assert [word for word in ("please", "sorry", "invalid", "oops") if word in text] == []


def test_japanese_holds_to_the_agreed_words() -> None:
    text = template("forms", "ja.toml").read_text("utf-8")
    avoided = (
        "させていただ",
        "WhatsAppビジネスプラットフォーム",
        "失効",
        "有効化",
        "エラー",
        "ください。ください",
    )
    assert [word for word in avoided if word in text] == []
    assert not any("ｦ" <= character <= "ﾟ" for character in text)
