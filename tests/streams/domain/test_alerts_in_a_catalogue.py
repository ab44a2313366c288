"""Who is told of what, and what of that is refused."""

import pytest

from streams.domain.catalogue import CatalogueError, Receiver, load_catalogue

TEXT = """
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    hours: {tid: {week: {mon-fri: "08:00-17:00"}}}
    office_hours: tid
    teams: {kundcenter: {name: Kundcenter}, skola: {name: Skola}, ovriga: {name: Övriga}}
    targets:
      svar-15s: &svar
        {name: Svar, measure: answered_within, limit_seconds: 15, goal: 0.9,
        valid_from: 2014-01-01, source: x}
      klart: {name: Klart, measure: resolved_within, limit: 3d, tells: [handläggare, chef],
        valid_from: 2014-01-01, source: x}
      svar-5min:
        {name: Svar, measure: answered_within, limit_seconds: 300, goal: 0.95,
        valid_from: 2014-01-01, source: x}
    queues:
      vaxel: {name: V, kind: switchboard, team: kundcenter, targets: [svar-15s, svar-5min]}
      skola: {name: S, kind: customer_centre, team: skola, targets: [svar-5min]}
      ovriga: {name: Ö, kind: customer_centre, team: ovriga}
      arenden: {name: Ä, kind: cases, team: kundcenter, targets: [klart]}
    alerts:
      dashboard: https://grafana.example.org
      operations: {webhook: "https://drift.example.org/larm"}
      teams:
        kundcenter:
          lead: {email: gruppledare@example.org}
          supervisor: {email: arbetsledare@example.org, teams: "https://teams.example.org/1"}
          deputy: {email: ersattare@example.org}
          functions:
            handläggare: {email: handlaggare@example.org}
            chef: {email: chef@example.org}
        skola: {lead: {email: skola@example.org}, supervisor: {email: skola@example.org}}
""".replace("&svar", "")


def test_who_is_told_is_as_it_is_written_and_others_stand_in() -> None:
    alerts = load_catalogue(TEXT, "k").municipalities["lulea"].alerts
    assert alerts is not None
    assert alerts.dashboard == "https://grafana.example.org"
    assert alerts.operations == Receiver(webhook="https://drift.example.org/larm")
    kundcenter, skola = alerts.teams["kundcenter"], alerts.teams["skola"]
    assert kundcenter.deputy == Receiver(email="ersattare@example.org")
    assert kundcenter.head == kundcenter.supervisor
    assert kundcenter.functions == {
        "handläggare": Receiver(email="handlaggare@example.org"),
        "chef": Receiver(email="chef@example.org"),
    }
    assert skola.functions == {}
    assert kundcenter.supervisor.teams == "https://teams.example.org/1"
    assert skola.deputy == skola.head == skola.supervisor


def test_without_alerts_nobody_is_told_and_that_is_right() -> None:
    text = TEXT[: TEXT.index("    alerts:")]
    assert load_catalogue(text, "k").municipalities["lulea"].alerts is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("gruppledare@example.org", "gruppledaren", "rad 29, municipalities.lulea.alerts.teams."
         "kundcenter.lead.email: gruppledaren är ingen e-postadress; skriv till exempel vaxel@"),
        ("gruppledare@example.org", "a@b@example.org", "a@b@example.org är ingen e-postadress"),
        ("lead: {email: skola@example.org}", "lead: skola@example.org",
         "skola.lead: ska ha nycklar under sig; skriv lead: {email: skola@example.org}"),
        ("gruppledare@example.org", "lead@växjö.example",
         "lead@växjö.example har en domän med å, ä eller ö; skriv lead@xn--vxj-qla6g.example"),
        ("https://grafana.example.org", "grafana", "alerts.dashboard: grafana är ingen länk"),
        ('"https://teams.example.org/1"', '"ftp://x.org"', "är ingen länk"),
        ("lead: {email: skola@example.org}", "lead: {}",
         "skola.lead: ingen väg dit; skriv till exempel email: vaxel@example.org"),
        ("lead: {email: skola@example.org}, ", "",
         "skola.lead: saknas; skriv lead: {email: gruppledare@example.org}"),
        ("lead: {email: skola@example.org}", "ledare: {email: skola@example.org}",
         "skola.ledare: okänd nyckel; menade du lead?"),
        ("        skola: {lead", "        skolan: {lead",
         "alerts.teams.skolan: teamet skolan finns inte; lägg till det under teams"),
        ("        skola: {lead", "        ovriga: {lead",
         "alerts.teams: ingen mottagare för skola, som svarar i skola; skriv skola: {lead: …, "
         "supervisor: …} här"),
        ("            chef: {email: chef@example.org}\n", "",
         "alerts.teams.kundcenter: ingen mottagare för chef, som klart ska larma; skriv "
         "functions: {chef: {email: …}}"),
        ("            chef: {email: chef@example.org}", "            chef: {}",
         "kundcenter.functions.chef: ingen väg dit; skriv till exempel email: vaxel@example.org"),
        ("operations: {webhook", "driften: {webhook",
         "operations: saknas; skriv operations: {email: drift@example.org}"),
        ("limit_seconds: 300", "limit_seconds: 15",
         "queues.vaxel.targets[1]: svar-5min lovar 0.95 inom samma gräns som svar-15s lovar 0.9; "
         "behåll det ena"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place_and_what_is_right(
    old: str, new: str, said: str
) -> None:
    assert TEXT.count(old) == 1
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(TEXT.replace(old, new), "k")
    told = [mistake.told("k") for mistake in caught.value.mistakes]
    assert any(said in line for line in told), told


def test_promises_that_follow_each_other_contradict_nothing() -> None:
    text = TEXT.replace("limit_seconds: 300", "limit_seconds: 15").replace(
        "goal: 0.9,\n        valid_from: 2014-01-01",
        "goal: 0.9,\n        valid_from: 2010-01-01, valid_to: 2014-01-01",
    )
    assert load_catalogue(text, "k").municipalities["lulea"].alerts


def test_a_catalogue_of_any_shape_is_reviewed_without_an_exception() -> None:
    for alerts in ("[]", "x", "{teams: []}", "{teams: {kundcenter: []}}", "{operations: 1}"):
        text = TEXT[: TEXT.index("    alerts:")] + f"    alerts: {alerts}\n"
        with pytest.raises(CatalogueError):
            load_catalogue(text, "k")
