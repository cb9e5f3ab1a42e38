<?php
/** The client of the contextual call for PHP 7.4 and later, with the `openssl` extension: signs a context, posts it, gives back the one-time link. */

namespace Passerelle;

require_once __DIR__ . '/Context.php';

final class Passerelle
{
    private const NOT_NOW = 'Le dossier communicant de cancérologie ne répond pas. Réessayez, puis prévenez votre service informatique.';
    private const STRANGE = 'Réponse inattendue du dossier communicant de cancérologie. Prévenez votre service informatique.';
    private const NO_KEYS = 'Clés du dossier communicant de cancérologie inutilisables. Prévenez votre service informatique.';
    private const LARGEST = 65536;
    private const DAY = 86400;

    private static array $keys = [];
    private array $settings;
    private string $origin;
    /** @var mixed resource in PHP 7, object in PHP 8 */
    private $key;
    private string $kid;

    /** @param array $settings as in passerelle.json, paths absolute. @throws CallError */
    public function __construct(array $settings)
    {
        $no = fn (string $reason, string $key): CallError => CallError::refused('ERR_KIT_SETTINGS', $reason, $key);
        $text = fn (string $name): string => is_string($settings[$name] ?? null) ? $settings[$name] : '';
        // In clear on this machine only, and in test: an engine that somebody tries out.
        $tried = $text('environment') === 'test' ? '|http://(?:localhost|127\.0\.0\.1)' : '';
        if (!preg_match('~^((?:https://[A-Za-z0-9.-]+' . $tried . ')(?::[0-9]{1,5})?)(/[A-Za-z0-9._\~-]+)*/?$~D', $text('url'), $found)) {
            throw $no('bad-url', 'url');
        }
        if (!preg_match('/^[0-9][0-9AB][0-9]{7}$/D', $text('finess'))) {
            throw $no('bad-settings', 'finess');
        }
        if (!in_array($text('environment'), ['test', 'production'], true)) {
            throw $no('bad-settings', 'environment');
        }
        $settings += ['profile' => 'default', 'timeoutSeconds' => 10];
        if (!in_array($settings['profile'], ['default', 'legacy'], true)) {
            throw $no('bad-settings', 'profile');
        }
        if (!is_int($settings['timeoutSeconds']) || $settings['timeoutSeconds'] < 1 || $settings['timeoutSeconds'] > 60) {
            throw $no('bad-settings', 'timeoutSeconds');
        }
        $pem = @file_get_contents($text('keyFile'));
        $this->key = $pem === false ? false : openssl_pkey_get_private($pem);
        $numbers = $this->key ? openssl_pkey_get_details($this->key) : [];
        if (!isset($numbers['rsa']) || $numbers['bits'] < 2048) {
            throw $no('key-unreadable', 'keyFile');
        }
        // Windows has no such mode: there the guide sets the file's access list.
        clearstatcache();
        if (PHP_OS_FAMILY !== 'Windows' && (fileperms($text('keyFile')) & 0077) !== 0) {
            throw $no('key-not-protected', 'keyFile');
        }
        $this->settings = $settings;
        $this->origin = $found[1];
        $this->kid = self::thumbprint(self::b64($numbers['rsa']['n']), self::b64($numbers['rsa']['e']));
    }

    public static function fromFile(string $file): self
    {
        $settings = json_decode(preg_replace('/^\xEF\xBB\xBF/', '', (string) @file_get_contents($file)), true);
        if (!is_array($settings)) {
            throw CallError::refused('ERR_KIT_SETTINGS', 'bad-settings', basename($file));
        }
        foreach (['keyFile', 'keysCache', 'log'] as $name) {
            if (is_string($settings[$name] ?? null) && !preg_match('~^([/\\\\]|[A-Za-z]:)~', $settings[$name])) {
                $settings[$name] = dirname($file) . '/' . $settings[$name];
            }
        }
        return new self($settings);
    }

    /** The context as it would be signed. Exact bytes. */
    public function context(array $call, int $now, string $jti): string
    {
        return Context::of($this->settings, $call, $now, $jti);
    }

    public function sign(string $context): string
    {
        $text = self::b64('{"alg":"RS256","kid":"' . $this->kid . '","typ":"contexte-appel+jws"}') . '.' . self::b64($context);
        if (!openssl_sign($text, $signature, $this->key, OPENSSL_ALGO_SHA256)) {
            throw CallError::refused('ERR_KIT_SETTINGS', 'key-unreadable', 'keyFile');
        }
        return $text . '.' . self::b64($signature);
    }

    /** @param array $key JWK of the engine */
    public function encrypt(string $jws, array $key): string
    {
        $legacy = $this->settings['profile'] === 'legacy';
        $names = $legacy ? '"alg":"RSA-OAEP","enc":"A256CBC-HS512"' : '"alg":"RSA-OAEP-256","enc":"A256GCM"';
        $header = self::b64('{' . $names . ',"kid":"' . self::thumbprint($key['n'], $key['e']) . '","cty":"JWT"}');
        $pem = self::pem($key['n'], $key['e']);
        $secret = random_bytes($legacy ? 64 : 32);
        if ($legacy) {
            openssl_public_encrypt($secret, $wrapped, $pem, OPENSSL_PKCS1_OAEP_PADDING);
            $iv = random_bytes(16);
            $content = openssl_encrypt($jws, 'aes-256-cbc', substr($secret, 32), OPENSSL_RAW_DATA, $iv);
            $mac = hash_hmac('sha512', $header . $iv . $content . pack('J', strlen($header) * 8), substr($secret, 0, 32), true);
            $tag = substr($mac, 0, 32);
        } else {
            openssl_public_encrypt(self::oaep256($secret, strlen(self::unb64($key['n']))), $wrapped, $pem, OPENSSL_NO_PADDING);
            $iv = random_bytes(12);
            $content = openssl_encrypt($jws, 'aes-256-gcm', $secret, OPENSSL_RAW_DATA, $iv, $tag, $header, 16);
        }
        return implode('.', [$header, self::b64($wrapped), self::b64($iv), self::b64($content), self::b64($tag)]);
    }

    /**
     * Opens a call: `['link' => ..., 'reference' => ..., 'expiresAt' => ...]`. The link is good for 60 seconds, once.
     * @throws CallError show `detail` and `reference`, nothing else
     */
    public function open(array $call): array
    {
        try {
            $opened = $this->opened($call);
            $this->log($opened['reference'], '201');
            return $opened;
        } catch (CallError $error) {
            $error->reference = $error->reference ?: 'KIT-' . strtoupper(bin2hex(random_bytes(4)));
            $this->log($error->reference, $error->code, $error->reason);
            throw $error;
        }
    }

    private function opened(array $call): array
    {
        $context = $this->context($call, time(), bin2hex(random_bytes(16)));
        $key = $this->engineKey();
        $post = fn (string $text): array => $this->request('v1/calls', $this->encrypt($this->sign($text), $key));
        $answer = $post($context);
        $status = $answer['status'];
        if ($status === 0 || $status === 503) {
            $answer = $post($context);
        } elseif ($status === 429) {
            sleep(min(5, preg_match('/^[0-9]{1,9}$/D', $answer['retry']) ? (int) $answer['retry'] : 5));
            $answer = $post($context);
        } elseif ($status === 401) {
            $theirs = strtotime(self::text($answer['json'], 'serverTime'));
            if ($theirs !== false && abs($theirs - time()) > 30) {
                $answer = $post($this->context($call, $theirs, bin2hex(random_bytes(16))));
            }
        }
        return $this->read($answer);
    }

    private function read(array $answer): array
    {
        ['status' => $status, 'json' => $json] = $answer;
        if ($status === 201) {
            $link = self::text($json, 'link');
            if (!preg_match('~^' . preg_quote($this->origin, '~') . '/[A-Za-z0-9/._-]*#[A-Za-z0-9_-]{20,100}$~D', $link)) {
                throw new CallError('ERR_KIT_LINK', self::STRANGE);
            }
            return ['link' => $link, 'reference' => self::text($json, 'reference'), 'expiresAt' => self::text($json, 'expiresAt')];
        }
        $code = self::text($json, 'code');
        if (!preg_match('/^ERR_[A-Z_]{1,60}$/D', $code)) {
            throw $status === 0 || $status === 503 ? self::unreachable($answer) : new CallError('ERR_KIT_ANSWER', self::STRANGE);
        }
        $reference = self::text($json, 'reference');
        preg_match('/^.{1,500}/su', self::text($json, 'detail'), $detail);
        throw new CallError($code, $detail[0] ?? self::STRANGE, '', preg_match('/^[A-Z0-9-]{1,40}$/D', $reference) ? $reference : '');
    }

    /** What a site looks at first, for the log: `certificate`, `timeout`, `refused`, `busy` (503), `network`. */
    private static function unreachable(array $answer): CallError
    {
        return new CallError('ERR_KIT_UNREACHABLE', self::NOT_NOW, $answer['status'] === 503 ? 'busy' : $answer['why']);
    }

    /** Status, object and Retry-After, or status 0 and why nothing came. No redirect is followed, no more than 64 KB is read. */
    private function request(string $address, ?string $body = null): array
    {
        $http = ['method' => 'GET', 'header' => ['Accept: application/json'], 'timeout' => $this->settings['timeoutSeconds'], 'follow_location' => 0, 'ignore_errors' => true];
        if ($body !== null) {
            $http = ['method' => 'POST', 'header' => ['Accept: application/json', 'Content-Type: application/jose'], 'content' => $body] + $http;
        }
        $said = '';
        $until = microtime(true) + $this->settings['timeoutSeconds'];
        $nothing = function () use (&$said, $until): array {
            $isCertificate = preg_match('/certificate|Peer (fingerprint|name)/i', $said);
            $why = $isCertificate ? 'certificate' : (preg_match('/refused/i', $said) ? 'refused' : (microtime(true) >= $until || preg_match('/timed out/i', $said) ? 'timeout' : 'network'));
            return ['status' => 0, 'json' => [], 'retry' => '', 'why' => $why];
        };
        // PHP says why in warnings alone, the first of several.
        set_error_handler(function (int $level, string $text) use (&$said): bool {
            $said .= $text;
            return true;
        });
        try {
            $stream = fopen(rtrim($this->settings['url'], '/') . '/' . $address, 'rb', false, stream_context_create(['http' => $http]));
        } finally {
            restore_error_handler();
        }
        if ($stream === false) {
            return $nothing();
        }
        $data = (string) stream_get_contents($stream, self::LARGEST + 1);
        $about = stream_get_meta_data($stream);
        fclose($stream);
        if ($about['timed_out'] || !preg_match('~^HTTP/\S+ ([0-9]{3})~', $about['wrapper_data'][0] ?? '', $status)) {
            return $nothing();
        }
        $retry = preg_replace('/^retry-after: */i', '', implode('', preg_grep('/^retry-after:/i', $about['wrapper_data'])));
        $json = strlen($data) > self::LARGEST ? null : json_decode($data, true, 32);
        return ['status' => (int) $status[1], 'json' => is_array($json) ? $json : [], 'retry' => $retry];
    }

    /** The public key of the engine, kept for at most 24 hours: in this process, and in `keysCache`. */
    private function engineKey(): array
    {
        [$url, $cache] = [$this->settings['url'], $this->settings['keysCache'] ?? null];
        $kept = self::$keys[$url] ?? ($cache ? json_decode((string) @file_get_contents($cache), true) : null);
        if (is_array($kept) && ($kept['url'] ?? '') === $url && is_int($kept['at'] ?? null) && time() >= $kept['at'] && time() - $kept['at'] < self::DAY && self::isKey($kept['key'] ?? null)) {
            return $kept['key'];
        }
        $answer = $this->request('v1/keys');
        $answer = $answer['status'] === 0 ? $this->request('v1/keys') : $answer;
        if ($answer['status'] === 0 || $answer['status'] === 503) {
            throw self::unreachable($answer);
        }
        $keys = $answer['status'] === 200 && is_array($answer['json']['keys'] ?? null) ? $answer['json']['keys'] : [];
        foreach ($keys as $key) {
            if (self::isKey($key) && ($key['use'] ?? '') === 'enc' && ($key['kid'] ?? '') === self::thumbprint($key['n'], $key['e'])) {
                $kept = ['url' => $url, 'at' => time(), 'key' => ['kty' => 'RSA', 'n' => $key['n'], 'e' => $key['e']]];
                self::$keys[$url] = $kept;
                // Others may read at the same time: written beside, then renamed. A cache that cannot be written costs a request, no more.
                $beside = $cache ? @tempnam(dirname($cache), 'keys') : false;
                if ($beside !== false && @file_put_contents($beside, json_encode($kept))) {
                    @rename($beside, $cache);
                }
                return $kept['key'];
            }
        }
        throw new CallError('ERR_KIT_KEYS', self::NO_KEYS);
    }

    private static function isKey($key): bool
    {
        return is_array($key) && ($key['kty'] ?? '') === 'RSA' && preg_match('/^[A-Za-z0-9_-]{341,}$/D', self::text($key, 'n')) && preg_match('/^[A-Za-z0-9_-]{2,16}$/D', self::text($key, 'e'));
    }

    private function log(string ...$words): void
    {
        if (isset($this->settings['log'])) {
            $old = umask(0077);
            file_put_contents($this->settings['log'], trim(implode(' ', array_merge([gmdate('Y-m-d\TH:i:s\Z')], $words))) . "\n", FILE_APPEND | LOCK_EX);
            umask($old);
        }
    }

    private static function text(array $json, string $name): string
    {
        return is_string($json[$name] ?? null) ? $json[$name] : '';
    }

    private static function b64(string $bytes): string
    {
        return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
    }

    private static function unb64(string $text): string
    {
        return base64_decode(strtr($text, '-_', '+/'));
    }

    /** RFC 7638: what a key is called. */
    private static function thumbprint(string $n, string $e): string
    {
        return self::b64(hash('sha256', '{"e":"' . $e . '","kty":"RSA","n":"' . $n . '"}', true));
    }

    /** A public key that openssl reads (SubjectPublicKeyInfo), from the numbers of a JWK. */
    private static function pem(string $n, string $e): string
    {
        $tlv = fn (int $tag, string $data): string => chr($tag) . (strlen($data) < 128 ? chr(strlen($data)) : "\x82" . pack('n', strlen($data))) . $data;
        $number = fn (string $text): string => $tlv(2, (ord(self::unb64($text)[0]) > 127 ? "\0" : '') . self::unb64($text));
        $der = $tlv(0x30, hex2bin('300d06092a864886f70d0101010500') . $tlv(3, "\0" . $tlv(0x30, $number($n) . $number($e))));
        return "-----BEGIN PUBLIC KEY-----\n" . chunk_split(base64_encode($der), 64, "\n") . "-----END PUBLIC KEY-----\n";
    }

    /** RFC 8017 section 7.1.1 with SHA-256, which PHP's own padding does not offer before 8.5. */
    private static function oaep256(string $message, int $size): string
    {
        $mask = function (string $seed, int $length): string {
            for ($bytes = '', $at = 0; strlen($bytes) < $length; $at++) {
                $bytes .= hash('sha256', $seed . pack('N', $at), true);
            }
            return substr($bytes, 0, $length);
        };
        $seed = random_bytes(32);
        $block = hash('sha256', '', true) . str_repeat("\0", $size - strlen($message) - 66) . "\1" . $message;
        $masked = $block ^ $mask($seed, strlen($block));
        return "\0" . ($seed ^ $mask($masked, 32)) . $masked;
    }
}

/** Text from the bytes of a product that writes Windows-1252 (also when it says ISO-8859-1). */
function fromWindows1252(string $bytes): string
{
    $high = ['€', "\u{81}", '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', "\u{8D}", 'Ž', "\u{8F}",
        "\u{90}", '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', "\u{9D}", 'ž', 'Ÿ'];
    $text = '';
    foreach ($bytes === '' ? [] : str_split($bytes) as $byte) {
        $code = ord($byte);
        $text .= $code < 128 ? $byte : ($code < 160 ? $high[$code - 128] : chr(0xC0 | $code >> 6) . chr(0x80 | $code & 63));
    }
    return $text;
}
