// What a heavy client says, read once: from standard input, from a file that goes at once, or from the command line. C# 5.
using System;
using System.Collections.Generic;
using System.IO;
using System.Security.AccessControl;
using System.Security.Principal;
using System.Text;

namespace Passerelle.Program
{
    /// <summary>The call cannot be read, or may not be said in this way: exit code 2.</summary>
    internal sealed class InputException : Exception
    {
        internal InputException(string message) : base(message)
        {
        }
    }

    internal static class Input
    {
        private const int Largest = 16384;
        private const string High1252 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";
        private const string High850 =
            "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0";

        internal static byte[] FromStream(Stream stream)
        {
            var bytes = new MemoryStream();
            var chunk = new byte[4096];
            for (int size; (size = stream.Read(chunk, 0, chunk.Length)) > 0;)
            {
                bytes.Write(chunk, 0, size);
                if (bytes.Length > Largest) throw new InputException("appel trop long");
            }
            return bytes.ToArray();
        }

        /// <summary>Reads, then removes, whatever comes next: an identity does not stay on a disk.</summary>
        internal static byte[] FromFile(string file)
        {
            byte[] bytes;
            bool mine;
            try
            {
                mine = IsMine(file);
                using (var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.None)) bytes = FromStream(stream);
            }
            finally
            {
                File.Delete(file);
            }
            if (!mine) throw new InputException("le fichier de l'appel est lisible par d'autres comptes");
            return bytes;
        }

        /// <summary>On Windows: nobody but its owner, administrators and the system may read it. Elsewhere .NET Framework cannot say.</summary>
        private static bool IsMine(string file)
        {
            if (Environment.OSVersion.Platform != PlatformID.Win32NT) return true;
            FileSecurity security = File.GetAccessControl(file);
            IdentityReference owner = security.GetOwner(typeof(SecurityIdentifier));
            foreach (FileSystemAccessRule rule in security.GetAccessRules(true, true, typeof(SecurityIdentifier)))
            {
                var who = (SecurityIdentifier)rule.IdentityReference;
                bool known = who.Equals(owner) || who.IsWellKnown(WellKnownSidType.LocalSystemSid) || who.IsWellKnown(WellKnownSidType.BuiltinAdministratorsSid)
                    || who.IsWellKnown(WellKnownSidType.CreatorOwnerSid);
                if (rule.AccessControlType == AccessControlType.Allow && !known && (rule.FileSystemRights & FileSystemRights.ReadData) != 0) return false;
            }
            return true;
        }

        /// <summary>Bytes of a product into UTF-8. page: "utf-8", "windows-1252" or "850"; absent: UTF-8 when it is, else Windows-1252.</summary>
        internal static string Text(byte[] bytes, string page)
        {
            if (page == null || page == "utf-8")
                try
                {
                    return new UTF8Encoding(false, true).GetString(bytes).TrimStart('\uFEFF');
                }
                catch (ArgumentException)
                {
                    if (page != null) throw new InputException("l'appel n'est pas en UTF-8");
                }
            else if (page != "windows-1252" && page != "850") throw new InputException("page de codes inconnue : utf-8, windows-1252 ou 850");
            var text = new StringBuilder();
            foreach (byte b in bytes)
                text.Append(b < 0x80 ? (char)b : page == "850" ? High850[b - 0x80] : b < 0xA0 ? High1252[b - 0x80] : (char)b);
            return text.ToString();
        }

        /// <summary>Arguments as one line again, in the form that the dialect of a product reads: /key:"value".</summary>
        internal static string Line(IEnumerable<string> arguments)
        {
            var line = new StringBuilder();
            foreach (string argument in arguments)
            {
                int colon = argument.IndexOf(':');
                if (argument.IndexOf('"') >= 0 || !argument.StartsWith("/", StringComparison.Ordinal) || colon < 2)
                    throw new InputException("argument illisible : /clé:valeur");
                line.Append(line.Length == 0 ? "" : " ").Append(argument.Substring(0, colon + 1)).Append('"').Append(argument.Substring(colon + 1)).Append('"');
            }
            return line.ToString();
        }

        /// <summary>The words of a line: /field:value, quotes around what has spaces. For a key of this workstation, which no dialect stands beside.</summary>
        internal static Dictionary<string, string> Fields(string line)
        {
            var fields = new Dictionary<string, string>();
            var word = new StringBuilder();
            bool quoted = false;
            foreach (char c in line.TrimEnd('\r', '\n') + " ")
            {
                if (c == '"') quoted = !quoted;
                else if (quoted || (c != ' ' && c != '\t')) word.Append(c);
                else if (word.Length > 0)
                {
                    string text = word.ToString();
                    int colon = text.IndexOf(':');
                    if (text[0] != '/' || colon < 2 || fields.ContainsKey(text.Substring(1, colon - 1))) throw new InputException("mot illisible : /champ:valeur, une fois chacun");
                    fields[text.Substring(1, colon - 1)] = text.Substring(colon + 1);
                    word.Length = 0;
                }
            }
            if (quoted || fields.Count == 0) throw new InputException("appel vide, ou guillemet non fermé");
            return fields;
        }
    }
}
