"""An intake at a broker that lets nobody do more than they may: its rights, and without them."""

import pytest
from intake_run import KINDS, Make
from pushing import call
from secured import PASSWORDS, Secured
from workers import wait_until

from stack.errors import StackError

pytestmark = pytest.mark.leaves_sockets


def test_with_the_right_to_write_its_topics_and_no_other_it_takes_events(
    secured: Secured, make_intake: Make
) -> None:
    topics = [f"sakert.{kind}" for kind in KINDS]
    secured.allow("producer", "WRITE", "TOPIC", *topics)
    how = {"kafka": secured.at("SECURE"), "environment": secured.settings("producer")}
    with make_intake(secured.broker, "sakert", **how) as intake:
        assert intake.push(call(1)).status == 202
        assert [event["data"]["queue"] for event in intake.events("calls")] == ["vaxel"]
        secured.forbid("producer", "WRITE", "TOPIC", "sakert.calls")
        wait_until(lambda: intake.push(call(2)).status == 503, 30, lambda: intake.console)
        wait_until(
            lambda: "producer får inte skriva i ämnet (Write)" in intake.console,
            10,
            lambda: intake.console,
        )
        secured.allow("producer", "WRITE", "TOPIC", "sakert.calls")
        wait_until(lambda: intake.push(call(2)).status == 202, 30, lambda: intake.console)
        said = intake.console
    assert not any(password in said for password in PASSWORDS.values())


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"KAFKA_USER": "ingen"}, "godtar inte användaren ingen med det lösenordet"),
        ({}, "Kafka låter inte användaren stranger"),
    ],
)
def test_who_may_not_is_told_at_the_start_in_one_line(
    secured: Secured, make_intake: Make, changed: dict[str, str], said: str
) -> None:
    how = secured.settings("stranger", **changed)
    with (
        pytest.raises(StackError) as caught,
        make_intake(
            secured.broker, f"osakert{len(said)}", kafka=secured.at("SECURE"), environment=how
        ),
    ):
        pass
    assert said in str(caught.value)
