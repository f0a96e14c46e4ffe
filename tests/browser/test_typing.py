"""An input method composes words; its Enter and its digits mean nothing to the keys of a page."""

from tests.browser.console import Running
from tests.browser.people import Browsers, Person


def _compose(person: Person, text: str, chosen: str) -> None:
    """Compose ``text`` as an input method does, choose by a digit, and end with Enter."""
    session = person.context.new_cdp_session(person.page)

    def down(key: str) -> None:
        # what is pressed while somebody composes arrives as keyCode 229 (UI Events, 6.3.1)
        event = {"type": "rawKeyDown", "key": key, "windowsVirtualKeyCode": 229}
        session.send("Input.dispatchKeyEvent", event)

    for length in range(1, len(text) + 1):
        down("Process")
        session.send(
            "Input.imeSetComposition",
            {"text": text[:length], "selectionStart": length, "selectionEnd": length},
        )
    down("2")
    session.send(
        "Input.imeSetComposition",
        {"text": chosen, "selectionStart": len(chosen), "selectionEnd": len(chosen)},
    )
    down("Enter")
    session.send("Input.insertText", {"text": chosen})
    session.detach()


def test_composed_words_are_text_and_no_keys(console: Running, browsers: Browsers) -> None:
    (reference,) = console.fresh(1)
    person = browsers.person("sato", locale="ja")
    page = person.go(f"/r/{reference}/d/ask")
    page.focus("#in-text")
    for text, chosen in (("とうろく", "登録"), ("めい", "名")):
        _compose(person, text, chosen)
    assert person.path == f"/r/{reference}/d/ask"
    assert page.input_value("#in-text") == "登録名"


def test_no_key_of_an_input_method_does_anything(console: Running, browsers: Browsers) -> None:
    (reference,) = console.fresh(1)
    page = browsers.person("sato").go(f"/r/{reference}?view=new")
    keys = ["Enter", "1", "2", "3", "h", "j", "o", "u", "n", "/", "?"]
    for sign in ({"isComposing": True}, {"keyCode": 229}):
        done = page.evaluate(
            "([keys, sign]) => keys.filter(key => ['body', '#find'].some(where =>"
            " !document.querySelector(where).dispatchEvent(new KeyboardEvent('keydown',"
            " {key, ...sign, ctrlKey: key === 'Enter', bubbles: true, cancelable: true}))))",
            [keys, sign],
        )
        assert done == []
    assert page.evaluate("document.activeElement === document.body")
    assert page.url.endswith(f"/r/{reference}?view=new")


def test_keys_are_letters_where_somebody_types(console: Running, browsers: Browsers) -> None:
    (reference,) = console.fresh(1)
    person = browsers.person("sato")
    page = person.go(f"/r/{reference}")
    person.press("/")
    page.keyboard.type("1 2 3 h a c e u g q ? z")
    assert page.input_value("#find") == "1 2 3 h a c e u g q ? z"
    assert person.path == f"/r/{reference}"
    person.press("Escape")
    assert person.follow("?") == "/help"


def test_keys_can_be_switched_off(console: Running, browsers: Browsers) -> None:
    (reference,) = console.fresh(1)
    person = browsers.person("sato")
    page = person.go(f"/r/{reference}")
    page.click("details.menu summary")
    page.click("fieldset:has-text('shortcuts') button:has-text('Off')")
    person.press("1", "g", "q", "?", "/")
    assert person.path == f"/r/{reference}"
    assert page.evaluate("document.activeElement !== document.querySelector('#find')")
