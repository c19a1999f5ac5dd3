"""Invented identifiers of a synthetic patient, as a hospital writes them: in headers, folders and comments."""

import hashlib
from dataclasses import dataclass

# Stands in every invented name of a person, a place or an institution, so that one search finds them all.
MARK = "Nusquam"
GIVEN = ("Adula", "Belisa", "Corvina", "Dorilla", "Elvana", "Fidora", "Galatea", "Hesione", "Ilvara", "Junilla")
FAMILY = ("Ackerlund", "Birkhof", "Castellane", "Dunmarrow", "Eschwald", "Fennimore", "Grauberg", "Holmquist")


@dataclass(frozen=True)
class Identity:
    """A patient who does not exist; dates as DICOM writes them (YYYYMMDD)."""

    family: str
    given: str
    patient_id: str
    birth_date: str
    study_date: str
    accession: str
    institution: str
    physician: str

    @property
    def name(self) -> str:
        """As DICOM writes a person's name."""
        return f"{self.family}^{self.given}"


def identity_of(key: str, site: str, age: int) -> Identity:
    """Who a patient is said to be: the same for the same key; `site` is where she is seen, `age` in years."""
    family, given, identifier, month, day, year = (number_of(key, part) for part in range(6))
    taken = 2011 + year % 9
    return Identity(
        family=f"{MARK}-{FAMILY[family % len(FAMILY)]}",
        given=GIVEN[given % len(GIVEN)],
        patient_id=f"NQ{identifier % 10**9:09d}",
        birth_date=f"{taken - age:04d}{1 + month % 12:02d}{1 + day % 28:02d}",
        study_date=f"{taken:04d}{1 + day % 12:02d}{1 + month % 28:02d}",
        accession=f"NQA{number_of(key, 'accession') % 10**8:08d}",
        institution=f"{MARK} General Hospital {site}",
        physician=f"{MARK}-Referrer^{GIVEN[identifier % len(GIVEN)]}",
    )


def uid(*parts: object) -> str:
    """A unique identifier that depends on the parts alone, in the form that DICOM gives to UUIDs."""
    return f"2.25.{number_of(*parts)}"


def number_of(*parts: object) -> int:
    """A number below 2^120 that depends on the parts alone."""
    text = "\n".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:15], "big")
