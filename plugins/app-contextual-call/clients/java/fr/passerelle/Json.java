package fr.passerelle;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON, which Java's platform has not: objects as Map, arrays as List, numbers as Double. Anything that is no JSON: IllegalArgumentException. */
final class Json {
    private static final int DEEPEST = 32;
    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    static Object read(String text) {
        Json json = new Json(text);
        Object value = json.value(0);
        json.space();
        if (json.at != text.length()) throw json.wrong();
        return value;
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> object(String text) {
        Object value = read(text);
        if (!(value instanceof Map)) throw new IllegalArgumentException("no object");
        return (Map<String, Object>) value;
    }

    /** Members that are null are left out; nothing is escaped that need not be. */
    static String write(Object value) {
        if (value instanceof Map) {
            List<String> members = new ArrayList<>();
            for (Map.Entry<?, ?> member : ((Map<?, ?>) value).entrySet())
                if (member.getValue() != null) members.add(write(member.getKey()) + ":" + write(member.getValue()));
            return "{" + String.join(",", members) + "}";
        }
        if (value instanceof Number || value instanceof Boolean) return value.toString();
        StringBuilder out = new StringBuilder("\"");
        for (char c : String.valueOf(value).toCharArray())
            if (c == '"' || c == '\\') out.append('\\').append(c);
            else if (c < 0x20) out.append(String.format("\\u%04x", (int) c));
            else out.append(c);
        return out.append('"').toString();
    }

    private IllegalArgumentException wrong() {
        return new IllegalArgumentException("no JSON at " + at);
    }

    private void space() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) at++;
    }

    private boolean next(char c) {
        space();
        if (at >= text.length() || text.charAt(at) != c) return false;
        at++;
        return true;
    }

    private Object value(int depth) {
        if (depth > DEEPEST) throw wrong();
        if (next('{')) {
            Map<String, Object> members = new LinkedHashMap<>();
            if (next('}')) return members;
            do {
                if (!next('"')) throw wrong();
                String key = string();
                if (!next(':')) throw wrong();
                members.put(key, value(depth + 1));
            } while (next(','));
            if (!next('}')) throw wrong();
            return members;
        }
        if (next('[')) {
            List<Object> items = new ArrayList<>();
            if (next(']')) return items;
            do items.add(value(depth + 1));
            while (next(','));
            if (!next(']')) throw wrong();
            return items;
        }
        if (next('"')) return string();
        int from = at;
        while (at < text.length() && "-+.eE".indexOf(text.charAt(at)) + 1 + (Character.isLetterOrDigit(text.charAt(at)) ? 1 : 0) > 0) at++;
        String word = text.substring(from, at);
        if (word.equals("null")) return null;
        if (word.equals("true") || word.equals("false")) return word.equals("true");
        if (!word.matches("-?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?")) throw wrong();
        return Double.valueOf(word);
    }

    private String string() {
        StringBuilder out = new StringBuilder();
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c == '"') return out.toString();
            if (c < 0x20) throw wrong();
            if (c != '\\') {
                out.append(c);
                continue;
            }
            if (at >= text.length()) throw wrong();
            char escaped = text.charAt(at++);
            int simple = "\"\\/bfnrt".indexOf(escaped);
            if (simple >= 0) out.append("\"\\/\b\f\n\r\t".charAt(simple));
            else if (escaped == 'u' && at + 4 <= text.length() && text.substring(at, at + 4).matches("[0-9a-fA-F]{4}")) {
                out.append((char) Integer.parseInt(text.substring(at, at + 4), 16));
                at += 4;
            } else throw wrong();
        }
        throw wrong();
    }
}
