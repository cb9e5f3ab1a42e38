package fr.passerelle;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code passerelle.json}, checked; relative paths are those of its folder. */
final class Settings {
    private static final Pattern URL = Pattern.compile(
            "((?:https://[A-Za-z0-9.-]+|http://(?:localhost|127\\.0\\.0\\.1))(:[0-9]{1,5})?)(/[A-Za-z0-9._~-]+)*/?");
    private static final Pattern PEM = Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----");

    final String url;
    final String origin;
    final String finess;
    final String environment;
    final boolean legacy;
    final int timeoutSeconds;
    final boolean workstation;
    /** Null when absent. */
    final Path keysCache;
    final Path log;
    final RSAPrivateCrtKey key;

    Settings(Path file) throws CallException {
        Map<String, Object> said;
        try {
            said = Json.object(new String(Files.readAllBytes(file), StandardCharsets.UTF_8).replaceFirst("^\uFEFF", ""));
        } catch (IOException | IllegalArgumentException e) {
            throw no("bad-settings", String.valueOf(file.getFileName()));
        }
        Path folder = file.toAbsolutePath().getParent();
        url = text(said, "url", "");
        Matcher address = URL.matcher(url);
        environment = text(said, "environment", "");
        // In clear on this machine only, and in test: an engine that somebody tries out.
        if (!address.matches() || !(url.startsWith("https:") || environment.equals("test"))) throw no("bad-url", "url");
        origin = address.group(1);
        finess = text(said, "finess", "");
        if (!finess.matches("[0-9][0-9AB][0-9]{7}")) throw no("bad-settings", "finess");
        if (!environment.matches("test|production")) throw no("bad-settings", "environment");
        String profile = text(said, "profile", "default");
        if (!profile.matches("default|legacy")) throw no("bad-settings", "profile");
        legacy = profile.equals("legacy");
        Object seconds = said.getOrDefault("timeoutSeconds", 10.0);
        if (!(seconds instanceof Double) || (Double) seconds < 1 || (Double) seconds > 60) throw no("bad-settings", "timeoutSeconds");
        timeoutSeconds = ((Double) seconds).intValue();
        workstation = Boolean.TRUE.equals(said.get("workstation"));
        keysCache = said.get("keysCache") instanceof String ? folder.resolve((String) said.get("keysCache")) : null;
        log = said.get("log") instanceof String ? folder.resolve((String) said.get("log")) : null;
        key = key(folder.resolve(text(said, "keyFile", "")));
    }

    static CallException no(String reason, String key) {
        return Context.refused("ERR_KIT_SETTINGS", reason, key);
    }

    private static String text(Map<String, Object> said, String name, String otherwise) {
        Object value = said.getOrDefault(name, otherwise);
        return value instanceof String ? (String) value : "";
    }

    private static RSAPrivateCrtKey key(Path file) throws CallException {
        try {
            Matcher pem = PEM.matcher(new String(Files.readAllBytes(file), StandardCharsets.US_ASCII));
            if (!pem.find()) throw no("key-unreadable", "keyFile");
            byte[] der = Base64.getMimeDecoder().decode(pem.group(1));
            RSAPrivateCrtKey key = (RSAPrivateCrtKey) KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(der));
            if (key.getModulus().bitLength() < 2048) throw no("key-unreadable", "keyFile");
            // Windows has no such permissions: there the guide sets the file's access list.
            if (Paths.get("/").getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Set<PosixFilePermission> others = EnumSet.copyOf(Files.getPosixFilePermissions(file));
                others.removeIf(permission -> permission.name().startsWith("OWNER"));
                if (!others.isEmpty()) throw no("key-not-protected", "keyFile");
            }
            return key;
        } catch (IOException | GeneralSecurityException | IllegalArgumentException | ClassCastException e) {
            throw no("key-unreadable", "keyFile");
        }
    }

    static String number(BigInteger number) {
        byte[] bytes = number.toByteArray();
        int from = bytes[0] == 0 ? 1 : 0;
        return Token.b64(java.util.Arrays.copyOfRange(bytes, from, bytes.length));
    }
}
