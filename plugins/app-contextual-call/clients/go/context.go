// Package passerelle is the client of the contextual call for Go 1.19 and later, standard library only.
// This file: from the fields that a product knows to the context of PROTOCOL section 1, checked and normalised. No I/O.
package passerelle

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fields a product may say of a call, all text in UTF-8; one that is not known is left out.
var Fields = strings.Fields(`login rpps family given profile authenticationMethod authenticationTime action target birthName birthDate sex
	firstGivenName birthGivenNames usedName ins insOid identityStatus birthPlaceCog ipp ippNamespace ippOid situation`)

var reasons = map[string]string{
	"unknown-key":             "Champ inconnu",
	"not-text":                "Champ qui n'est pas du texte lisible",
	"empty-value":             "Champ vide : ne pas l'envoyer quand il est inconnu",
	"control-character":       "Caractère invisible dans le champ",
	"too-long":                "Champ trop long",
	"missing-key":             "Champ obligatoire absent",
	"incomplete-pair":         "Champ qui ne va pas sans l'autre",
	"bad-rpps":                "Numéro RPPS faux (11 chiffres, clé comprise)",
	"bad-ins":                 "Matricule INS faux (15 caractères, clé comprise)",
	"bad-oid":                 "OID mal formé",
	"bad-authority":           "Autorité de l'IPP mal formée",
	"bad-date":                "Date illisible (AAAA-MM-JJ ou JJ/MM/AAAA)",
	"bad-time":                "Date et heure illisibles (ISO 8601 avec décalage)",
	"bad-value":               "Valeur non prévue",
	"bad-place":               "Code INSEE du lieu de naissance faux",
	"creation-incomplete":     "Création impossible, identité incomplète",
	"creation-on-workstation": "Création interdite avec la clé d'un poste",
	"context-too-large":       "Contexte trop volumineux",
	"bad-settings":            "Réglage absent ou faux",
	"bad-url":                 "L'adresse du moteur doit être en https, sans paramètre (http sur 127.0.0.1 ou localhost, en test seulement)",
	"key-unreadable":          "Clé du site illisible",
	"key-not-protected":       "Clé du site lisible par d'autres comptes",
}

// Error is every failure. Show Detail (French) and Reference to the person; Code and Reason are for support.
type Error struct {
	Code, Reason, Detail, Reference string
}

func (e *Error) Error() string { return e.Code + ": " + e.Detail }

func refused(code, reason, key string) *Error {
	return &Error{Code: code, Reason: reason, Detail: reasons[reason] + " : " + key}
}

var lists = map[string][]string{
	"authenticationMethod": {"os-account", "password", "cps", "e-cps", "pro-sante-connect", "other"},
	"action":               {"open", "open-or-create"},
	"target":               {"record", "rcp-preparation", "pps"},
	"sex":                  {"F", "M", "O", "U"},
	"identityStatus":       {"PROV", "RECUP", "VALI", "QUAL"},
}

var oid = regexp.MustCompile(`^[0-2](\.(0|[1-9][0-9]*))+$`)
var patterns = map[string]struct {
	reason  string
	pattern *regexp.Regexp
}{
	"insOid":             {"bad-oid", oid},
	"ippOid":             {"bad-oid", oid},
	"ippNamespace":       {"bad-authority", regexp.MustCompile(`^[^&^|~\\]+$`)},
	"birthPlaceCog":      {"bad-place", regexp.MustCompile(`^([0-9]{5}|2[AB][0-9]{3})$`)},
	"authenticationTime": {"bad-time", regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})$`)},
}

// One field, by itself: normalised, or refused.
func value(key, given string) (string, *Error) {
	no := func(reason string) (string, *Error) { return "", refused("ERR_KIT_CONTEXT", reason, key) }
	if !utf8.ValidString(given) {
		return no("not-text")
	}
	text := strings.Trim(nfc(given), " ")
	if text == "" {
		return no("empty-value")
	}
	units := 0
	for _, r := range text {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp) || r == utf8.RuneError {
			return no("control-character")
		}
		units++
		if r > 0xffff {
			units++
		}
	}
	if units > 250 || (key == "situation" && units > 64) {
		return no("too-long")
	}
	if list, closed := lists[key]; closed && !among(list, text) {
		return no("bad-value")
	}
	if key == "rpps" && !isRpps(text) {
		return no("bad-rpps")
	}
	if key == "ins" && !isIns(text) {
		return no("bad-ins")
	}
	if rule, has := patterns[key]; has && !rule.pattern.MatchString(text) {
		return no(rule.reason)
	}
	if key == "birthDate" {
		if text = isoDate(text); text == "" {
			return no("bad-date")
		}
	}
	return text, nil
}

func among(list []string, text string) bool {
	for _, one := range list {
		if one == text {
			return true
		}
	}
	return false
}

var elevenDigits = regexp.MustCompile(`^[0-9]{11}$`)

func isRpps(text string) bool {
	if !elevenDigits.MatchString(text) {
		return false
	}
	sum := 0
	for at := range text {
		digit := int(text[at] - '0')
		if at%2 == 1 { // the tenth of eleven, the eighth...
			if digit *= 2; digit > 9 {
				digit -= 9
			}
		}
		sum += digit
	}
	return sum%10 == 0
}

var insForm = regexp.MustCompile(`^[0-9]{5}([0-9]{2}|2[AB])[0-9]{8}$`)

// Thirteen characters (Corsica: 2A, 2B) and a key of two digits.
func isIns(text string) bool {
	if !insForm.MatchString(text) {
		return false
	}
	body, _ := strconv.ParseInt(strings.NewReplacer("2A", "19", "2B", "18").Replace(text[:13]), 10, 64)
	return fmt.Sprintf("%02d", 97-body%97) == text[13:]
}

var frenchDate = regexp.MustCompile(`^([0-9]{2})/([0-9]{2})/([0-9]{4})$`)
var isoDates = []*regexp.Regexp{
	regexp.MustCompile(`^([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?$`),
	regexp.MustCompile(`^([0-9]{4})([0-9]{2})([0-9]{2})$`),
}

// YYYY-MM-DD with 00 for what is unknown; empty when it is no date.
func isoDate(text string) string {
	var year, month, day string
	if m := frenchDate.FindStringSubmatch(text); m != nil {
		year, month, day = m[3], m[2], m[1]
	}
	for _, form := range isoDates {
		if m := form.FindStringSubmatch(text); m != nil {
			year, month, day = m[1], m[2], m[3]
		}
	}
	if month == "" {
		month = "00"
	}
	if day == "" {
		day = "00"
	}
	if year < "1850" || year > "2100" || month > "12" || day > "31" || (month == "00" && day != "00") {
		return ""
	}
	return year + "-" + month + "-" + day
}

// Exact JSON text of a context, valid for 60 seconds from now (seconds since 1970).
func contextOf(settings Settings, call map[string]string, now int64, jti string) (string, error) {
	no := func(reason, key string) (string, error) { return "", refused("ERR_KIT_CONTEXT", reason, key) }
	for key := range call {
		if !among(Fields, key) {
			return no("unknown-key", regexp.MustCompile(`[^A-Za-z0-9._-]`).ReplaceAllString(key, "?"))
		}
	}
	f := map[string]string{}
	for _, key := range Fields {
		if given, said := call[key]; said {
			text, err := value(key, given)
			if err != nil {
				return "", err
			}
			f[key] = text
		}
	}
	if f["login"] == "" && f["rpps"] == "" {
		return no("missing-key", "login")
	}
	for _, key := range []string{"authenticationMethod", "authenticationTime", "birthName", "birthDate", "sex"} {
		if f[key] == "" {
			return no("missing-key", key)
		}
	}
	if f["firstGivenName"] == "" && f["birthGivenNames"] == "" {
		return no("missing-key", "firstGivenName")
	}
	if (f["ins"] == "") != (f["insOid"] == "") {
		return no("incomplete-pair", "ins")
	}
	issuer := ""
	if f["ippOid"] != "" {
		issuer = f["ippNamespace"] + "&" + f["ippOid"] + "&ISO"
	} else if f["ippNamespace"] != "" {
		issuer = f["ippNamespace"] + "&&"
	}
	if (f["ipp"] == "") != (issuer == "") {
		return no("incomplete-pair", "ipp")
	}
	action := f["action"]
	if action == "" {
		action = "open"
	}
	if action == "open-or-create" {
		switch {
		case settings.Workstation:
			return no("creation-on-workstation", "action")
		case f["birthGivenNames"] == "":
			return no("creation-incomplete", "birthGivenNames")
		case f["sex"] != "F" && f["sex"] != "M":
			return no("creation-incomplete", "sex")
		case strings.Contains(f["birthDate"], "-00"):
			return no("creation-incomplete", "birthDate")
		case f["birthPlaceCog"] == "":
			return no("creation-incomplete", "birthPlaceCog")
		case issuer == "" && (f["ins"] == "" || f["identityStatus"] != "QUAL"):
			return no("creation-incomplete", "ins")
		}
	}
	authentication := object("method", f["authenticationMethod"], "time", f["authenticationTime"])
	user := object("login", f["login"], "rpps", f["rpps"], "family", f["family"], "given", f["given"], "profile", f["profile"])
	text := object("version", "1.0", "typ", "contexte-appel", "iss", "urn:finess:"+settings.Finess, "aud", "urn:dcc:"+settings.Environment)
	text = fmt.Sprintf(`%s,"iat":%d,"exp":%d,"jti":%s,"user":%s,"authentication":%s},`, strings.TrimSuffix(text, "}"), now, now+60, quoted(jti),
		strings.TrimSuffix(user, "}"), authentication) + strings.TrimPrefix(object(
		"action", action, "target", f["target"],
		"Patient.name.family", f["birthName"], "Patient.birthDate", f["birthDate"], "Patient.gender", f["sex"],
		"Patient.name.firstGiven", f["firstGivenName"], "Patient.name.given", f["birthGivenNames"], "Patient.name.used", f["usedName"],
		"Patient.identifier.value", f["ins"], "Patient.identifier.system", f["insOid"], "Patient.identityStatus", f["identityStatus"],
		"Address.district", f["birthPlaceCog"], "PatientID", f["ipp"], "PatientIDIssuer", issuer, "Situation", f["situation"]), "{")
	if len(text) > 8192 {
		return no("context-too-large", "context")
	}
	return text, nil
}

// A flat JSON object of the pairs that are said, in order.
func object(pairs ...string) string {
	members := []string{}
	for at := 0; at < len(pairs); at += 2 {
		if pairs[at+1] != "" {
			members = append(members, quoted(pairs[at])+":"+quoted(pairs[at+1]))
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

// JSON without the escapes for HTML that encoding/json adds.
func quoted(text string) string {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text)
	return strings.TrimSuffix(out.String(), "\n")
}
