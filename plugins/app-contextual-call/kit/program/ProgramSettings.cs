// appelctx.json, beside the program; relative paths are those of its folder, %NAMES% are those of the account. C# 5.
using System;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace Passerelle.Program
{
    internal sealed class ProgramSettings
    {
        /// <summary>https://HOST[:PORT] of the relay, or http on this machine in test; null when this workstation has a key.</summary>
        internal string Relay;
        /// <summary>https://HOST[:PORT] of the engine: nothing else is ever opened.</summary>
        internal string Origin;
        /// <summary>Key of this workstation (profile marked weak, no creation); null when there is a relay.</summary>
        internal Settings Client;
        internal bool CommandLine;
        internal string Page, Log, SessionFile, Browser;
        internal int TimeoutSeconds;

        internal static ProgramSettings From(string file)
        {
            Dictionary<string, object> said;
            try
            {
                said = Json.Object(File.ReadAllText(file, Encoding.UTF8));
            }
            catch (Exception e)
            {
                if (e is IOException || e is UnauthorizedAccessException || e is FormatException) throw Passerelle.Settings.No("bad-settings", Path.GetFileName(file));
                throw;
            }
            string folder = Path.GetDirectoryName(Path.GetFullPath(file));
            Func<string, string> place = name =>
            {
                string text = Environment.ExpandEnvironmentVariables(Json.Text(said, name));
                // Left as it is by the platform: a file of that very name would be made.
                if (Context.Is(text, @"[\s\S]*%[A-Za-z_]+%[\s\S]*"))
                    throw new CallException("ERR_KIT_SETTINGS", Path.GetFileName(file) + ", " + name + " : variable inconnue de cette machine : " + text + " (sous Linux : appelctx.linux.json)", "bad-settings");
                return text == "" ? null : Path.Combine(folder, text);
            };
            var settings = new ProgramSettings {
                CommandLine = Json.Text(said, "commandLine") == "legacy",
                Page = Json.Text(said, "page") == "" ? null : Json.Text(said, "page"),
                Log = place("log"),
                SessionFile = place("sessionFile"),
                Browser = place("browser"),
                TimeoutSeconds = said.ContainsKey("timeoutSeconds") && said["timeoutSeconds"] is double ? (int)(double)said["timeoutSeconds"] : 30,
            };
            if (Json.Text(said, "client") != "")
            {
                settings.Client = Passerelle.Settings.FromFile(Path.Combine(folder, Json.Text(said, "client")));
                if (!settings.Client.Workstation) throw Passerelle.Settings.No("bad-settings", "workstation");
                return settings;
            }
            settings.Relay = Json.Text(said, "relay").TrimEnd('/');
            settings.Origin = Json.Text(said, "origin").TrimEnd('/');
            // In clear on this machine only, and in test: a relay, or an engine, that somebody tries out.
            string address = (Json.Text(said, "environment") == "test" ? @"(https://[A-Za-z0-9.-]+|http://(localhost|127\.0\.0\.1))" : "https://[A-Za-z0-9.-]+") + "(:[0-9]{1,5})?";
            foreach (string name in new[] { "relay", "origin" })
                if (!Context.Is(Json.Text(said, name).TrimEnd('/'), address))
                    throw new CallException(
                        "ERR_KIT_SETTINGS",
                        "appelctx.json, " + name + " (adresse " + (name == "relay" ? "du relais" : "du moteur") + ") : https://HÔTE[:PORT] ; http sur 127.0.0.1 seulement, avec \"environment\": \"test\"",
                        "bad-url");
            return settings;
        }
    }
}
