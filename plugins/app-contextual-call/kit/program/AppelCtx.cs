// appelctx: the program that a heavy client starts to open the cancer record (SAFETY C1, C2). Talks to the relay of the site, or signs with the key of this
// workstation; opens the link in the default browser; says how it went by its exit code. C# 5, for the compiler that every Windows has.
using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;

namespace Passerelle.Program
{
    internal static class AppelCtx
    {
        private const int Opened = 0, Unreadable = 2, Settings = 3, Refused = 4, Unreachable = 5, NoBrowser = 6;
        private const string NotNow = "Le relais de votre établissement ne répond pas. Réessayez, puis prévenez votre service informatique.";
        private const string Strange = "Réponse inattendue du relais. Prévenez votre service informatique.";
        private const string Usage = "appelctx --stdin | --file FICHIER | /clé:valeur ...   [--page utf-8|windows-1252|850] [--settings FICHIER] [--print] [--quiet]";

        private static bool quiet;
        private static ProgramSettings settings;

        private static int Main(string[] arguments)
        {
            try
            {
                return Run(arguments);
            }
            catch (InputException e)
            {
                return Tell(Unreadable, "ERR_KIT_INPUT", "Appel illisible : " + e.Message + ". Prévenez votre service informatique.", "");
            }
            catch (CallException e)
            {
                int code = e.Code == "ERR_KIT_SETTINGS" ? Settings : e.Code == "ERR_KIT_UNREACHABLE" ? Unreachable : Refused;
                return Tell(code, e.Code, e.Detail, e.Reference, e.Reason);
            }
            catch (IOException)
            {
                return Tell(Unreadable, "ERR_KIT_INPUT", "Appel illisible : fichier absent ou occupé. Prévenez votre service informatique.", "");
            }
            catch (UnauthorizedAccessException)
            {
                return Tell(Unreadable, "ERR_KIT_INPUT", "Appel illisible : fichier interdit. Prévenez votre service informatique.", "");
            }
        }

        private static int Run(string[] arguments)
        {
            string source = null, file = null, page = null, settingsFile = Path.Combine(AppDomain.CurrentDomain.BaseDirectory, "appelctx.json");
            bool print = false;
            var words = new List<string>();
            for (int at = 0; at < arguments.Length; at++)
            {
                string argument = arguments[at];
                if (argument.StartsWith("/", StringComparison.Ordinal)) words.Add(argument);
                else if (argument == "--stdin") source = argument;
                else if (argument == "--print") print = true;
                else if (argument == "--quiet") quiet = true;
                else if (at + 1 == arguments.Length) throw new InputException(Usage);
                else if (argument == "--file")
                {
                    source = argument;
                    file = arguments[++at];
                }
                else if (argument == "--page") page = arguments[++at];
                else if (argument == "--settings") settingsFile = arguments[++at];
                else throw new InputException(Usage);
            }
            if (source == null == (words.Count == 0)) throw new InputException(Usage);
            // The file goes first, whatever is wrong with the rest.
            byte[] bytes = file != null ? Input.FromFile(file) : source != null ? Input.FromStream(Console.OpenStandardInput()) : null;
            settings = ProgramSettings.From(settingsFile);
            if (words.Count > 0 && !settings.CommandLine)
                throw new InputException("une identité sur la ligne de commande se lit depuis d'autres programmes ; employer --stdin ou --file");
            string line = bytes == null ? Input.Line(words) : Input.Text(bytes, page ?? settings.Page);
            if (bytes == null) Log("-", "identity-on-command-line");
            Opened link = settings.Client != null ? new Client(settings.Client).Open(Input.Fields(line)) : FromRelay(line);
            Log(link.Reference, "201");
            if (print)
            {
                Console.Out.WriteLine(link.Link);
                return Opened;
            }
            return Browse(link.Link) ? Opened : Tell(NoBrowser, "ERR_KIT_BROWSER", "Le navigateur ne s'ouvre pas. Prévenez votre service informatique.", link.Reference);
        }

        /// <summary>The relay knows the account by Windows' own authentication (a proxy before it), or by the secret of its session.</summary>
        private static Opened FromRelay(string line)
        {
            string session = null;
            if (settings.SessionFile != null)
                try
                {
                    session = File.ReadAllText(settings.SessionFile).Trim();
                }
                catch (Exception e)
                {
                    if (!(e is IOException || e is UnauthorizedAccessException)) throw;
                    throw new CallException(
                        "ERR_KIT_ACCOUNT",
                        "Fichier de session illisible : " + settings.SessionFile + " (sessionFile). Fermez votre session et rouvrez-la, puis prévenez votre service informatique.",
                        "session-file-unreadable");
                }
            Answer answer = Answer.To(settings.Relay + "/kit/v1/appel", Encoding.UTF8.GetBytes("\uFEFF" + line), "application/vnd.passerelle.appel", settings.TimeoutSeconds, true, session);
            if (answer.Status == 0) throw answer.Unreachable(NotNow);
            if (answer.Status != 201) throw answer.Failure(NotNow, Strange);
            if (!Client.IsOurs(answer.Text("link"), settings.Origin)) throw new CallException("ERR_KIT_LINK", Strange);
            return new Opened(answer.Text("link"), answer.Text("reference"), "");
        }

        /// <summary>The link was checked to be of our origin and of plain letters; no shell reads it.</summary>
        private static bool Browse(string link)
        {
            try
            {
                var start = settings.Browser != null ? new ProcessStartInfo(settings.Browser, link) { UseShellExecute = false } : new ProcessStartInfo(link) { UseShellExecute = true };
                using (Process.Start(start)) return true;
            }
            catch (Win32Exception)
            {
                return false;
            }
        }

        private static int Tell(int exitCode, string code, string detail, string reference, string reason = "")
        {
            if (reference == "") reference = "KIT-" + Token.Hex(Token.Random(4)).ToUpperInvariant();
            Log((reference + " " + code + " " + reason).TrimEnd());
            // What the engine says may end without a full stop.
            string text = detail + (Context.Is(detail, @"[\s\S]*[.!?…]") ? "" : ".") + "\n\nRéférence : " + reference;
            Console.Error.WriteLine(text.Replace("\n\n", " "));
            if (!quiet && Environment.OSVersion.Platform == PlatformID.Win32NT) MessageBox(IntPtr.Zero, text, "Dossier communicant de cancérologie", 0x30);
            return exitCode;
        }

        /// <summary>One line for each call in a file of the account's own: nothing of the patient.</summary>
        private static void Log(params string[] words)
        {
            if (settings == null || settings.Log == null) return;
            string at = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(settings.Log));
                File.AppendAllText(settings.Log, at + " " + string.Join(" ", words) + Environment.NewLine);
            }
            catch (IOException)
            {
                Console.Error.WriteLine("journal illisible");
            }
        }

        [DllImport("user32.dll", CharSet = CharSet.Unicode, EntryPoint = "MessageBoxW")]
        private static extern int MessageBox(IntPtr window, string text, string title, uint kind);
    }
}
