package fr.passerelle;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** From the fields that a product knows to the context of PROTOCOL section 1: checked, normalised, as exact JSON. No I/O. */
final class Context {
    /** What a product says of a call, all text; a field that is not known is left out. */
    static final List<String> FIELDS = Arrays.asList("login", "rpps", "family", "given", "profile", "authenticationMethod", "authenticationTime",
            "action", "target", "birthName", "birthDate", "sex", "firstGivenName", "birthGivenNames", "usedName", "ins", "insOid", "identityStatus",
            "birthPlaceCog", "ipp", "ippNamespace", "ippOid", "situation");

    private static final Map<String, String> REASONS = new HashMap<>();
    private static final Map<String, List<String>> LISTS = new HashMap<>();
    private static final Pattern OID = Pattern.compile("[0-2](\\.(0|[1-9][0-9]*))+");
    private static final Pattern TIME =
            Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})");
    private static final Pattern FRENCH_DATE = Pattern.compile("([0-9]{2})/([0-9]{2})/([0-9]{4})");
    private static final Pattern ISO_DATE = Pattern.compile("([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?");
    private static final Pattern PLAIN_DATE = Pattern.compile("([0-9]{4})([0-9]{2})([0-9]{2})");

    static {
        REASONS.put("unknown-key", "Champ inconnu");
        REASONS.put("not-text", "Champ qui n'est pas du texte lisible");
        REASONS.put("empty-value", "Champ vide : ne pas l'envoyer quand il est inconnu");
        REASONS.put("control-character", "Caractère invisible dans le champ");
        REASONS.put("too-long", "Champ trop long");
        REASONS.put("missing-key", "Champ obligatoire absent");
        REASONS.put("incomplete-pair", "Champ qui ne va pas sans l'autre");
        REASONS.put("bad-rpps", "Numéro RPPS faux (11 chiffres, clé comprise)");
        REASONS.put("bad-ins", "Matricule INS faux (15 caractères, clé comprise)");
        REASONS.put("bad-oid", "OID mal formé");
        REASONS.put("bad-authority", "Autorité de l'IPP mal formée");
        REASONS.put("bad-date", "Date illisible (AAAA-MM-JJ ou JJ/MM/AAAA)");
        REASONS.put("bad-time", "Date et heure illisibles (ISO 8601 avec décalage)");
        REASONS.put("bad-value", "Valeur non prévue");
        REASONS.put("bad-place", "Code INSEE du lieu de naissance faux");
        REASONS.put("creation-incomplete", "Création impossible, identité incomplète");
        REASONS.put("creation-on-workstation", "Création interdite avec la clé d'un poste");
        REASONS.put("context-too-large", "Contexte trop volumineux");
        REASONS.put("bad-settings", "Réglage absent ou faux");
        REASONS.put("bad-url", "L'adresse du moteur doit être en https, sans paramètre (http sur 127.0.0.1 ou localhost, en test seulement)");
        REASONS.put("key-unreadable", "Clé du site illisible");
        REASONS.put("key-not-protected", "Clé du site lisible par d'autres comptes");
        LISTS.put("authenticationMethod", Arrays.asList("os-account", "password", "cps", "e-cps", "pro-sante-connect", "other"));
        LISTS.put("action", Arrays.asList("open", "open-or-create"));
        LISTS.put("target", Arrays.asList("record", "rcp-preparation", "pps"));
        LISTS.put("sex", Arrays.asList("F", "M", "O", "U"));
        LISTS.put("identityStatus", Arrays.asList("PROV", "RECUP", "VALI", "QUAL"));
    }

    private Context() {
    }

    static CallException refused(String code, String reason, String key) {
        return new CallException(code, REASONS.get(reason) + " : " + key, reason, "");
    }

    private static CallException no(String reason, String key) {
        return refused("ERR_KIT_CONTEXT", reason, key);
    }

    /** The exact JSON text of a context, valid for 60 seconds from {@code now} (seconds since 1970). */
    static String of(Settings settings, Map<String, String> call, long now, String jti) throws CallException {
        for (String key : call.keySet())
            if (!FIELDS.contains(key)) {
                String shown = String.valueOf(key).replaceAll("[^A-Za-z0-9._-]", "?");
                throw no("unknown-key", shown.substring(0, Math.min(40, shown.length())));
            }
        Map<String, String> f = new HashMap<>();
        for (String key : FIELDS)
            if (call.get(key) != null) f.put(key, value(key, call.get(key)));
        if (!f.containsKey("login") && !f.containsKey("rpps")) throw no("missing-key", "login");
        for (String key : new String[] {"authenticationMethod", "authenticationTime", "birthName", "birthDate", "sex"})
            if (!f.containsKey(key)) throw no("missing-key", key);
        if (!f.containsKey("firstGivenName") && !f.containsKey("birthGivenNames")) throw no("missing-key", "firstGivenName");
        if (f.containsKey("ins") != f.containsKey("insOid")) throw no("incomplete-pair", "ins");
        String issuer = null;
        if (f.containsKey("ippNamespace") || f.containsKey("ippOid"))
            issuer = f.getOrDefault("ippNamespace", "") + "&" + f.getOrDefault("ippOid", "") + "&" + (f.containsKey("ippOid") ? "ISO" : "");
        if (f.containsKey("ipp") != (issuer != null)) throw no("incomplete-pair", "ipp");
        String action = f.getOrDefault("action", "open");
        if (action.equals("open-or-create")) {
            if (settings.workstation) throw no("creation-on-workstation", "action");
            String missing = !f.containsKey("birthGivenNames") ? "birthGivenNames"
                    : !f.get("sex").matches("[FM]") ? "sex"
                    : f.get("birthDate").contains("-00") ? "birthDate"
                    : !f.containsKey("birthPlaceCog") ? "birthPlaceCog"
                    : issuer == null && !(f.containsKey("ins") && "QUAL".equals(f.get("identityStatus"))) ? "ins" : null;
            if (missing != null) throw no("creation-incomplete", missing);
        }

        Map<String, Object> user = new LinkedHashMap<>();
        for (String key : new String[] {"login", "rpps", "family", "given", "profile"}) user.put(key, f.get(key));
        Map<String, Object> authentication = new LinkedHashMap<>();
        authentication.put("method", f.get("authenticationMethod"));
        authentication.put("time", f.get("authenticationTime"));
        user.put("authentication", authentication);
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("version", "1.0");
        members.put("typ", "contexte-appel");
        members.put("iss", "urn:finess:" + settings.finess);
        members.put("aud", "urn:dcc:" + settings.environment);
        members.put("iat", now);
        members.put("exp", now + 60);
        members.put("jti", jti);
        members.put("user", user);
        members.put("action", action);
        members.put("target", f.get("target"));
        members.put("Patient.name.family", f.get("birthName"));
        members.put("Patient.birthDate", f.get("birthDate"));
        members.put("Patient.gender", f.get("sex"));
        members.put("Patient.name.firstGiven", f.get("firstGivenName"));
        members.put("Patient.name.given", f.get("birthGivenNames"));
        members.put("Patient.name.used", f.get("usedName"));
        members.put("Patient.identifier.value", f.get("ins"));
        members.put("Patient.identifier.system", f.get("insOid"));
        members.put("Patient.identityStatus", f.get("identityStatus"));
        members.put("Address.district", f.get("birthPlaceCog"));
        members.put("PatientID", f.get("ipp"));
        members.put("PatientIDIssuer", issuer);
        members.put("Situation", f.get("situation"));
        String text = Json.write(members);
        if (text.getBytes(StandardCharsets.UTF_8).length > 8192) throw no("context-too-large", "context");
        return text;
    }

    /** One field, by itself: normalised, or refused. */
    private static String value(String key, String given) throws CallException {
        if (given.codePoints().anyMatch(c -> Character.getType(c) == Character.SURROGATE)) throw no("not-text", key);
        String text = Normalizer.normalize(given, Normalizer.Form.NFC).replaceAll("^ +| +$", "");
        if (text.isEmpty()) throw no("empty-value", key);
        if (text.codePoints().anyMatch(Context::isHidden)) throw no("control-character", key);
        if (text.length() > (key.equals("situation") ? 64 : 250)) throw no("too-long", key);
        if (LISTS.containsKey(key) && !LISTS.get(key).contains(text)) throw no("bad-value", key);
        if (key.equals("rpps") && !isRpps(text)) throw no("bad-rpps", key);
        if (key.equals("ins") && !isIns(text)) throw no("bad-ins", key);
        if (key.endsWith("Oid") && !OID.matcher(text).matches()) throw no("bad-oid", key);
        if (key.equals("ippNamespace") && !text.matches("[^&^|~\\\\]+")) throw no("bad-authority", key);
        if (key.equals("birthPlaceCog") && !text.matches("[0-9]{5}|2[AB][0-9]{3}")) throw no("bad-place", key);
        if (key.equals("authenticationTime") && !TIME.matcher(text).matches()) throw no("bad-time", key);
        return key.equals("birthDate") ? isoDate(text) : text;
    }

    private static boolean isHidden(int c) {
        switch (Character.getType(c)) {
            case Character.CONTROL: case Character.FORMAT: case Character.PRIVATE_USE: case Character.LINE_SEPARATOR: case Character.PARAGRAPH_SEPARATOR:
                return true;
            default:
                return c == 0xFFFD;
        }
    }

    private static boolean isRpps(String text) {
        if (!text.matches("[0-9]{11}")) return false;
        int sum = 0;
        for (int at = 0; at < 11; at++) {
            int doubled = (text.charAt(10 - at) - '0') * (1 + at % 2);
            sum += doubled > 9 ? doubled - 9 : doubled;
        }
        return sum % 10 == 0;
    }

    /** Thirteen characters (Corsica: 2A, 2B) and a key of two digits. */
    private static boolean isIns(String text) {
        if (!text.matches("[0-9]{5}([0-9]{2}|2[AB])[0-9]{8}")) return false;
        BigInteger body = new BigInteger(text.substring(0, 13).replace("2A", "19").replace("2B", "18"));
        return 97 - body.mod(BigInteger.valueOf(97)).intValue() == Integer.parseInt(text.substring(13));
    }

    /** {@code YYYY-MM-DD} with 00 for what is unknown. */
    private static String isoDate(String text) throws CallException {
        Matcher french = FRENCH_DATE.matcher(text);
        Matcher iso = ISO_DATE.matcher(text);
        Matcher plain = PLAIN_DATE.matcher(text);
        String[] date = french.matches() ? new String[] {french.group(3), french.group(2), french.group(1)}
                : iso.matches() ? new String[] {iso.group(1), iso.group(2), iso.group(3)}
                : plain.matches() ? new String[] {plain.group(1), plain.group(2), plain.group(3)} : null;
        if (date == null) throw no("bad-date", "birthDate");
        for (int at = 1; at < 3; at++) date[at] = date[at] == null ? "00" : date[at];
        int year = Integer.parseInt(date[0]);
        if (year < 1850 || year > 2100 || date[1].compareTo("12") > 0 || date[2].compareTo("31") > 0 || (date[1].equals("00") && !date[2].equals("00")))
            throw no("bad-date", "birthDate");
        return String.join("-", date);
    }
}
