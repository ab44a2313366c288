"""How each source is read, as a catalogue says."""

import pytest

from streams.domain.catalogue import CatalogueError, QueueLog, load_catalogue

WHOLE = """\
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    teams: {alla: {name: Alla}}
    sources:
      pbx:
        name: Telefonväxeln
        queues: [vaxel, teknik]
        queue_log:
          queues: {"600": vaxel, kt-teknik: teknik}
          callback_keys: ["1"]
          verbs: {UPPRINGD: callback_answered, EGEN: nothing}
          agents: {"Agent/3*": [vaxel, teknik]}
          exchange: norr
    queues:
      vaxel: {name: Växeln, kind: switchboard, team: alla}
      teknik: {name: Teknik, kind: customer_centre, team: alla}
      skola: {name: Skola, kind: customer_centre, team: alla}
"""
HERE = "municipalities.lulea.sources.pbx.queue_log"


def queue_log(text: str = WHOLE) -> QueueLog | None:
    return load_catalogue(text, "lulea.yaml").municipalities["lulea"].sources["pbx"].queue_log


def test_a_queue_log_is_read_as_it_says() -> None:
    found = queue_log()
    assert found == QueueLog(
        queues={"600": "vaxel", "kt-teknik": "teknik"},
        callback_keys=frozenset("1"),
        verbs={"UPPRINGD": "callback_answered", "EGEN": "nothing"},
        agents={"Agent/3*": ("vaxel", "teknik")},
        exchange="norr",
    )


def test_a_source_need_not_say_how_it_is_read() -> None:
    start, end = WHOLE.index("        queue_log:"), WHOLE.index("    queues:\n      vaxel")
    assert queue_log(WHOLE[:start] + WHOLE[end:]) is None
    assert queue_log(WHOLE[:start] + "        queue_log: {}\n" + WHOLE[end:]) == QueueLog(
        queues={}, callback_keys=frozenset(), verbs={}, agents={}
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"600": vaxel', '"600": vaxl', "queues.600: kön vaxl hör inte till källan; menade du va"),
        ('"600": vaxel', '"600": skola', "queues.600: kön skola hör inte till källan; lägg till"),
        ('"600": vaxel', "600: vaxel", 'queues.600: YAML läser inte 600 som text; skriv "600":'),
        ('["1"]', "[1]", 'callback_keys[0]: YAML läser inte 1 som text; skriv "1"'),
        ('["1"]', '"1"', 'callback_keys: ska vara en lista; skriv ["1"]'),
        ("EGEN: nothing", "EGEN: inget", "verbs.EGEN: inget finns inte; skriv closed, refused, "),
        ("callback_answered", "callback_anwered", "menade du callback_answered?"),
        ("[vaxel, teknik]}", "[vaxel, skola]}", "agents.Agent/3*[1]: kön skola hör inte till käl"),
        ("[vaxel, teknik]}", "vaxel}", "agents.Agent/3*: ska vara en lista; skriv [vaxel]"),
        ("exchange: norr", "exchange: Norr", "exchange: "),
        ("exchange: norr", "excange: norr", "excange: okänd nyckel; menade du exchange?"),
    ],
)
def test_a_mistake_is_said_where_it_stands(old: str, new: str, said: str) -> None:
    assert WHOLE.count(old) == 1
    with pytest.raises(CatalogueError) as error:
        queue_log(WHOLE.replace(old, new))
    (mistake,) = error.value.mistakes
    told = mistake.told("lulea.yaml")
    assert HERE in told
    assert said in told
