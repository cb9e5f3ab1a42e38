// passerelle.json, checked; relative paths are those of its folder. C# 5.
using System;
using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;

namespace Passerelle
{
    public sealed class Settings
    {
        internal string Url, Origin, Finess, Environment;
        /// <summary>Null when absent.</summary>
        internal string KeysCache, Log;
        internal int TimeoutSeconds;
        internal bool Workstation;
        internal RSA Key;

        public static Settings FromFile(string file)
        {
            Dictionary<string, object> said;
            try
            {
                said = Json.Object(File.ReadAllText(file, Encoding.UTF8));
            }
            catch (Exception e)
            {
                if (e is IOException || e is UnauthorizedAccessException || e is FormatException) throw No("bad-settings", Path.GetFileName(file));
                throw;
            }
            string folder = Path.GetDirectoryName(Path.GetFullPath(file));
            var settings = new Settings { Url = Json.Text(said, "url"), Finess = Json.Text(said, "finess"), Environment = Json.Text(said, "environment") };
            // In clear on this machine only, and in test: an engine that somebody tries out.
            string tried = settings.Environment == "test" ? @"|http://(?:localhost|127\.0\.0\.1)" : "";
            Match address = Regex.Match(settings.Url, @"\A((?:https://[A-Za-z0-9.-]+" + tried + @")(:[0-9]{1,5})?)(/[A-Za-z0-9._~-]+)*/?\z");
            if (!address.Success) throw No("bad-url", "url");
            settings.Origin = address.Groups[1].Value;
            if (!Context.Is(settings.Finess, "[0-9][0-9AB][0-9]{7}")) throw No("bad-settings", "finess");
            if (!Context.Is(settings.Environment, "test|production")) throw No("bad-settings", "environment");
            if (Json.Text(said, "profile") != "legacy") throw No("bad-settings", "profile (ce client ne sait que legacy)");
            object seconds = said.ContainsKey("timeoutSeconds") ? said["timeoutSeconds"] : 10.0;
            if (!(seconds is double) || (double)seconds < 1 || (double)seconds > 60) throw No("bad-settings", "timeoutSeconds");
            settings.TimeoutSeconds = (int)(double)seconds;
            settings.Workstation = said.ContainsKey("workstation") && true.Equals(said["workstation"]);
            settings.KeysCache = Json.Text(said, "keysCache") == "" ? null : Path.Combine(folder, Json.Text(said, "keysCache"));
            settings.Log = Json.Text(said, "log") == "" ? null : Path.Combine(folder, Json.Text(said, "log"));
            settings.Key = Json.Text(said, "keyCertificate") != "" ? FromStore(Json.Text(said, "keyCertificate")) : FromPem(Path.Combine(folder, Json.Text(said, "keyFile")));
            if (settings.Key.KeySize < 2048) throw No("key-unreadable", "keyFile");
            return settings;
        }

        internal static CallException No(string reason, string key)
        {
            return CallException.Refused("ERR_KIT_SETTINGS", reason, key);
        }

        private static RSA FromPem(string file)
        {
            try
            {
                return Token.Key(File.ReadAllText(file, Encoding.ASCII));
            }
            catch (Exception e)
            {
                if (e is IOException || e is UnauthorizedAccessException || e is FormatException || e is CryptographicException) throw No("key-unreadable", "keyFile");
                throw;
            }
        }

        /// <summary>The key of a certificate of the account's or the machine's store, which may be one that cannot be exported.</summary>
        private static RSA FromStore(string thumbprint)
        {
            foreach (StoreLocation place in new[] { StoreLocation.CurrentUser, StoreLocation.LocalMachine })
            {
                var store = new X509Store(StoreName.My, place);
                try
                {
                    store.Open(OpenFlags.ReadOnly);
                    foreach (X509Certificate2 certificate in store.Certificates.Find(X509FindType.FindByThumbprint, thumbprint, false))
                    {
                        RSA key = certificate.GetRSAPrivateKey();
                        if (key != null) return key;
                    }
                }
                catch (CryptographicException)
                {
                    continue;
                }
                finally
                {
                    store.Close();
                }
            }
            throw No("key-unreadable", "keyCertificate");
        }
    }
}
