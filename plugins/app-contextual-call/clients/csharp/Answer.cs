// One HTTPS request and its answer: no redirect is followed, no more than 64 KB is read. C# 5.
using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace Passerelle
{
    internal sealed class Answer
    {
        private const int Largest = 65536;
        internal int Status;
        internal Dictionary<string, object> Said = new Dictionary<string, object>();
        internal string Retry = "";
        /// <summary>Nothing came (status 0), or it is not there for now (503): what a site looks at first. Empty otherwise.</summary>
        internal string Why = "";

        static Answer()
        {
            // .NET Framework 4.6 does not offer TLS 1.2 by itself.
            ServicePointManager.SecurityProtocol |= SecurityProtocolType.Tls12;
        }

        internal string Text(string name)
        {
            return Json.Text(Said, name);
        }

        /// <summary>Status 0 and why when nothing came. account: the Windows account proves itself to who asks (a relay, never the engine); session: the secret of the account's session, to a relay.</summary>
        internal static Answer To(string address, byte[] body, string type, int seconds, bool account, string session = null)
        {
            var request = (HttpWebRequest)WebRequest.Create(address);
            request.AllowAutoRedirect = false;
            request.KeepAlive = account;
            request.UseDefaultCredentials = account;
            // What stays on this machine goes through no proxy.
            if (request.RequestUri.Scheme == "http") request.Proxy = null;
            request.Timeout = request.ReadWriteTimeout = seconds * 1000;
            request.ServicePoint.Expect100Continue = false;
            request.Accept = "application/json";
            if (session != null) request.Headers["Passerelle-Session"] = session;
            try
            {
                if (body != null)
                {
                    request.Method = "POST";
                    request.ContentType = type;
                    request.ContentLength = body.Length;
                    using (Stream stream = request.GetRequestStream()) stream.Write(body, 0, body.Length);
                }
                using (var response = (HttpWebResponse)request.GetResponse()) return From(response);
            }
            catch (WebException e)
            {
                var response = e.Response as HttpWebResponse;
                if (response == null) return new Answer { Why = Reason(e) };
                using (response)
                    try
                    {
                        return From(response);
                    }
                    catch (WebException late)
                    {
                        return new Answer { Why = Reason(late) };
                    }
                    catch (IOException)
                    {
                        return new Answer { Why = "network" };
                    }
            }
            catch (IOException)
            {
                return new Answer { Why = "network" };
            }
            finally
            {
                request.Abort();
            }
        }

        private static string Reason(WebException failure)
        {
            if (failure.Status == WebExceptionStatus.TrustFailure) return "certificate";
            if (failure.Status == WebExceptionStatus.Timeout) return "timeout";
            for (Exception e = failure; e != null; e = e.InnerException)
            {
                var socket = e as SocketException;
                if (e is AuthenticationException) return "certificate";
                if (socket != null && socket.SocketErrorCode == SocketError.TimedOut) return "timeout";
                if (socket != null && socket.SocketErrorCode == SocketError.ConnectionRefused) return "refused";
            }
            return "network";
        }

        internal CallException Unreachable(string notNow)
        {
            return new CallException("ERR_KIT_UNREACHABLE", notNow, Why);
        }

        private static Answer From(HttpWebResponse response)
        {
            var answer = new Answer { Status = (int)response.StatusCode, Retry = response.Headers["Retry-After"] ?? "" };
            if (answer.Status == 503) answer.Why = "busy";
            var body = new MemoryStream();
            var chunk = new byte[8192];
            using (Stream stream = response.GetResponseStream())
                for (int size; body.Length <= Largest && (size = stream.Read(chunk, 0, chunk.Length)) > 0;) body.Write(chunk, 0, size);
            if (body.Length > Largest) return answer;
            try
            {
                answer.Said = Json.Object(new UTF8Encoding(false, true).GetString(body.ToArray()));
            }
            catch (FormatException)
            {
                return answer;
            }
            catch (ArgumentException)
            {
                return answer;
            }
            return answer;
        }

        /// <summary>What the engine, or the relay, refused.</summary>
        internal CallException Failure(string notNow, string strange)
        {
            string code = Text("code"), detail = Text("detail"), reference = Text("reference");
            if (!Context.Is(code, "ERR_[A-Z_]{1,60}"))
                return Why != "" ? Unreachable(notNow) : new CallException("ERR_KIT_ANSWER", strange);
            detail = detail == "" ? strange : detail.Substring(0, Math.Min(500, detail.Length));
            return new CallException(code, detail, "", Context.Is(reference, "[A-Z0-9-]{1,40}") ? reference : "");
        }
    }
}
