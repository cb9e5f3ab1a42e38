// The token of PROTOCOL section 2: JWS RS256 inside JWE, legacy profile (.NET Framework has neither AES-GCM nor, everywhere, OAEP with SHA-256). C# 5.
using System;
using System.IO;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Passerelle
{
    internal static class Token
    {
        internal static string B64(byte[] bytes)
        {
            return Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        }

        internal static byte[] FromB64(string text)
        {
            return Convert.FromBase64String(text.Replace('-', '+').Replace('_', '/') + new string('=', (4 - text.Length % 4) % 4));
        }

        internal static byte[] Random(int size)
        {
            var bytes = new byte[size];
            using (RandomNumberGenerator random = RandomNumberGenerator.Create()) random.GetBytes(bytes);
            return bytes;
        }

        internal static string Hex(byte[] bytes)
        {
            return BitConverter.ToString(bytes).Replace("-", "").ToLowerInvariant();
        }

        private static byte[] Ascii(string text)
        {
            return Encoding.ASCII.GetBytes(text);
        }

        /// <summary>RFC 7638: what a key is called.</summary>
        internal static string Thumbprint(string n, string e)
        {
            using (SHA256 hash = SHA256.Create()) return B64(hash.ComputeHash(Ascii("{\"e\":\"" + e + "\",\"kty\":\"RSA\",\"n\":\"" + n + "\"}")));
        }

        internal static string Sign(string context, RSA key)
        {
            RSAParameters numbers = key.ExportParameters(false);
            string kid = Thumbprint(B64(numbers.Modulus), B64(numbers.Exponent));
            string text = B64(Ascii("{\"alg\":\"RS256\",\"kid\":\"" + kid + "\",\"typ\":\"contexte-appel+jws\"}")) + "." + B64(Encoding.UTF8.GetBytes(context));
            return text + "." + B64(key.SignData(Ascii(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        }

        /// <summary>RFC 7518 section 5.2: the first half of the key authenticates, the second encrypts.</summary>
        internal static string Encrypt(string jws, string n, string e)
        {
            string header = B64(Ascii("{\"alg\":\"RSA-OAEP\",\"enc\":\"A256CBC-HS512\",\"kid\":\"" + Thumbprint(n, e) + "\",\"cty\":\"JWT\"}"));
            byte[] authenticates = Random(32), encrypts = Random(32), iv = Random(16), content, wrapped, tag = new byte[32];
            using (Aes aes = Aes.Create())
            {
                aes.Mode = CipherMode.CBC;
                aes.Padding = PaddingMode.PKCS7;
                using (ICryptoTransform cipher = aes.CreateEncryptor(encrypts, iv))
                {
                    byte[] bytes = Ascii(jws);
                    content = cipher.TransformFinalBlock(bytes, 0, bytes.Length);
                }
            }
            using (RSA key = RSA.Create())
            {
                key.ImportParameters(new RSAParameters { Modulus = FromB64(n), Exponent = FromB64(e) });
                wrapped = key.Encrypt(Join(authenticates, encrypts), RSAEncryptionPadding.OaepSHA1);
            }
            byte[] bits = BitConverter.GetBytes(header.Length * 8L);
            if (BitConverter.IsLittleEndian) Array.Reverse(bits);
            using (var mac = new HMACSHA512(authenticates)) Array.Copy(mac.ComputeHash(Join(Ascii(header), iv, content, bits)), tag, 32);
            return string.Join(".", header, B64(wrapped), B64(iv), B64(content), B64(tag));
        }

        private static byte[] Join(params byte[][] parts)
        {
            var joined = new MemoryStream();
            foreach (byte[] part in parts) joined.Write(part, 0, part.Length);
            return joined.ToArray();
        }

        /// <summary>An RSA key from PKCS#8 PEM, which .NET Framework does not read by itself. FormatException, CryptographicException.</summary>
        internal static RSA Key(string pem)
        {
            Match found = Regex.Match(pem, "-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----");
            if (!found.Success) throw new FormatException("no PKCS#8 key");
            var info = new Der(Convert.FromBase64String(found.Groups[1].Value)).Inside();
            info.Skip();
            info.Skip();
            var numbers = info.Inside().Inside();
            numbers.Skip();
            byte[] modulus = numbers.Number(0);
            int half = (modulus.Length + 1) / 2;
            var key = RSA.Create();
            key.ImportParameters(new RSAParameters {
                Modulus = modulus, Exponent = numbers.Number(0), D = numbers.Number(modulus.Length), P = numbers.Number(half), Q = numbers.Number(half),
                DP = numbers.Number(half), DQ = numbers.Number(half), InverseQ = numbers.Number(half),
            });
            return key;
        }

        /// <summary>The little of DER that a key needs.</summary>
        private sealed class Der
        {
            private readonly byte[] bytes;
            private int at;

            internal Der(byte[] bytes)
            {
                this.bytes = bytes;
            }

            private byte[] Content()
            {
                if (at + 2 > bytes.Length) throw new FormatException("cut key");
                int size = bytes[at + 1];
                at += 2;
                if (size > 127)
                {
                    int digits = size & 127;
                    if (digits > 3 || at + digits > bytes.Length) throw new FormatException("cut key");
                    for (size = 0; digits > 0; digits--) size = size << 8 | bytes[at++];
                }
                if (at + size > bytes.Length) throw new FormatException("cut key");
                var content = new byte[size];
                Array.Copy(bytes, at, content, 0, size);
                at += size;
                return content;
            }

            internal Der Inside()
            {
                return new Der(Content());
            }

            internal void Skip()
            {
                Content();
            }

            /// <summary>Without the byte of the sign, filled up to a length.</summary>
            internal byte[] Number(int length)
            {
                byte[] content = Content();
                int from = 0;
                while (from < content.Length - 1 && content[from] == 0) from++;
                var number = new byte[Math.Max(length, content.Length - from)];
                Array.Copy(content, from, number, number.Length - content.Length + from, content.Length - from);
                return number;
            }
        }
    }
}
