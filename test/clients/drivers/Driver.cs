// Drives the C# client for the vectors: one JSON request a line in, one answer a line out.
using System;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace Passerelle
{
    public static class Driver
    {
        private static Dictionary<string, object> Map(Dictionary<string, object> request, string name)
        {
            return request.ContainsKey(name) ? (Dictionary<string, object>)request[name] : new Dictionary<string, object>();
        }

        private static Members Answer(Dictionary<string, object> request)
        {
            try
            {
                var client = new Client(Settings.FromFile(Json.Text(request, "file")));
                var call = new Dictionary<string, string>();
                foreach (var field in Map(request, "input")) call[field.Key] = (string)field.Value;
                foreach (var field in Map(request, "windows1252"))
                {
                    var hex = (string)field.Value;
                    var bytes = new byte[hex.Length / 2];
                    for (int at = 0; at < bytes.Length; at++) bytes[at] = Convert.ToByte(hex.Substring(2 * at, 2), 16);
                    call[field.Key] = Client.FromWindows1252(bytes);
                }
                var key = Map(request, "key");
                switch (Json.Text(request, "op"))
                {
                    case "context":
                        return new Members().Add("value", client.Context(call, (long)(double)request["now"], Json.Text(request, "jti")));
                    case "jws":
                        return new Members().Add("value", client.Sign(Json.Text(request, "text")));
                    case "token":
                        return new Members().Add("value", client.Encrypt(Json.Text(request, "text"), Json.Text(key, "n"), Json.Text(key, "e")));
                    default:
                        Opened opened = client.Open(call);
                        return new Members().Add("link", opened.Link).Add("reference", opened.Reference);
                }
            }
            catch (CallException e)
            {
                return new Members().Add("code", e.Code).Add("reason", e.Reason).Add("detail", e.Detail).Add("reference", e.Reference);
            }
        }

        public static void Main()
        {
            var input = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false));
            var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = true };
            for (string line; (line = input.ReadLine()) != null;) output.WriteLine(Json.Write(Answer(Json.Object(line))));
        }
    }
}
