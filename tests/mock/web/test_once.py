"""A form is carried out once, however often its button is pressed."""

from threading import Event, Thread

from connector.mock.web.once import SENDING, Once
from connector.mock.web.visit import Page, Redirect
from tests.mock.web.conftest import note


def test_a_button_that_is_pressed_twice_raises_one_issue(officer_page, bank, mock):
    form = officer_page.form(officer_page.get(f"/ui/models/{bank.model['id']}/raise-issue"))
    values = {**form.values, "title": "Twice", "severity": "High"}
    first, second = (officer_page.post(form.action, **values) for _ in range(2))
    assert [row["title"] for row in mock.store.rows("issues")].count("Twice") == 1
    assert note(first) == note(second) == "Issue FND-1002 was raised."
    officer_page.post(form.action, **{**values, "title": "Another"})
    assert [row["title"] for row in mock.store.rows("issues")][2:] == ["Another"]


def test_a_comment_that_is_sent_twice_stands_once_and_can_be_repeated_on_purpose(officer_page, bank, mock):
    path = f"/ui/issues/{bank.issue['id']}"
    form = officer_page.form(officer_page.get(path))
    for _ in range(2):
        officer_page.post(form.action, **{**form.values, "text": "Again"})
    assert len(mock.grc.comments(bank.issue["id"])) == 1
    officer_page.submit(officer_page.get(path), text="Again")
    assert len(mock.grc.comments(bank.issue["id"])) == 2


def test_a_decision_that_is_sent_twice_is_told_as_made_and_not_as_in_the_way_of_itself(officer_page, bank, mock):
    form = officer_page.form(officer_page.get(f"/ui/versions/{bank.version['id']}/decide"))
    for _ in range(2):
        page = officer_page.post(form.action, **{**form.values, "decision": "Approved"})
        assert note(page) == "Version 10 is now: Approved."
    assert len(mock.store.row(bank.version["id"])["approval_chain"]) == 1


def test_what_was_refused_is_tried_anew():
    once, answers = Once(), [Page("form.html", "Refused", status=422), Redirect("/ui/models", "Done.")]
    given = [once.answer({SENDING: "s"}, "n", "/p", act=lambda: answers.pop(0)) for _ in range(2)]
    assert given == [Page("form.html", "Refused", status=422), Redirect("/ui/models", "Done.")]


def test_two_equal_forms_that_arrive_together_are_carried_out_once():
    once, answers, acted = Once(), [], []

    def act():
        acted.append(1)
        entered.set()
        assert go_on.wait(10)
        return Redirect("/ui/models", "Done.")

    entered, go_on = Event(), Event()
    form = {SENDING: "s", "text": "x"}
    threads = [Thread(target=lambda: answers.append(once.answer(form, "n", "/p", act=act))) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert entered.wait(10)
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert (len(acted), answers) == (1, [Redirect("/ui/models", "Done.")] * 2)


def test_the_answer_to_a_form_is_its_senders_alone():
    once, form = Once(), {SENDING: "s"}

    def sent_by(whose):
        return once.answer(form, whose, "/p", act=lambda: Redirect("/ui/models", f"Done for {whose}."))

    assert [sent_by(whose).said for whose in ("a", "b", "a")] == ["Done for a.", "Done for b.", "Done for a."]
