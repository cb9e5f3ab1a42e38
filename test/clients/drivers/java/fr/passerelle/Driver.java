package fr.passerelle;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Drives the Java client for the vectors: one JSON request a line in, one answer a line out. */
public final class Driver {
    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(Object value) {
        return value == null ? Collections.<String, Object>emptyMap() : (Map<String, Object>) value;
    }

    private static Map<String, Object> answer(Map<String, Object> request) throws Exception {
        Map<String, Object> out = new LinkedHashMap<>();
        try {
            Passerelle client = Passerelle.fromFile((String) request.get("file"));
            Map<String, String> call = new LinkedHashMap<>();
            for (Map.Entry<String, Object> field : map(request.get("input")).entrySet()) call.put(field.getKey(), (String) field.getValue());
            for (Map.Entry<String, Object> field : map(request.get("windows1252")).entrySet()) {
                byte[] bytes = new BigInteger("01" + field.getValue(), 16).toByteArray();
                call.put(field.getKey(), Passerelle.fromWindows1252(java.util.Arrays.copyOfRange(bytes, 1, bytes.length)));
            }
            String op = (String) request.get("op");
            Map<String, Object> key = map(request.get("key"));
            if (op.equals("context"))
                out.put("value", client.context(call, ((Double) request.get("now")).longValue(), (String) request.get("jti")));
            else if (op.equals("jws")) out.put("value", client.sign((String) request.get("text")));
            else if (op.equals("token")) out.put("value", client.encrypt((String) request.get("text"), (String) key.get("n"), (String) key.get("e")));
            else {
                Passerelle.Opened opened = client.open(call);
                out.put("link", opened.link);
                out.put("reference", opened.reference);
            }
        } catch (CallException e) {
            out.put("code", e.code);
            out.put("reason", e.reason);
            out.put("detail", e.detail);
            out.put("reference", e.reference);
        }
        return out;
    }

    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        for (String line; (line = in.readLine()) != null;) out.println(Json.write(answer(Json.object(line))));
    }
}
