package fr.passerelle;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLPeerUnverifiedException;

/** The client of the contextual call for Java 8 and later, nothing but the platform: signs a context, posts it, gives back the one-time link. */
public final class Passerelle {
    private static final String NOT_NOW =
            "Le dossier communicant de cancérologie ne répond pas. Réessayez, puis prévenez votre service informatique.";
    private static final String STRANGE = "Réponse inattendue du dossier communicant de cancérologie. Prévenez votre service informatique.";
    private static final String NO_KEYS = "Clés du dossier communicant de cancérologie inutilisables. Prévenez votre service informatique.";
    private static final int LARGEST = 65_536;
    private static final long DAY = 24 * 3600;
    private static final Map<String, Map<String, Object>> KEYS = new ConcurrentHashMap<>();

    static {
        // Java may by itself post a second time what got no answer: here a retry has its own token.
        System.setProperty("sun.net.http.retryPost", "false");
    }

    private final Settings settings;

    private Passerelle(Settings settings) {
        this.settings = settings;
    }

    /** @throws CallException ERR_KIT_SETTINGS with its reason */
    public static Passerelle fromFile(String file) throws CallException {
        return new Passerelle(new Settings(Paths.get(file)));
    }

    /** What a product opens in the browser: nothing else is to be kept. */
    public static final class Opened {
        public final String link;
        public final String reference;
        public final String expiresAt;

        private Opened(String link, String reference, String expiresAt) {
            this.link = link;
            this.reference = reference;
            this.expiresAt = expiresAt;
        }
    }

    private static final class Answer {
        int status;
        Map<String, Object> said = Collections.emptyMap();
        String retry = "";
        /** Nothing came (status 0), or the engine is not there for now (503): what a site looks at first. Empty otherwise. */
        String why = "";

        CallException unreachable() {
            return new CallException("ERR_KIT_UNREACHABLE", NOT_NOW, why, "");
        }

        String text(String name) {
            return said.get(name) instanceof String ? (String) said.get(name) : "";
        }
    }

    /** The context as it would be signed: exact text. */
    public String context(Map<String, String> call, long now, String jti) throws CallException {
        return Context.of(settings, call, now, jti);
    }

    public String sign(String context) throws GeneralSecurityException {
        return Token.sign(context, settings.key);
    }

    /** {@code n} and {@code e} of the engine's key, as in its JWK. */
    public String encrypt(String jws, String n, String e) throws GeneralSecurityException {
        return Token.encrypt(jws, n, e, settings.legacy);
    }

    /**
     * Opens a call. The link is good for 60 seconds, once.
     *
     * @throws CallException show {@code detail} and {@code reference}, nothing else
     */
    public Opened open(Map<String, String> call) throws CallException {
        try {
            Opened opened = opened(call);
            log(opened.reference, "201");
            return opened;
        } catch (CallException e) {
            if (e.reference.isEmpty()) e.reference = String.format("KIT-%08X", ByteBuffer.wrap(Token.random(4)).getInt());
            log(e.reference, e.code, e.reason);
            throw e;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("cryptography of this Java", e);
        }
    }

    private static String jti() {
        StringBuilder out = new StringBuilder();
        for (byte b : Token.random(16)) out.append(String.format("%02x", b));
        return out.toString();
    }

    private Opened opened(Map<String, String> call) throws CallException, GeneralSecurityException {
        String context = context(call, Instant.now().getEpochSecond(), jti());
        Map<String, Object> key = engineKey();
        Answer answer = post(context, key);
        if (!answer.why.isEmpty()) answer = post(context, key);
        else if (answer.status == 429) {
            pause(answer.retry.matches("[0-9]{1,9}") ? Math.min(5, Integer.parseInt(answer.retry)) : 5);
            answer = post(context, key);
        } else if (answer.status == 401) {
            Instant theirs = time(answer.text("serverTime"));
            if (theirs != null && Math.abs(ChronoUnit.SECONDS.between(Instant.now(), theirs)) > 30)
                answer = post(context(call, theirs.getEpochSecond(), jti()), key);
        }
        return read(answer);
    }

    private Answer post(String context, Map<String, Object> key) throws GeneralSecurityException {
        return request("v1/calls", encrypt(sign(context), (String) key.get("n"), (String) key.get("e")));
    }

    private static void pause(int seconds) {
        try {
            Thread.sleep(seconds * 1000L);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Instant time(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException e) {
            return null;
        }
    }

    private Opened read(Answer answer) throws CallException {
        if (answer.status == 201) {
            String link = answer.text("link");
            if (!link.startsWith(settings.origin + "/")
                    || !link.substring(settings.origin.length() + 1).matches("[A-Za-z0-9/._-]*#[A-Za-z0-9_-]{20,100}"))
                throw new CallException("ERR_KIT_LINK", STRANGE, "", "");
            return new Opened(link, answer.text("reference"), answer.text("expiresAt"));
        }
        if (!answer.text("code").matches("ERR_[A-Z_]{1,60}"))
            throw !answer.why.isEmpty() ? answer.unreachable() : new CallException("ERR_KIT_ANSWER", STRANGE, "", "");
        String detail = answer.text("detail");
        String reference = answer.text("reference").matches("[A-Z0-9-]{1,40}") ? answer.text("reference") : "";
        throw new CallException(answer.text("code"), detail.isEmpty() ? STRANGE : detail.substring(0, Math.min(500, detail.length())), "", reference);
    }

    /** Status 0 and why when nothing came. No redirect is followed, no more than 64 KB is read. */
    private Answer request(String address, String token) {
        Answer answer = new Answer();
        try {
            HttpURLConnection connection = (HttpURLConnection) new URL(settings.url.replaceAll("/$", "") + "/" + address).openConnection();
            connection.setInstanceFollowRedirects(false);
            connection.setUseCaches(false);
            connection.setConnectTimeout(settings.timeoutSeconds * 1000);
            connection.setReadTimeout(settings.timeoutSeconds * 1000);
            connection.setRequestProperty("Accept", "application/json");
            if (token != null) {
                connection.setRequestMethod("POST");
                connection.setDoOutput(true);
                connection.setRequestProperty("Content-Type", "application/jose");
                connection.getOutputStream().write(token.getBytes(StandardCharsets.US_ASCII));
            }
            int status = connection.getResponseCode();
            String retry = connection.getHeaderField("Retry-After");
            answer.retry = retry == null ? "" : retry;
            byte[] body = body(status < 400 ? connection.getInputStream() : connection.getErrorStream());
            connection.disconnect();
            answer.status = status;
            if (status == 503) answer.why = "busy";
            try {
                answer.said = Json.object(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString());
            } catch (CharacterCodingException | IllegalArgumentException e) {
                answer.said = Collections.emptyMap();
            }
            return answer;
        } catch (IOException e) {
            answer.why = why(e);
            return answer;
        }
    }

    private static String why(IOException failure) {
        for (Throwable e = failure; e != null; e = e.getCause()) if (e instanceof CertificateException || e instanceof SSLPeerUnverifiedException) return "certificate";
        String text = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
        if (failure instanceof SocketTimeoutException || text.contains("timed out")) return "timeout";
        return failure instanceof ConnectException && text.contains("refused") ? "refused" : "network";
    }

    private static byte[] body(InputStream in) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] chunk = new byte[8192];
        for (int size; in != null && (size = in.read(chunk)) >= 0;) {
            out.write(chunk, 0, size);
            if (out.size() > LARGEST) return new byte[0];
        }
        return out.toByteArray();
    }

    /** The public key of the engine, kept for at most 24 hours: in this process, and in keysCache. */
    private Map<String, Object> engineKey() throws CallException, GeneralSecurityException {
        long now = Instant.now().getEpochSecond();
        Map<String, Object> kept = KEYS.getOrDefault(settings.url, fromCache());
        long age = kept.get("at") instanceof Double ? now - ((Double) kept.get("at")).longValue() : -1;
        if (settings.url.equals(kept.get("url")) && age >= 0 && age < DAY && isKey(kept.get("key"))) return map(kept.get("key"));
        Answer answer = request("v1/keys", null);
        if (answer.status == 0) answer = request("v1/keys", null);
        if (!answer.why.isEmpty()) throw answer.unreachable();
        Object keys = answer.status == 200 ? answer.said.get("keys") : null;
        for (Object each : keys instanceof List ? (List<?>) keys : Collections.emptyList()) {
            if (!isKey(each)) continue;
            Map<String, Object> key = map(each);
            if (!"enc".equals(key.get("use")) || !Token.thumbprint((String) key.get("n"), (String) key.get("e")).equals(key.get("kid"))) continue;
            Map<String, Object> fresh = new LinkedHashMap<>();
            fresh.put("url", settings.url);
            fresh.put("at", (double) now);
            fresh.put("key", key);
            KEYS.put(settings.url, fresh);
            toCache(fresh, now);
            return key;
        }
        throw new CallException("ERR_KIT_KEYS", NO_KEYS, "", "");
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(Object value) {
        return (Map<String, Object>) value;
    }

    private static boolean isKey(Object value) {
        if (!(value instanceof Map)) return false;
        Map<String, Object> key = map(value);
        return "RSA".equals(key.get("kty")) && String.valueOf(key.get("n")).matches("[A-Za-z0-9_-]{341,}")
                && String.valueOf(key.get("e")).matches("[A-Za-z0-9_-]{2,16}");
    }

    private Map<String, Object> fromCache() {
        try {
            return settings.keysCache == null ? new HashMap<>() : Json.object(new String(Files.readAllBytes(settings.keysCache), StandardCharsets.UTF_8));
        } catch (IOException | IllegalArgumentException e) {
            return new HashMap<>();
        }
    }

    /** Others may read at the same time: written beside, then renamed. A cache that cannot be written costs a request, no more. */
    private void toCache(Map<String, Object> fresh, long now) {
        if (settings.keysCache == null) return;
        try {
            Path beside = Files.createTempFile(settings.keysCache.getParent(), "keys", null);
            Map<String, Object> written = new LinkedHashMap<>(fresh);
            written.put("at", now);
            Files.write(beside, Json.write(written).getBytes(StandardCharsets.UTF_8));
            Files.move(beside, settings.keysCache, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            return;
        }
    }

    private synchronized void log(String... words) {
        if (settings.log == null) return;
        String line = (Instant.now().truncatedTo(ChronoUnit.SECONDS) + " " + String.join(" ", words)).trim() + "\n";
        try {
            Files.write(settings.log, line.getBytes(StandardCharsets.UTF_8), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            System.err.println("passerelle: " + settings.log + ": " + e.getClass().getSimpleName());
        }
    }

    /** Text from the bytes of a product that writes Windows-1252 (also when it says ISO-8859-1); bytes it does not define become controls, which are refused. */
    public static String fromWindows1252(byte[] bytes) {
        StringBuilder out = new StringBuilder();
        for (byte b : bytes) {
            String text = new String(new byte[] {b}, Charset.forName("windows-1252"));
            out.append(text.equals("\uFFFD") ? String.valueOf((char) (b & 0xFF)) : text);
        }
        return out.toString();
    }
}
