"""The client of the contextual call for Python 3.8 and later: standard library, and the openssl command (1.1.1 or later) for RSA and AES.

Profile `legacy` only (RSA-OAEP, A256CBC-HS512): the openssl command has no AES-GCM. No secret is ever on a command line.
"""
import base64
import datetime
import hashlib
import hmac
import json
import os
import re
import secrets
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from passerelle_context import FIELDS, PasserelleError, context_of, from_windows1252, refused  # noqa: F401

NOT_NOW = "Le dossier communicant de cancérologie ne répond pas. Réessayez, puis prévenez votre service informatique."
STRANGE = "Réponse inattendue du dossier communicant de cancérologie. Prévenez votre service informatique."
LARGEST = 65536
DAY = 24 * 3600


def b64(data):
    return base64.urlsafe_b64encode(data.encode("utf-8") if isinstance(data, str) else data).rstrip(b"=").decode("ascii")


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def openssl(args, data=b"", env=None):
    done = subprocess.run(
        ["openssl"] + args, input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=dict(os.environ, **(env or {})), timeout=30
    )
    if done.returncode != 0:
        raise OSError("openssl " + args[0])
    return done.stdout


def thumbprint(n, e):
    """RFC 7638: what a key is called."""
    return b64(hashlib.sha256(json.dumps({"e": e, "kty": "RSA", "n": n}, separators=(",", ":")).encode("ascii")).digest())


def der_numbers(der):
    """Modulus and exponent, in base64url, of a public key in DER (SubjectPublicKeyInfo)."""

    def inside(data):
        size, at = data[1], 2
        if size > 127:
            at = 2 + (size & 127)
            size = int.from_bytes(data[2:at], "big")
        return data[at : at + size], data[at + size :]

    whole, _ = inside(der)
    _, bits = inside(whole)
    numbers, _ = inside(inside(bits)[0][1:])
    n, rest = inside(numbers)
    e, _ = inside(rest)
    return b64(n.lstrip(b"\0")), b64(e.lstrip(b"\0"))


def public_pem(n, e):
    """A public key that the openssl command reads, from the numbers of a JWK."""

    def tlv(tag, data):
        size = len(data)
        head = bytes([size]) if size < 128 else bytes([0x82]) + size.to_bytes(2, "big")
        return bytes([tag]) + head + data

    numbers = tlv(0x30, b"".join(tlv(2, b"\0" + unb64(x)) if unb64(x)[0] > 127 else tlv(2, unb64(x)) for x in (n, e)))
    der = tlv(0x30, bytes.fromhex("300d06092a864886f70d0101010500") + tlv(3, b"\0" + numbers))
    return b"-----BEGIN PUBLIC KEY-----\n" + base64.encodebytes(der) + b"-----END PUBLIC KEY-----\n"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Passerelle:
    """`Passerelle.from_file("passerelle.json").open({...})` gives a link, or raises PasserelleError."""

    _keys = {}

    def __init__(self, settings):
        self.settings = settings

        def no(reason, key):
            return refused("ERR_KIT_SETTINGS", reason, key)

        # In clear on this machine only, and in test: an engine that somebody tries out.
        tried = r"|http://(localhost|127\.0\.0\.1)" if settings.get("environment") == "test" else ""
        if not re.fullmatch(r"(https://[A-Za-z0-9.-]+" + tried + r")(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*/?", str(settings.get("url"))):
            raise no("bad-url", "url")
        if not re.fullmatch("[0-9][0-9AB][0-9]{7}", str(settings.get("finess"))):
            raise no("bad-settings", "finess")
        if settings.get("environment") not in ("test", "production"):
            raise no("bad-settings", "environment")
        if settings.get("profile") != "legacy":
            raise no("bad-settings", "profile (ce client ne sait que legacy)")
        self.timeout = settings.get("timeoutSeconds") or 10
        if not isinstance(self.timeout, int) or not 1 <= self.timeout <= 60:
            raise no("bad-settings", "timeoutSeconds")
        self.origin = re.match("https?://[^/]+", settings["url"]).group(0)
        self.key_file = str(settings.get("keyFile"))
        try:
            n, e = der_numbers(openssl(["pkey", "-in", self.key_file, "-passin", "pass:", "-pubout", "-outform", "DER"]))
        except (OSError, IndexError, subprocess.SubprocessError):
            raise no("key-unreadable", "keyFile") from None
        # Windows has no such mode: there the guide sets the file's access list.
        if os.name == "posix" and os.stat(self.key_file).st_mode & 0o077:
            raise no("key-not-protected", "keyFile")
        self.kid = thumbprint(n, e)

    @classmethod
    def from_file(cls, file):
        try:
            with open(file, encoding="utf-8-sig") as stream:
                settings = json.load(stream)
            folder = os.path.dirname(os.path.abspath(file))
            for name in ("keyFile", "keysCache", "log"):
                if name in settings:
                    settings[name] = os.path.join(folder, settings[name])
        except (OSError, ValueError, TypeError):
            raise refused("ERR_KIT_SETTINGS", "bad-settings", os.path.basename(file)) from None
        return cls(settings)

    def context(self, call, now, jti):
        return context_of(self.settings, call, now, jti)

    def sign(self, context):
        text = b64('{"alg":"RS256","kid":"%s","typ":"contexte-appel+jws"}' % self.kid) + "." + b64(context)
        return text + "." + b64(openssl(["dgst", "-sha256", "-sign", self.key_file, "-passin", "pass:"], text.encode("ascii")))

    def encrypt(self, jws, key):
        kid = thumbprint(key["n"], key["e"])
        header = b64('{"alg":"RSA-OAEP","enc":"A256CBC-HS512","kid":"%s","cty":"JWT"}' % kid)
        # openssl derives key and vector from a random password, read from the environment, that only this account may see; so can we.
        password = secrets.token_hex(32)
        secret = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), b"", 1, 48)
        aes, iv, mac = secret[:32], secret[32:], secrets.token_bytes(32)
        cipher = ["enc", "-aes-256-cbc", "-pbkdf2", "-iter", "1", "-md", "sha256", "-nosalt", "-pass", "env:PASSERELLE_ONCE"]
        content = openssl(cipher, jws.encode("ascii"), {"PASSERELLE_ONCE": password})
        bits = (len(header) * 8).to_bytes(8, "big")
        tag = hmac.new(mac, header.encode("ascii") + iv + content + bits, hashlib.sha512).digest()[:32]
        handle, name = tempfile.mkstemp()
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(public_pem(key["n"], key["e"]))
            wrapped = openssl(["pkeyutl", "-encrypt", "-pubin", "-inkey", name, "-pkeyopt", "rsa_padding_mode:oaep"], mac + aes)
        finally:
            os.unlink(name)
        return ".".join((header, b64(wrapped), b64(iv), b64(content), b64(tag)))

    def open(self, call):
        """`{"link", "reference", "expiresAt"}`: the link is good for 60 seconds, once."""
        try:
            opened = self._open(call)
            self._log(opened["reference"], "201")
            return opened
        except PasserelleError as error:
            error.reference = error.reference or "KIT-" + secrets.token_hex(4).upper()
            self._log(error.reference, error.code, error.reason)
            raise

    def _open(self, call):
        now = int(time.time())
        context = context_of(self.settings, call, now, secrets.token_hex(16))
        key = self._engine_key()

        def post(text):
            return self._request("v1/calls", self.encrypt(self.sign(text), key).encode("ascii"))

        answer = post(context)
        status = answer[0]
        if status in (0, 503):
            answer = post(context)
        elif status == 429:
            time.sleep(min(5, int(answer[2]) if re.fullmatch("[0-9]{1,9}", answer[2]) else 5))
            answer = post(context)
        elif status == 401:
            theirs = seconds(answer[1].get("serverTime"))
            if theirs is not None and abs(theirs - time.time()) > 30:
                answer = post(context_of(self.settings, call, theirs, secrets.token_hex(16)))
        return self._read(*answer)

    def _read(self, status, said, retry):
        def text(name):
            return said[name] if isinstance(said.get(name), str) else ""

        if status == 201:
            link = text("link")
            if not link.startswith(self.origin + "/") or not re.fullmatch("[A-Za-z0-9/._-]*#[A-Za-z0-9_-]{20,100}", link[len(self.origin) + 1 :]):
                raise PasserelleError("ERR_KIT_LINK", STRANGE)
            return {"link": link, "reference": text("reference"), "expiresAt": text("expiresAt")}
        if not re.fullmatch("ERR_[A-Z_]{1,60}", text("code")):
            raise unreachable(status, retry) if status in (0, 503) else PasserelleError("ERR_KIT_ANSWER", STRANGE)
        reference = text("reference") if re.fullmatch("[A-Z0-9-]{1,40}", text("reference")) else ""
        raise PasserelleError(text("code"), text("detail")[:500] or STRANGE, "", reference)

    def _request(self, address, body=None):
        """(status, object, Retry-After), or (0, {}, why) when nothing came. No redirect is followed, no more than 64 KB is read."""
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/jose"
        request = urllib.request.Request(self.settings["url"].rstrip("/") + "/" + address, data=body, headers=headers)
        try:
            # What stays on this machine goes through no proxy.
            direct = [urllib.request.ProxyHandler({})] if self.origin.startswith("http:") else []
            try:
                response = urllib.request.build_opener(NoRedirect, *direct).open(request, timeout=self.timeout)
            except urllib.error.HTTPError as answer:
                response = answer
            with response:
                data = response.read(LARGEST + 1)
                status, retry = response.getcode(), response.headers.get("Retry-After", "")
        except Exception as error:  # whatever the network does: nothing came
            return 0, {}, why(error)
        try:
            said = json.loads(data.decode("utf-8")) if len(data) <= LARGEST else None
        except (ValueError, RecursionError):
            said = None
        return status, said if isinstance(said, dict) else {}, retry

    def _engine_key(self):
        """The public key of the engine, kept for at most 24 hours."""
        url, now = self.settings["url"], time.time()
        cache = self.settings.get("keysCache")
        kept = Passerelle._keys.get(url) or from_cache(cache)
        if kept and kept["url"] == url and 0 <= now - kept["at"] < DAY:
            return kept["key"]
        answer = self._request("v1/keys")
        if answer[0] == 0:
            answer = self._request("v1/keys")
        if answer[0] in (0, 503):
            raise unreachable(answer[0], answer[2])
        keys = answer[1].get("keys") if answer[0] == 200 else None
        for key in keys if isinstance(keys, list) else []:
            if is_key(key) and key.get("use") == "enc" and key.get("kid") == thumbprint(key["n"], key["e"]):
                kept = {"url": url, "at": int(now), "key": {"kty": "RSA", "n": key["n"], "e": key["e"]}}
                Passerelle._keys[url] = kept
                to_cache(cache, kept)
                return kept["key"]
        raise PasserelleError("ERR_KIT_KEYS", "Clés du dossier communicant de cancérologie inutilisables. Prévenez votre service informatique.")

    def _log(self, *words):
        if self.settings.get("log"):
            at = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            handle = os.open(self.settings["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(handle, "a", encoding="utf-8") as stream:
                stream.write(" ".join((at,) + words).strip() + "\n")


def unreachable(status, reason):
    return PasserelleError("ERR_KIT_UNREACHABLE", NOT_NOW, "busy" if status == 503 else reason)


def why(error):
    """For the log: what a site looks at first."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return "certificate"
    if isinstance(cause, (socket.timeout, TimeoutError)):
        return "timeout"
    return "refused" if isinstance(cause, ConnectionRefusedError) else "network"


def seconds(text):
    match = re.fullmatch(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]+)?(Z|\+00:00)", text) if isinstance(text, str) else None
    try:
        return match and int(datetime.datetime.fromisoformat(match.group(1) + "+00:00").timestamp())
    except ValueError:
        return None


def is_key(key):
    if not isinstance(key, dict) or key.get("kty") != "RSA" or not isinstance(key.get("n"), str) or not isinstance(key.get("e"), str):
        return False
    return bool(re.fullmatch("[A-Za-z0-9_-]{341,}", key["n"]) and re.fullmatch("[A-Za-z0-9_-]{2,16}", key["e"]))


def from_cache(file):
    try:
        with open(file, encoding="utf-8") as stream:
            kept = json.load(stream)
        return kept if is_key(kept["key"]) and isinstance(kept["at"], int) else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def to_cache(file, kept):
    """Others may read at the same time: written beside, then renamed. A cache that cannot be written costs a request, no more."""
    if not file:
        return
    try:
        handle, beside = tempfile.mkstemp(dir=os.path.dirname(file))
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(kept, stream)
        os.replace(beside, file)
    except OSError:
        pass
