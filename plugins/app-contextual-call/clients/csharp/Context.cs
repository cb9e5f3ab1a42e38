// From the fields that a product knows to the context of PROTOCOL section 1: checked, normalised, as exact JSON. No I/O. C# 5.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Passerelle
{
    /// <summary>Every failure. Show Detail (French) and Reference to the person; Code and Reason are for support.</summary>
    public sealed class CallException : Exception
    {
        public readonly string Code;
        public readonly string Detail;
        public readonly string Reason;
        public string Reference;

        public CallException(string code, string detail, string reason = "", string reference = "")
            : base(code + ": " + detail)
        {
            Code = code;
            Detail = detail;
            Reason = reason;
            Reference = reference;
        }

        internal static CallException Refused(string code, string reason, string key)
        {
            return new CallException(code, Context.Reasons[reason] + " : " + key, reason);
        }
    }

    internal static class Context
    {
        /// <summary>What a product says of a call, all text; a field that is not known is left out.</summary>
        internal static readonly string[] Fields = {
            "login", "rpps", "family", "given", "profile", "authenticationMethod", "authenticationTime", "action", "target",
            "birthName", "birthDate", "sex", "firstGivenName", "birthGivenNames", "usedName", "ins", "insOid", "identityStatus",
            "birthPlaceCog", "ipp", "ippNamespace", "ippOid", "situation",
        };

        internal static readonly Dictionary<string, string> Reasons = new Dictionary<string, string> {
            { "unknown-key", "Champ inconnu" },
            { "not-text", "Champ qui n'est pas du texte lisible" },
            { "empty-value", "Champ vide : ne pas l'envoyer quand il est inconnu" },
            { "control-character", "Caractère invisible dans le champ" },
            { "too-long", "Champ trop long" },
            { "missing-key", "Champ obligatoire absent" },
            { "incomplete-pair", "Champ qui ne va pas sans l'autre" },
            { "bad-rpps", "Numéro RPPS faux (11 chiffres, clé comprise)" },
            { "bad-ins", "Matricule INS faux (15 caractères, clé comprise)" },
            { "bad-oid", "OID mal formé" },
            { "bad-authority", "Autorité de l'IPP mal formée" },
            { "bad-date", "Date illisible (AAAA-MM-JJ ou JJ/MM/AAAA)" },
            { "bad-time", "Date et heure illisibles (ISO 8601 avec décalage)" },
            { "bad-value", "Valeur non prévue" },
            { "bad-place", "Code INSEE du lieu de naissance faux" },
            { "creation-incomplete", "Création impossible, identité incomplète" },
            { "creation-on-workstation", "Création interdite avec la clé d'un poste" },
            { "context-too-large", "Contexte trop volumineux" },
            { "bad-settings", "Réglage absent ou faux" },
            { "bad-url", "L'adresse du moteur doit être en https, sans paramètre (http sur 127.0.0.1 ou localhost, en test seulement)" },
            { "key-unreadable", "Clé du site illisible" },
        };

        private static readonly Dictionary<string, string> Patterns = new Dictionary<string, string> {
            { "authenticationMethod", "bad-value os-account|password|cps|e-cps|pro-sante-connect|other" },
            { "action", "bad-value open|open-or-create" },
            { "target", "bad-value record|rcp-preparation|pps" },
            { "sex", "bad-value [FMOU]" },
            { "identityStatus", "bad-value PROV|RECUP|VALI|QUAL" },
            { "insOid", @"bad-oid [0-2](\.(0|[1-9][0-9]*))+" },
            { "ippOid", @"bad-oid [0-2](\.(0|[1-9][0-9]*))+" },
            { "ippNamespace", @"bad-authority [^&^|~\\]+" },
            { "birthPlaceCog", "bad-place [0-9]{5}|2[AB][0-9]{3}" },
            { "authenticationTime", "bad-time [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})" },
        };

        internal static bool Is(string text, string pattern)
        {
            return Regex.IsMatch(text, @"\A(?:" + pattern + @")\z");
        }

        private static CallException No(string reason, string key)
        {
            return CallException.Refused("ERR_KIT_CONTEXT", reason, key);
        }

        /// <summary>The exact JSON text of a context, valid for 60 seconds from now (seconds since 1970).</summary>
        internal static string Of(Settings settings, IDictionary<string, string> call, long now, string jti)
        {
            foreach (string key in call.Keys)
                if (Array.IndexOf(Fields, key) < 0)
                {
                    string shown = Regex.Replace(key, "[^A-Za-z0-9._-]", "?");
                    throw No("unknown-key", shown.Substring(0, Math.Min(40, shown.Length)));
                }
            var f = new Dictionary<string, string>();
            foreach (string key in Fields)
                if (call.ContainsKey(key) && call[key] != null) f[key] = Value(key, call[key]);
            if (!f.ContainsKey("login") && !f.ContainsKey("rpps")) throw No("missing-key", "login");
            foreach (string key in new[] { "authenticationMethod", "authenticationTime", "birthName", "birthDate", "sex" })
                if (!f.ContainsKey(key)) throw No("missing-key", key);
            if (!f.ContainsKey("firstGivenName") && !f.ContainsKey("birthGivenNames")) throw No("missing-key", "firstGivenName");
            if (f.ContainsKey("ins") != f.ContainsKey("insOid")) throw No("incomplete-pair", "ins");
            string issuer = null;
            if (f.ContainsKey("ippNamespace") || f.ContainsKey("ippOid"))
                issuer = (Get(f, "ippNamespace") ?? "") + "&" + (Get(f, "ippOid") ?? "") + "&" + (f.ContainsKey("ippOid") ? "ISO" : "");
            if (f.ContainsKey("ipp") != (issuer != null)) throw No("incomplete-pair", "ipp");
            string action = Get(f, "action") ?? "open";
            if (action == "open-or-create")
            {
                if (settings.Workstation) throw No("creation-on-workstation", "action");
                string missing = !f.ContainsKey("birthGivenNames") ? "birthGivenNames"
                    : f["sex"] != "F" && f["sex"] != "M" ? "sex"
                    : f["birthDate"].Contains("-00") ? "birthDate"
                    : !f.ContainsKey("birthPlaceCog") ? "birthPlaceCog"
                    : issuer == null && !(f.ContainsKey("ins") && Get(f, "identityStatus") == "QUAL") ? "ins" : null;
                if (missing != null) throw No("creation-incomplete", missing);
            }

            var user = new Members();
            foreach (string key in new[] { "login", "rpps", "family", "given", "profile" }) user.Add(key, Get(f, key));
            user.Add("authentication", new Members().Add("method", f["authenticationMethod"]).Add("time", f["authenticationTime"]));
            string text = Json.Write(new Members()
                .Add("version", "1.0")
                .Add("typ", "contexte-appel")
                .Add("iss", "urn:finess:" + settings.Finess)
                .Add("aud", "urn:dcc:" + settings.Environment)
                .Add("iat", now)
                .Add("exp", now + 60)
                .Add("jti", jti)
                .Add("user", user)
                .Add("action", action)
                .Add("target", Get(f, "target"))
                .Add("Patient.name.family", f["birthName"])
                .Add("Patient.birthDate", f["birthDate"])
                .Add("Patient.gender", f["sex"])
                .Add("Patient.name.firstGiven", Get(f, "firstGivenName"))
                .Add("Patient.name.given", Get(f, "birthGivenNames"))
                .Add("Patient.name.used", Get(f, "usedName"))
                .Add("Patient.identifier.value", Get(f, "ins"))
                .Add("Patient.identifier.system", Get(f, "insOid"))
                .Add("Patient.identityStatus", Get(f, "identityStatus"))
                .Add("Address.district", Get(f, "birthPlaceCog"))
                .Add("PatientID", Get(f, "ipp"))
                .Add("PatientIDIssuer", issuer)
                .Add("Situation", Get(f, "situation")));
            if (Encoding.UTF8.GetByteCount(text) > 8192) throw No("context-too-large", "context");
            return text;
        }

        private static string Get(Dictionary<string, string> fields, string key)
        {
            string text;
            return fields.TryGetValue(key, out text) ? text : null;
        }

        /// <summary>One field, by itself: normalised, or refused.</summary>
        private static string Value(string key, string given)
        {
            string text;
            try
            {
                text = given.Normalize(NormalizationForm.FormC).Trim(' ');
            }
            catch (ArgumentException)
            {
                throw No("not-text", key);
            }
            if (text == "") throw No("empty-value", key);
            for (int at = 0; at < text.Length; at += char.IsSurrogatePair(text, at) ? 2 : 1)
                if (IsHidden(CharUnicodeInfo.GetUnicodeCategory(text, at)) || text[at] == '\uFFFD') throw No("control-character", key);
            if (text.Length > (key == "situation" ? 64 : 250)) throw No("too-long", key);
            if (key == "rpps" && !IsRpps(text)) throw No("bad-rpps", key);
            if (key == "ins" && !IsIns(text)) throw No("bad-ins", key);
            string rule;
            if (Patterns.TryGetValue(key, out rule) && !Is(text, rule.Substring(rule.IndexOf(' ') + 1))) throw No(rule.Substring(0, rule.IndexOf(' ')), key);
            return key == "birthDate" ? IsoDate(text) : text;
        }

        private static bool IsHidden(UnicodeCategory category)
        {
            return category == UnicodeCategory.Control || category == UnicodeCategory.Format || category == UnicodeCategory.PrivateUse
                || category == UnicodeCategory.LineSeparator || category == UnicodeCategory.ParagraphSeparator;
        }

        private static bool IsRpps(string text)
        {
            if (!Is(text, "[0-9]{11}")) return false;
            int sum = 0;
            for (int at = 0; at < 11; at++)
            {
                int doubled = (text[10 - at] - '0') * (1 + at % 2);
                sum += doubled > 9 ? doubled - 9 : doubled;
            }
            return sum % 10 == 0;
        }

        /// <summary>Thirteen characters (Corsica: 2A, 2B) and a key of two digits.</summary>
        private static bool IsIns(string text)
        {
            if (!Is(text, "[0-9]{5}([0-9]{2}|2[AB])[0-9]{8}")) return false;
            long body = long.Parse(text.Substring(0, 13).Replace("2A", "19").Replace("2B", "18"), CultureInfo.InvariantCulture);
            return 97 - body % 97 == int.Parse(text.Substring(13), CultureInfo.InvariantCulture);
        }

        /// <summary>YYYY-MM-DD with 00 for what is unknown.</summary>
        private static string IsoDate(string text)
        {
            foreach (string form in new[] { "(?<d>[0-9]{2})/(?<m>[0-9]{2})/(?<y>[0-9]{4})", "(?<y>[0-9]{4})(-(?<m>[0-9]{2})(-(?<d>[0-9]{2}))?)?",
                "(?<y>[0-9]{4})(?<m>[0-9]{2})(?<d>[0-9]{2})" })
            {
                Match found = Regex.Match(text, @"\A" + form + @"\z");
                if (!found.Success) continue;
                string month = found.Groups["m"].Success ? found.Groups["m"].Value : "00";
                string day = found.Groups["d"].Success ? found.Groups["d"].Value : "00";
                int year = int.Parse(found.Groups["y"].Value, CultureInfo.InvariantCulture);
                bool wrong = year < 1850 || year > 2100 || string.CompareOrdinal(month, "12") > 0 || string.CompareOrdinal(day, "31") > 0;
                if (!wrong && (month != "00" || day == "00")) return found.Groups["y"].Value + "-" + month + "-" + day;
            }
            throw No("bad-date", "birthDate");
        }
    }
}
