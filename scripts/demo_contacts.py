"""Make config/demo/contacts.csv: 500 contacts that import, and rows that are wrong on purpose.

Telephone numbers are from ranges that regulators keep free for films and books: North America 555-01xx,
Ofcom, Bundesnetzagentur, Arcep. Spain keeps none; those are valid in form only. Nobody dials them: the
demo's switch is simulated.
"""

import csv
import io
import random
from collections.abc import Sequence

from attrs import frozen

CONTACTS = 500
SEED = 20_240
HEADER = (
    *("UserContactId", "FirstName", "LastName"),
    *("PhoneNumber1", "PhoneNumber1CtryCode", "TimeZone"),
    *("PhoneNumber2", "PhoneNumber2CtryCode", "PhoneNumber2Tz"),
    *("Email", "Language", "CountryPredefined", "AccountBalance", "CustomerSince"),
)


@frozen
class Country:
    """A country's names, and its number ranges as (pattern with x for a digit, IANA zone)."""

    code: str
    calling_code: str
    language: str
    share: int
    first_names: str
    last_names: str
    ranges: Sequence[tuple[str, str]]


COUNTRIES = (
    Country(
        code="US",
        calling_code="1",
        language="en-US",
        share=40,
        first_names="James Mary Robert Patricia Linda David Susan Karen Daniel Nancy Anthony Emily",
        last_names="Smith Johnson Williams Brown Garcia Miller Davis Wilson Anderson Taylor Moore",
        ranges=(
            ("(212) 555-01xx", "America/New_York"),
            ("(617) 555-01xx", "America/New_York"),
            ("(305) 555-01xx", "America/New_York"),
            ("(312) 555-01xx", "America/Chicago"),
            ("(713) 555-01xx", "America/Chicago"),
            ("(303) 555-01xx", "America/Denver"),
            ("(602) 555-01xx", "America/Phoenix"),
            ("(415) 555-01xx", "America/Los_Angeles"),
            ("(206) 555-01xx", "America/Los_Angeles"),
        ),
    ),
    Country(
        code="GB",
        calling_code="44",
        language="en-GB",
        share=20,
        first_names="Oliver Amelia George Isla Harry Ava Jack Grace Charlie Freya Thomas Poppy",
        last_names="Jones Evans Thomas Roberts Walker Wright Hughes Green Hall Wood Clarke Khan",
        ranges=(
            ("020 7946 0xxx", "Europe/London"),
            ("0113 496 0xxx", "Europe/London"),
            ("0121 496 0xxx", "Europe/London"),
            ("0161 496 0xxx", "Europe/London"),
        ),
    ),
    Country(
        code="DE",
        calling_code="49",
        language="de-DE",
        share=15,
        first_names="Anna Lukas Jürgen Käthe Jonas Sofie Björn Renate Felix Ursula Max Heike",
        last_names="Müller Schmidt Schneider Fischer Weber Meyer Wagner Groß Schäfer Köhler",
        ranges=(
            ("030 23125 xxx", "Europe/Berlin"),
            ("069 90009 xxx", "Europe/Berlin"),
            ("040 66969 xxx", "Europe/Berlin"),
            ("0221 4710 xxx", "Europe/Berlin"),
            ("089 99998 xxx", "Europe/Berlin"),
        ),
    ),
    Country(
        code="FR",
        calling_code="33",
        language="fr-FR",
        share=15,
        first_names="Camille Hugo Chloé Louis Zoé Jules Élise Théo Inès Raphaël Léa François",
        last_names="Martin Bernard Dubois Lefèvre Moreau Laurent Garnier Rousseau Fournier Noël",
        ranges=(
            ("01 99 00 xx xx", "Europe/Paris"),
            ("02 61 91 xx xx", "Europe/Paris"),
            ("03 53 01 xx xx", "Europe/Paris"),
            ("04 65 71 xx xx", "Europe/Paris"),
            ("05 36 49 xx xx", "Europe/Paris"),
        ),
    ),
    Country(
        code="ES",
        calling_code="34",
        language="es-ES",
        share=10,
        first_names="Lucía Hugo Sofía Mateo María Íñigo Paula Begoña Álvaro Elena Andrés",
        last_names="García Fernández González Núñez López Martínez Sánchez Pérez Muñoz Ruiz",
        ranges=(("910 00x xxx", "Europe/Madrid"), ("930 00x xxx", "Europe/Madrid")),
    ),
)


def render() -> str:
    """Return the file's text; the same every time."""
    rng = random.Random(SEED)
    used: set[str] = set()
    rows = [_contact(rng, used, 10_001 + index) for index in range(CONTACTS)]
    for position, row in _wrong_rows():
        rows.insert(position, row)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(rows)
    return text.getvalue()


def _contact(rng: random.Random, used: set[str], number: int) -> list[str]:
    country = rng.choices(COUNTRIES, [country.share for country in COUNTRIES])[0]
    first_name, last_name = (rng.choice(names.split()) for names in (country.first_names, country.last_names))
    (pattern, timezone), (pattern2, timezone2) = rng.choice(country.ranges), rng.choice(country.ranges)
    # Some leave the zone to be told by the number.
    given = rng.random() < 0.7
    return [
        f"C{number}",
        first_name,
        last_name,
        _number(rng, used, pattern),
        country.calling_code,
        timezone if given else "",
        _number(rng, used, pattern2),
        country.calling_code,
        timezone2 if given else "",
        f"c{number}@example.com",
        country.language,
        country.code,
        f"{rng.lognormvariate(5.5, 1.2):.2f}",
        f"{rng.randrange(2003, 2025)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}",
    ]


def _number(rng: random.Random, used: set[str], pattern: str) -> str:
    while (number := "".join(str(rng.randrange(10)) if c == "x" else c for c in pattern)) in used:
        pass
    used.add(number)
    return number


def _wrong_rows() -> list[tuple[int, list[str]]]:
    """Return rows that no import takes, each with one mistake, and where they stand."""
    good = dict(zip(HEADER, _contact(random.Random(SEED + 1), set(), 20_000), strict=True))

    def row(**changes: str) -> list[str]:
        return list((good | changes).values())

    us = {"PhoneNumber1CtryCode": "1", "TimeZone": "America/New_York", "CountryPredefined": "US"}
    return [
        (7, row(UserContactId="W20001", PhoneNumber1="555-01", **us)),
        (63, row(UserContactId="")),
        (121, row(UserContactId="W20003", TimeZone="Europe/Atlantis")),
        (180, row(UserContactId="W20004")[:6]),
        (244, [*row(UserContactId="W20005"), "one too many"]),
        (305, row(UserContactId="W20006", PhoneNumber1CtryCode="999")),
        (377, row(UserContactId="W20007", PhoneNumber2="call me maybe")),
        (
            450,
            row(
                UserContactId="W20008",
                PhoneNumber1="",
                PhoneNumber2="",
                PhoneNumber2CtryCode="",
                PhoneNumber2Tz="",
            ),
        ),
    ]
