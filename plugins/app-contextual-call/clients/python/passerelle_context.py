"""From the fields that a product knows to the context of PROTOCOL section 1: checked, normalised, as exact JSON. No I/O."""
import json
import re
import unicodedata

#: What a product says of a call, all text; a field that is not known is left out.
FIELDS = (
    "login rpps family given profile authenticationMethod authenticationTime action target birthName birthDate sex firstGivenName "
    "birthGivenNames usedName ins insOid identityStatus birthPlaceCog ipp ippNamespace ippOid situation"
).split()

REASONS = {
    "unknown-key": "Champ inconnu",
    "not-text": "Champ qui n'est pas du texte lisible",
    "empty-value": "Champ vide : ne pas l'envoyer quand il est inconnu",
    "control-character": "Caractère invisible dans le champ",
    "too-long": "Champ trop long",
    "missing-key": "Champ obligatoire absent",
    "incomplete-pair": "Champ qui ne va pas sans l'autre",
    "bad-rpps": "Numéro RPPS faux (11 chiffres, clé comprise)",
    "bad-ins": "Matricule INS faux (15 caractères, clé comprise)",
    "bad-oid": "OID mal formé",
    "bad-authority": "Autorité de l'IPP mal formée",
    "bad-date": "Date illisible (AAAA-MM-JJ ou JJ/MM/AAAA)",
    "bad-time": "Date et heure illisibles (ISO 8601 avec décalage)",
    "bad-value": "Valeur non prévue",
    "bad-place": "Code INSEE du lieu de naissance faux",
    "creation-incomplete": "Création impossible, identité incomplète",
    "creation-on-workstation": "Création interdite avec la clé d'un poste",
    "context-too-large": "Contexte trop volumineux",
    "bad-settings": "Réglage absent ou faux",
    "bad-url": "L'adresse du moteur doit être en https, sans paramètre (http sur 127.0.0.1 ou localhost, en test seulement)",
    "key-unreadable": "Clé du site illisible",
    "key-not-protected": "Clé du site lisible par d'autres comptes",
}

LISTS = {
    "authenticationMethod": "os-account password cps e-cps pro-sante-connect other".split(),
    "action": ["open", "open-or-create"],
    "target": ["record", "rcp-preparation", "pps"],
    "sex": list("FMOU"),
    "identityStatus": ["PROV", "RECUP", "VALI", "QUAL"],
}


class PasserelleError(Exception):
    """Every failure. Show `detail` (French) and `reference` to the person; `code` and `reason` are for support."""

    def __init__(self, code, detail, reason="", reference=""):
        super().__init__(code + ": " + detail)
        self.code, self.detail, self.reason, self.reference = code, detail, reason, reference


def refused(code, reason, key):
    return PasserelleError(code, REASONS[reason] + " : " + key, reason)


def from_windows1252(data):
    """Text from the bytes of a product that writes Windows-1252 (also when it says ISO-8859-1)."""
    return "".join(bytes([b]).decode("cp1252", "ignore") or chr(b) for b in data)


def is_rpps(text):
    if not re.fullmatch("[0-9]{11}", text):
        return False
    doubled = [int(d) * (1 + at % 2) for at, d in enumerate(reversed(text))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def is_ins(text):
    if not re.fullmatch("[0-9]{5}(?:[0-9]{2}|2[AB])[0-9]{8}", text):
        return False
    body = text[:13].replace("2A", "19").replace("2B", "18")
    return 97 - int(body) % 97 == int(text[13:])


def iso_date(text):
    """`YYYY-MM-DD` with 00 for what is unknown, or None."""
    french = re.fullmatch("([0-9]{2})/([0-9]{2})/([0-9]{4})", text)
    iso = re.fullmatch("([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?", text) or re.fullmatch("([0-9]{4})([0-9]{2})([0-9]{2})", text)
    if not french and not iso:
        return None
    year, month, day = reversed(french.groups()) if french else iso.groups("00")
    if not "1850" <= year <= "2100" or month > "12" or day > "31" or (month == "00" and day != "00"):
        return None
    return "-".join((year, month, day))


PATTERNS = (
    ("insOid", "bad-oid", r"[0-2](\.(0|[1-9][0-9]*))+"),
    ("ippOid", "bad-oid", r"[0-2](\.(0|[1-9][0-9]*))+"),
    ("ippNamespace", "bad-authority", r"[^&^|~\\]+"),
    ("birthPlaceCog", "bad-place", "[0-9]{5}|2[AB][0-9]{3}"),
    ("authenticationTime", "bad-time", "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})"),
)


def value(key, given):
    """One field, by itself: normalised, or refused."""

    def no(reason):
        return refused("ERR_KIT_CONTEXT", reason, key)

    if not isinstance(given, str) or any(unicodedata.category(c) == "Cs" for c in given):
        raise no("not-text")
    text = unicodedata.normalize("NFC", given).strip(" ")
    if text == "":
        raise no("empty-value")
    if any(unicodedata.category(c) in ("Cc", "Cf", "Co", "Zl", "Zp") or c == "\ufffd" for c in text):
        raise no("control-character")
    if len(text.encode("utf-16-le")) // 2 > (64 if key == "situation" else 250):
        raise no("too-long")
    if key in LISTS and text not in LISTS[key]:
        raise no("bad-value")
    if key == "rpps" and not is_rpps(text):
        raise no("bad-rpps")
    if key == "ins" and not is_ins(text):
        raise no("bad-ins")
    for field, reason, pattern in PATTERNS:
        if key == field and not re.fullmatch(pattern, text):
            raise no(reason)
    if key != "birthDate":
        return text
    date = iso_date(text)
    if date is None:
        raise no("bad-date")
    return date


def context_of(settings, call, now, jti):
    """The exact JSON text of a context, valid for 60 seconds from `now` (seconds since 1970)."""

    def no(reason, key):
        return refused("ERR_KIT_CONTEXT", reason, key)

    for key in call:
        if key not in FIELDS:
            raise no("unknown-key", re.sub("[^A-Za-z0-9._-]", "?", str(key))[:40])
    f = {key: value(key, call[key]) for key in FIELDS if call.get(key) is not None}
    if "login" not in f and "rpps" not in f:
        raise no("missing-key", "login")
    for key in ("authenticationMethod", "authenticationTime", "birthName", "birthDate", "sex"):
        if key not in f:
            raise no("missing-key", key)
    if "firstGivenName" not in f and "birthGivenNames" not in f:
        raise no("missing-key", "firstGivenName")
    if ("ins" in f) != ("insOid" in f):
        raise no("incomplete-pair", "ins")
    issuer = None
    if "ippNamespace" in f or "ippOid" in f:
        issuer = "&".join((f.get("ippNamespace", ""), f.get("ippOid", ""), "ISO" if "ippOid" in f else ""))
    if ("ipp" in f) != (issuer is not None):
        raise no("incomplete-pair", "ipp")
    action = f.get("action", "open")
    if action == "open-or-create":
        if settings.get("workstation"):
            raise no("creation-on-workstation", "action")
        whole = (
            ("birthGivenNames", "birthGivenNames" in f),
            ("sex", f["sex"] in "FM"),
            ("birthDate", "-00" not in f["birthDate"]),
            ("birthPlaceCog", "birthPlaceCog" in f),
            ("ins", issuer is not None or ("ins" in f and f.get("identityStatus") == "QUAL")),
        )
        for key, said in whole:
            if not said:
                raise no("creation-incomplete", key)

    user = {key: f.get(key) for key in ("login", "rpps", "family", "given", "profile")}
    user["authentication"] = {"method": f["authenticationMethod"], "time": f["authenticationTime"]}
    members = {
        "version": "1.0",
        "typ": "contexte-appel",
        "iss": "urn:finess:" + settings["finess"],
        "aud": "urn:dcc:" + settings["environment"],
        "iat": now,
        "exp": now + 60,
        "jti": jti,
        "user": {key: said for key, said in user.items() if said is not None},
        "action": action,
        "target": f.get("target"),
        "Patient.name.family": f["birthName"],
        "Patient.birthDate": f["birthDate"],
        "Patient.gender": f["sex"],
        "Patient.name.firstGiven": f.get("firstGivenName"),
        "Patient.name.given": f.get("birthGivenNames"),
        "Patient.name.used": f.get("usedName"),
        "Patient.identifier.value": f.get("ins"),
        "Patient.identifier.system": f.get("insOid"),
        "Patient.identityStatus": f.get("identityStatus"),
        "Address.district": f.get("birthPlaceCog"),
        "PatientID": f.get("ipp"),
        "PatientIDIssuer": issuer,
        "Situation": f.get("situation"),
    }
    text = json.dumps({key: said for key, said in members.items() if said is not None}, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode("utf-8")) > 8192:
        raise no("context-too-large", "context")
    return text
