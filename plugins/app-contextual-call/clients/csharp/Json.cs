// JSON for what the protocol needs, since no reader is common to .NET Framework and .NET. C# 5.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Passerelle
{
    /// <summary>Members of an object, in order; null ones are left out.</summary>
    internal sealed class Members : List<KeyValuePair<string, object>>
    {
        internal Members Add(string key, object value)
        {
            if (value != null) Add(new KeyValuePair<string, object>(key, value));
            return this;
        }
    }

    /// <summary>Objects are read as Dictionary, arrays as List, numbers as double. Anything that is no JSON: FormatException.</summary>
    internal sealed class Json
    {
        private const int Deepest = 32;
        private readonly string text;
        private int at;

        private Json(string text)
        {
            this.text = text;
        }

        internal static Dictionary<string, object> Object(string text)
        {
            var json = new Json(text);
            var value = json.Value(0) as Dictionary<string, object>;
            json.Space();
            if (value == null || json.at != text.Length) throw json.Wrong();
            return value;
        }

        internal static string Text(Dictionary<string, object> said, string name)
        {
            object value;
            return said.TryGetValue(name, out value) && value is string ? (string)value : "";
        }

        /// <summary>Nothing is escaped that need not be.</summary>
        internal static string Write(object value)
        {
            var members = value as Members;
            if (members != null)
            {
                var written = new List<string>();
                foreach (var member in members) written.Add(Write(member.Key) + ":" + Write(member.Value));
                return "{" + string.Join(",", written.ToArray()) + "}";
            }
            if (value is long || value is int) return Convert.ToString(value, CultureInfo.InvariantCulture);
            var result = new StringBuilder("\"");
            foreach (char c in (string)value)
                if (c == '"' || c == '\\') result.Append('\\').Append(c);
                else if (c < ' ') result.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
                else result.Append(c);
            return result.Append('"').ToString();
        }

        private FormatException Wrong()
        {
            return new FormatException("no JSON at " + at);
        }

        private void Space()
        {
            while (at < text.Length && " \t\r\n".IndexOf(text[at]) >= 0) at++;
        }

        private bool Next(char c)
        {
            Space();
            if (at >= text.Length || text[at] != c) return false;
            at++;
            return true;
        }

        private object Value(int depth)
        {
            if (depth > Deepest) throw Wrong();
            if (Next('{'))
            {
                var members = new Dictionary<string, object>();
                if (Next('}')) return members;
                do
                {
                    if (!Next('"')) throw Wrong();
                    string key = String();
                    if (!Next(':')) throw Wrong();
                    members[key] = Value(depth + 1);
                } while (Next(','));
                if (!Next('}')) throw Wrong();
                return members;
            }
            if (Next('['))
            {
                var items = new List<object>();
                if (Next(']')) return items;
                do items.Add(Value(depth + 1)); while (Next(','));
                if (!Next(']')) throw Wrong();
                return items;
            }
            if (Next('"')) return String();
            Match word = new Regex(@"\G(null|true|false|-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?)").Match(text, at);
            if (!word.Success) throw Wrong();
            at += word.Length;
            if (word.Value == "null") return null;
            if (word.Value == "true" || word.Value == "false") return word.Value == "true";
            return double.Parse(word.Value, CultureInfo.InvariantCulture);
        }

        private string String()
        {
            var result = new StringBuilder();
            while (at < text.Length)
            {
                char c = text[at++];
                if (c == '"') return result.ToString();
                if (c < ' ') throw Wrong();
                if (c != '\\')
                {
                    result.Append(c);
                    continue;
                }
                if (at >= text.Length) throw Wrong();
                int simple = "\"\\/bfnrt".IndexOf(text[at]);
                if (simple >= 0) result.Append("\"\\/\b\f\n\r\t"[simple]);
                else
                {
                    Match code = new Regex(@"\Gu([0-9a-fA-F]{4})").Match(text, at);
                    if (!code.Success) throw Wrong();
                    result.Append((char)int.Parse(code.Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                    at += 4;
                }
                at++;
            }
            throw Wrong();
        }
    }
}
