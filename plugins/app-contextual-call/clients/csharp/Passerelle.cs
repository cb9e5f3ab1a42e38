// The client of the contextual call for .NET Framework 4.6 and later and for .NET: signs a context, posts it, gives back the one-time link. C# 5.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Net;
using System.Text;
using System.Threading;

namespace Passerelle
{
    /// <summary>What a product opens in the browser: nothing else is to be kept.</summary>
    public sealed class Opened
    {
        public readonly string Link, Reference, ExpiresAt;

        internal Opened(string link, string reference, string expiresAt)
        {
            Link = link;
            Reference = reference;
            ExpiresAt = expiresAt;
        }
    }

    public sealed class Client
    {
        private const string NotNow = "Le dossier communicant de cancérologie ne répond pas. Réessayez, puis prévenez votre service informatique.";
        private const string Strange = "Réponse inattendue du dossier communicant de cancérologie. Prévenez votre service informatique.";
        private const string NoKeys = "Clés du dossier communicant de cancérologie inutilisables. Prévenez votre service informatique.";
        private const long Day = 24 * 3600;
        private static readonly Dictionary<string, Dictionary<string, object>> Kept = new Dictionary<string, Dictionary<string, object>>();
        private static readonly DateTime Epoch = new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        private readonly Settings settings;

        public Client(Settings settings)
        {
            this.settings = settings;
        }

        private static long Now()
        {
            return (long)(DateTime.UtcNow - Epoch).TotalSeconds;
        }

        /// <summary>The context as it would be signed: exact text.</summary>
        public string Context(IDictionary<string, string> call, long now, string jti)
        {
            return Passerelle.Context.Of(settings, call, now, jti);
        }

        public string Sign(string context)
        {
            return Token.Sign(context, settings.Key);
        }

        /// <summary>n and e of the engine's key, as in its JWK.</summary>
        public string Encrypt(string jws, string n, string e)
        {
            return Token.Encrypt(jws, n, e);
        }

        /// <summary>Opens a call: a link that is good for 60 seconds, once. CallException: show Detail and Reference, nothing else.</summary>
        public Opened Open(IDictionary<string, string> call)
        {
            try
            {
                Opened opened = Attempt(call);
                Log(opened.Reference, "201");
                return opened;
            }
            catch (CallException e)
            {
                if (e.Reference == "") e.Reference = "KIT-" + Token.Hex(Token.Random(4)).ToUpperInvariant();
                Log(e.Reference, e.Code, e.Reason);
                throw;
            }
        }

        private Opened Attempt(IDictionary<string, string> call)
        {
            string context = Context(call, Now(), Token.Hex(Token.Random(16)));
            Dictionary<string, object> key = EngineKey();
            Answer answer = Post(context, key);
            if (answer.Why != "") answer = Post(context, key);
            else if (answer.Status == 429)
            {
                int seconds;
                if (!int.TryParse(answer.Retry, NumberStyles.None, CultureInfo.InvariantCulture, out seconds) || seconds > 5) seconds = 5;
                Thread.Sleep(seconds * 1000);
                answer = Post(context, key);
            }
            else if (answer.Status == 401)
            {
                DateTime theirs;
                var utc = DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal;
                if (DateTime.TryParse(answer.Text("serverTime"), CultureInfo.InvariantCulture, utc, out theirs))
                {
                    long time = (long)(theirs - Epoch).TotalSeconds;
                    if (Math.Abs(time - Now()) > 30) answer = Post(Context(call, time, Token.Hex(Token.Random(16))), key);
                }
            }
            return Read(answer);
        }

        private Answer Post(string context, Dictionary<string, object> key)
        {
            return Request("v1/calls", Encrypt(Sign(context), (string)key["n"], (string)key["e"]));
        }

        private Answer Request(string address, string token)
        {
            return Answer.To(settings.Url.TrimEnd('/') + "/" + address, token == null ? null : Encoding.ASCII.GetBytes(token), "application/jose", settings.TimeoutSeconds, false);
        }

        private Opened Read(Answer answer)
        {
            if (answer.Status == 201)
            {
                if (!IsOurs(answer.Text("link"), settings.Origin)) throw new CallException("ERR_KIT_LINK", Strange);
                return new Opened(answer.Text("link"), answer.Text("reference"), answer.Text("expiresAt"));
            }
            throw answer.Failure(NotNow, Strange);
        }

        /// <summary>A link that may be opened: of this origin, and made of nothing that a shell or a browser reads otherwise.</summary>
        internal static bool IsOurs(string link, string origin)
        {
            return link.StartsWith(origin + "/", StringComparison.Ordinal)
                && Passerelle.Context.Is(link.Substring(origin.Length + 1), "[A-Za-z0-9/._-]*#[A-Za-z0-9_-]{20,100}");
        }

        /// <summary>The public key of the engine, kept for at most 24 hours: in this process, and in keysCache.</summary>
        private Dictionary<string, object> EngineKey()
        {
            lock (Kept)
            {
                Dictionary<string, object> kept;
                if (!Kept.TryGetValue(settings.Url, out kept)) kept = FromCache();
                if (Json.Text(kept, "url") == settings.Url && kept.ContainsKey("at") && kept["at"] is double && IsKey(kept["key"]))
                {
                    double age = Now() - (double)kept["at"];
                    if (age >= 0 && age < Day) return (Dictionary<string, object>)kept["key"];
                }
                Answer answer = Request("v1/keys", null);
                if (answer.Status == 0) answer = Request("v1/keys", null);
                if (answer.Why != "") throw answer.Unreachable(NotNow);
                object keys = null;
                if (answer.Status == 200) answer.Said.TryGetValue("keys", out keys);
                foreach (object each in keys as List<object> ?? new List<object>())
                {
                    var key = each as Dictionary<string, object>;
                    if (!IsKey(key) || Json.Text(key, "use") != "enc") continue;
                    string n = Json.Text(key, "n"), e = Json.Text(key, "e");
                    if (Json.Text(key, "kid") != Token.Thumbprint(n, e)) continue;
                    long now = Now();
                    Kept[settings.Url] = new Dictionary<string, object> { { "url", settings.Url }, { "at", (double)now }, { "key", key } };
                    ToCache(Json.Write(new Members().Add("url", settings.Url).Add("at", now).Add("key", new Members().Add("kty", "RSA").Add("n", n).Add("e", e))));
                    return key;
                }
            }
            throw new CallException("ERR_KIT_KEYS", NoKeys);
        }

        private static bool IsKey(object value)
        {
            var key = value as Dictionary<string, object>;
            return key != null && Json.Text(key, "kty") == "RSA" && Passerelle.Context.Is(Json.Text(key, "n"), "[A-Za-z0-9_-]{341,}")
                && Passerelle.Context.Is(Json.Text(key, "e"), "[A-Za-z0-9_-]{2,16}");
        }

        private Dictionary<string, object> FromCache()
        {
            try
            {
                var kept = settings.KeysCache == null ? new Dictionary<string, object>() : Json.Object(File.ReadAllText(settings.KeysCache));
                if (!kept.ContainsKey("key")) kept["key"] = null;
                return kept;
            }
            catch (Exception e)
            {
                if (e is IOException || e is UnauthorizedAccessException || e is FormatException) return new Dictionary<string, object>();
                throw;
            }
        }

        /// <summary>Others may read at the same time: written beside, then put in its place. A cache that cannot be written costs a request, no more.</summary>
        private void ToCache(string text)
        {
            if (settings.KeysCache == null) return;
            string beside = settings.KeysCache + "." + Token.Hex(Token.Random(6));
            try
            {
                File.WriteAllText(beside, text);
                File.Delete(settings.KeysCache);
                File.Move(beside, settings.KeysCache);
            }
            catch (Exception e)
            {
                if (!(e is IOException || e is UnauthorizedAccessException)) throw;
            }
        }

        private void Log(params string[] words)
        {
            if (settings.Log == null) return;
            string at = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            try
            {
                File.AppendAllText(settings.Log, (at + " " + string.Join(" ", words)).Trim() + "\n");
            }
            catch (IOException)
            {
                Console.Error.WriteLine("passerelle: journal illisible");
            }
        }

        /// <summary>Text from the bytes of a product that writes Windows-1252 (also when it says ISO-8859-1).</summary>
        public static string FromWindows1252(byte[] bytes)
        {
            const string high = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";
            var text = new StringBuilder();
            foreach (byte b in bytes) text.Append(b >= 0x80 && b < 0xA0 ? high[b - 0x80] : (char)b);
            return text.ToString();
        }
    }
}
