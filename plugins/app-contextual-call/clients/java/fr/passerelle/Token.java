package fr.passerelle;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import javax.crypto.spec.SecretKeySpec;

/** The token of PROTOCOL section 2: JWS RS256 inside JWE, both profiles. */
final class Token {
    private static final SecureRandom RANDOM = new SecureRandom();

    private Token() {
    }

    static String b64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    static byte[] random(int size) {
        byte[] bytes = new byte[size];
        RANDOM.nextBytes(bytes);
        return bytes;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** RFC 7638: what a key is called. */
    static String thumbprint(String n, String e) throws GeneralSecurityException {
        return b64(MessageDigest.getInstance("SHA-256").digest(ascii("{\"e\":\"" + e + "\",\"kty\":\"RSA\",\"n\":\"" + n + "\"}")));
    }

    static String sign(String context, RSAPrivateCrtKey key) throws GeneralSecurityException {
        String kid = thumbprint(Settings.number(key.getModulus()), Settings.number(key.getPublicExponent()));
        String text = b64(ascii("{\"alg\":\"RS256\",\"kid\":\"" + kid + "\",\"typ\":\"contexte-appel+jws\"}")) + "."
                + b64(context.getBytes(StandardCharsets.UTF_8));
        Signature signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(key);
        signature.update(ascii(text));
        return text + "." + b64(signature.sign());
    }

    static String encrypt(String jws, String n, String e, boolean legacy) throws GeneralSecurityException {
        String names = legacy ? "\"alg\":\"RSA-OAEP\",\"enc\":\"A256CBC-HS512\"" : "\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\"";
        String header = b64(ascii("{" + names + ",\"kid\":\"" + thumbprint(n, e) + "\",\"cty\":\"JWT\"}"));
        byte[] secret = random(legacy ? 64 : 32);
        byte[][] sealed = legacy ? cbc(secret, header, ascii(jws)) : gcm(secret, header, ascii(jws));
        return String.join(".", header, b64(wrapped(secret, n, e, legacy)), b64(sealed[0]), b64(sealed[1]), b64(sealed[2]));
    }

    private static byte[] wrapped(byte[] secret, String n, String e, boolean legacy) throws GeneralSecurityException {
        Base64.Decoder decoder = Base64.getUrlDecoder();
        PublicKey key = KeyFactory.getInstance("RSA")
                .generatePublic(new RSAPublicKeySpec(new BigInteger(1, decoder.decode(n)), new BigInteger(1, decoder.decode(e))));
        // Said in full: by itself, Java's OAEP with SHA-256 masks with SHA-1.
        OAEPParameterSpec oaep = legacy ? new OAEPParameterSpec("SHA-1", "MGF1", MGF1ParameterSpec.SHA1, PSource.PSpecified.DEFAULT)
                : new OAEPParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, PSource.PSpecified.DEFAULT);
        Cipher cipher = Cipher.getInstance(legacy ? "RSA/ECB/OAEPWithSHA-1AndMGF1Padding" : "RSA/ECB/OAEPWithSHA-256AndMGF1Padding");
        cipher.init(Cipher.ENCRYPT_MODE, key, oaep);
        return cipher.doFinal(secret);
    }

    private static byte[][] gcm(byte[] secret, String header, byte[] text) throws GeneralSecurityException {
        byte[] iv = random(12);
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(secret, "AES"), new GCMParameterSpec(128, iv));
        cipher.updateAAD(ascii(header));
        byte[] sealed = cipher.doFinal(text);
        return new byte[][] {iv, Arrays.copyOf(sealed, sealed.length - 16), Arrays.copyOfRange(sealed, sealed.length - 16, sealed.length)};
    }

    /** RFC 7518 section 5.2: the first half of the key authenticates, the second encrypts. */
    private static byte[][] cbc(byte[] secret, String header, byte[] text) throws GeneralSecurityException {
        byte[] iv = random(16);
        Cipher cipher = Cipher.getInstance("AES/CBC/PKCS5Padding");
        cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(secret, 32, 32, "AES"), new IvParameterSpec(iv));
        byte[] content = cipher.doFinal(text);
        Mac mac = Mac.getInstance("HmacSHA512");
        mac.init(new SecretKeySpec(secret, 0, 32, "HmacSHA512"));
        for (byte[] part : new byte[][] {ascii(header), iv, content, ByteBuffer.allocate(8).putLong(header.length() * 8L).array()}) mac.update(part);
        return new byte[][] {iv, content, Arrays.copyOf(mac.doFinal(), 32)};
    }
}
