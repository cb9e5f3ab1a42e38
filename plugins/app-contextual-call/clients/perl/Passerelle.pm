# The client of the contextual call for Perl 5.14 and later: core modules, and the openssl command (1.1.1 or later) for RSA, AES and TLS.
# Profile `legacy` only (RSA-OAEP, A256CBC-HS512): the openssl command has no AES-GCM. No secret is ever on a command line.
package Passerelle;

use strict;
use warnings;
use utf8;
use Digest::SHA qw(hmac_sha256 hmac_sha512 sha256);
use File::Basename qw(basename dirname);
use File::Spec;
use File::Temp ();
use IO::Select;
use IO::Socket::INET;
use IPC::Open3 qw(open3);
use JSON::PP ();
use MIME::Base64 qw(decode_base64 encode_base64);
use POSIX qw(ECONNREFUSED ETIMEDOUT);
use Time::Local qw(timegm);
use Passerelle::Context;

my $NOT_NOW = 'Le dossier communicant de cancérologie ne répond pas. Réessayez, puis prévenez votre service informatique.';
my $STRANGE = 'Réponse inattendue du dossier communicant de cancérologie. Prévenez votre service informatique.';
my $NO_KEYS = 'Clés du dossier communicant de cancérologie inutilisables. Prévenez votre service informatique.';
my $LARGEST = 65536;
my $DAY     = 24 * 3600;
my %KEPT;

sub failure { return Passerelle::Context::failure(@_) }
sub no_settings { die Passerelle::Context::refused('ERR_KIT_SETTINGS', @_) }

# `Passerelle->from_file('passerelle.json')`; relative paths are those of its folder.
sub from_file {
    my ($class, $file) = @_;
    my $settings = eval { JSON::PP->new->utf8->decode(slurp($file) =~ s/\A\xEF\xBB\xBF//r) };
    no_settings('bad-settings', basename($file)) if ref $settings ne 'HASH';
    for my $name (qw(keyFile keysCache log)) {
        $settings->{$name} = File::Spec->rel2abs($settings->{$name}, File::Spec->rel2abs(dirname($file))) if defined $settings->{$name};
    }
    return $class->new($settings);
}

sub new {
    my ($class, $settings) = @_;
    my %s = (timeoutSeconds => 10, %$settings);
    ($s{url} // '') =~ m{\A((https?)://([A-Za-z0-9.-]+)(?::([0-9]{1,5}))?)((?:/[A-Za-z0-9._~-]+)*)/?\z} or no_settings('bad-url', 'url');
    my ($origin, $clear, $host, $port, $path) = ($1, $2 eq 'http', $3, $4 // ($2 eq 'http' ? 80 : 443), $5);
    # In clear on this machine only, and in test: an engine that somebody tries out.
    no_settings('bad-url', 'url') if $clear && !(($s{environment} // '') eq 'test' && $host =~ /\A(?:localhost|127\.0\.0\.1)\z/);
    no_settings('bad-settings', 'finess') if ($s{finess} // '') !~ /\A[0-9][0-9AB][0-9]{7}\z/;
    no_settings('bad-settings', 'environment') if ($s{environment} // '') !~ /\A(?:test|production)\z/;
    no_settings('bad-settings', 'profile (ce client ne sait que legacy)') if ($s{profile} // '') ne 'legacy';
    no_settings('bad-settings', 'timeoutSeconds') if $s{timeoutSeconds} !~ /\A[0-9]{1,2}\z/ || $s{timeoutSeconds} < 1 || $s{timeoutSeconds} > 60;
    my $der = openssl([qw(pkey -passin pass: -pubout -outform DER -in), $s{keyFile} // '']);
    no_settings('key-unreadable', 'keyFile') if !defined $der;
    # Windows has no such mode: there the guide sets the file's access list.
    no_settings('key-not-protected', 'keyFile') if $^O ne 'MSWin32' && (stat $s{keyFile})[2] & 077;
    my ($n, $e) = der_numbers($der);
    return bless { settings => \%s, origin => $origin, clear => $clear, host => $host, port => $port, path => $path, kid => thumbprint($n, $e) }, $class;
}

sub context { my ($self, $call, $now, $jti) = @_; return Passerelle::Context::context_of($self->{settings}, $call, $now, $jti) }

# The JWS of a context (bytes).
sub sign {
    my ($self, $context) = @_;
    my $text = b64(qq({"alg":"RS256","kid":"$self->{kid}","typ":"contexte-appel+jws"})) . '.' . b64($context);
    my $signature = openssl([qw(dgst -sha256 -passin pass: -sign), $self->{settings}{keyFile}], $text) // no_settings('key-unreadable', 'keyFile');
    return $text . '.' . b64($signature);
}

# The token for the engine whose key (a JWK) this is.
sub encrypt {
    my ($self, $jws, $key) = @_;
    my $kid = thumbprint($key->{n}, $key->{e});
    my $header = b64(qq({"alg":"RSA-OAEP","enc":"A256CBC-HS512","kid":"$kid","cty":"JWT"}));
    # openssl derives key and vector (PBKDF2, one round, no salt) from a random password, read from the environment, that only this account may see; so can we.
    my $password = unpack 'H*', chance(32);
    my $aes = hmac_sha256(pack('N', 1), $password);
    my $iv = substr hmac_sha256(pack('N', 2), $password), 0, 16;
    local $ENV{PASSERELLE_ONCE} = $password;
    my $content = openssl([qw(enc -aes-256-cbc -pbkdf2 -iter 1 -md sha256 -nosalt -pass env:PASSERELLE_ONCE)], $jws);
    delete local $ENV{PASSERELLE_ONCE};
    my $mac = chance(32);
    my $bits = pack 'NN', 0, 8 * length $header;
    my $tag = substr hmac_sha512($header . $iv . $content . $bits, $mac), 0, 32;
    my $public = File::Temp->new;
    print {$public} public_pem($key->{n}, $key->{e});
    close $public;
    my $wrapped = openssl([qw(pkeyutl -encrypt -pubin -pkeyopt rsa_padding_mode:oaep -inkey), $public->filename], $mac . $aes);
    die failure('ERR_KIT_KEYS', $NO_KEYS) if !defined $wrapped || !defined $content;
    return join '.', $header, map { b64($_) } $wrapped, $iv, $content, $tag;
}

# `{link, reference, expiresAt}`: the link is good for 60 seconds, once. Dies with a Passerelle::Error.
sub open {
    my ($self, $call) = @_;
    my $opened = eval { $self->attempt($call) };
    if (my $error = $@) {
        die $error if ref $error ne 'Passerelle::Error';
        $error->{reference} ||= 'KIT-' . uc unpack 'H*', chance(4);
        $self->log($error->{reference}, $error->{code}, $error->{reason});
        die $error;
    }
    $self->log($opened->{reference}, '201');
    return $opened;
}

sub attempt {
    my ($self, $call) = @_;
    my $context = $self->context($call, time, unpack 'H*', chance(16));
    my $key = $self->engine_key;
    my $post = sub { $self->request('POST', 'v1/calls', $self->encrypt($self->sign($_[0]), $key)) };
    my $answer = $post->($context);
    my $status = $answer->{status};
    if ($answer->{why}) { $answer = $post->($context) }
    elsif ($status == 429) {
        my $seconds = $answer->{retry} =~ /\A[0-9]{1,9}\z/ && $answer->{retry} < 5 ? $answer->{retry} : 5;
        sleep $seconds if $seconds;
        $answer = $post->($context);
    }
    elsif ($status == 401) {
        my $theirs = seconds(text($answer->{json}, 'serverTime'));
        $answer = $post->($self->context($call, $theirs, unpack 'H*', chance(16))) if defined $theirs && abs($theirs - time) > 30;
    }
    my ($json, $code) = ($answer->{json}, text($answer->{json}, 'code'));
    if ($answer->{status} == 201) {
        my $link = text($json, 'link');
        die failure('ERR_KIT_LINK', $STRANGE) if $link !~ m{\A\Q$self->{origin}\E/[A-Za-z0-9/._-]*#[A-Za-z0-9_-]{20,100}\z};
        return { link => $link, reference => text($json, 'reference'), expiresAt => text($json, 'expiresAt') };
    }
    if ($code !~ /\AERR_[A-Z_]{1,60}\z/) { die $answer->{why} ? failure('ERR_KIT_UNREACHABLE', $NOT_NOW, $answer->{why}) : failure('ERR_KIT_ANSWER', $STRANGE) }
    my $reference = text($json, 'reference') =~ /\A([A-Z0-9-]{1,40})\z/ ? $1 : '';
    die failure($code, substr(text($json, 'detail') || $STRANGE, 0, 500), '', $reference);
}

# Status, object and Retry-After, or status 0 and why nothing came: what a site looks at first. No redirect is followed, no more than 64 KB is read.
sub request {
    my ($self, $method, $address, $body) = @_;
    my $until = time + $self->{settings}{timeoutSeconds};
    my $nothing = sub { return { status => 0, json => {}, retry => '', why => $_[0] } };
    my $host = $self->{port} == ($self->{clear} ? 80 : 443) ? $self->{host} : "$self->{host}:$self->{port}";
    my $sent = "$method $self->{path}/$address HTTP/1.0\r\nHost: $host\r\nAccept: application/json\r\nConnection: close\r\n"
        . (defined $body ? "Content-Type: application/jose\r\nContent-Length: " . length($body) . "\r\n\r\n$body" : "\r\n");
    # 1.0: the end of the answer is the end of the connection, nothing is cut into chunks.
    my ($pid, $in, $out, $heard);
    my @client = (qw(openssl s_client -quiet -verify 10 -verify_return_error), -verify_hostname => $self->{host}, -servername => $self->{host},
        -connect => "$self->{host}:$self->{port}");
    local $SIG{PIPE} = 'IGNORE';
    if ($self->{clear}) {
        $in = $out = IO::Socket::INET->new(PeerHost => $self->{host}, PeerPort => $self->{port}, Timeout => $self->{settings}{timeoutSeconds})
            or return $nothing->($! == ECONNREFUSED ? 'refused' : $! == ETIMEDOUT ? 'timeout' : 'network');
    }
    else {
        $heard = File::Temp->new;
        ($pid, $in, $out) = started($heard, @client) or return $nothing->('network');
    }
    syswrite $in, $sent;
    my ($got, $waiting) = ('', IO::Select->new($out));
    while (length $got <= 2 * $LARGEST) {
        my $left = $until - time;
        last if $left <= 0 || !$waiting->can_read($left);
        last if !sysread $out, $got, 8192, length $got;
    }
    my $late = time >= $until;
    kill 'KILL', $pid if $pid;
    close $in;
    close $out;
    waitpid $pid, 0 if $pid;
    return $nothing->('timeout') if $late;
    return $nothing->($heard ? why(slurp($heard->filename)) : 'network') if $got !~ m{\AHTTP/1\.[01] ([0-9]{3})[^\r\n]*\r\n(.*?\r\n)?\r\n}s;
    my ($status, $head, $rest) = ($1, $2 // '', substr $got, $+[0]);
    return $nothing->('network') if $head =~ /^content-length: *([0-9]+)\r$/im && length $rest < $1 && length $rest <= $LARGEST;
    my $json = length $rest > $LARGEST ? undef : eval { JSON::PP->new->utf8->max_depth(32)->decode($rest) };
    return { status => $status, why => $status == 503 ? 'busy' : '', json => ref $json eq 'HASH' ? $json : {}, retry => $head =~ /^retry-after: *([0-9]+)\r$/im ? $1 : '' };
}

# From what openssl says: the number of an error of the system, or of the verification.
sub why {
    my ($said) = @_;
    return 'certificate' if $said =~ /verify error|certificate verify failed/;
    my $number = $said =~ /connect:errno=([0-9]+)/ ? $1 : 0;
    return $number == ECONNREFUSED ? 'refused' : $number == ETIMEDOUT ? 'timeout' : 'network';
}

# The public key of the engine, kept for at most 24 hours: in this process, and in keysCache.
sub engine_key {
    my ($self) = @_;
    my ($url, $cache) = @{ $self->{settings} }{qw(url keysCache)};
    my $kept = $KEPT{$url} // (defined $cache ? eval { JSON::PP->new->utf8->decode(slurp($cache)) } : undef);
    if (ref $kept eq 'HASH' && text($kept, 'url') eq $url && is_key($kept->{key}) && ($kept->{at} // '') =~ /\A[0-9]+\z/) {
        return $kept->{key} if time >= $kept->{at} && time - $kept->{at} < $DAY;
    }
    my $answer = $self->request('GET', 'v1/keys');
    $answer = $self->request('GET', 'v1/keys') if $answer->{status} == 0;
    die failure('ERR_KIT_UNREACHABLE', $NOT_NOW, $answer->{why}) if $answer->{why};
    my $keys = $answer->{status} == 200 && ref $answer->{json}{keys} eq 'ARRAY' ? $answer->{json}{keys} : [];
    for my $key (@$keys) {
        next if !is_key($key) || text($key, 'use') ne 'enc' || text($key, 'kid') ne thumbprint($key->{n}, $key->{e});
        $kept = { url => $url, at => time, key => { kty => 'RSA', n => $key->{n}, e => $key->{e} } };
        $KEPT{$url} = $kept;
        # Others may read at the same time: written beside, then renamed. A cache that cannot be written costs a request, no more.
        eval {
            my $beside = File::Temp->new(DIR => dirname($cache), UNLINK => 0);
            print {$beside} JSON::PP->new->utf8->encode($kept);
            close $beside;
            rename $beside->filename, $cache;
        } if defined $cache;
        return $kept->{key};
    }
    die failure('ERR_KIT_KEYS', $NO_KEYS);
}

sub log {
    my ($self, @words) = @_;
    my $file = $self->{settings}{log} // return;
    my $old = umask 077;
    if (CORE::open my $log, '>>', $file) {
        print {$log} join(' ', POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime), grep { $_ ne '' } @words), "\n";
        close $log;
    }
    umask $old;
    return;
}

sub text { my ($json, $name) = @_; return defined $json->{$name} && !ref $json->{$name} ? $json->{$name} : '' }

sub is_key {
    my ($key) = @_;
    return ref $key eq 'HASH' && text($key, 'kty') eq 'RSA' && text($key, 'n') =~ /\A[A-Za-z0-9_-]{341,}\z/ && text($key, 'e') =~ /\A[A-Za-z0-9_-]{2,16}\z/;
}

sub seconds {
    my ($text) = @_;
    return undef if $text !~ /\A([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?(?:Z|\+00:00)\z/;
    return scalar eval { timegm($6, $5, $4, $3, $2 - 1, $1) };
}

sub slurp {
    my ($file) = @_;
    CORE::open my $in, '<:raw', $file or return '';
    local $/;
    return scalar <$in>;
}

# What the command says beside its result goes to $heard.
sub started {
    my ($heard, @command) = @_;
    my ($in, $out);
    my $pid = eval { open3($in, $out, '>&' . fileno $heard, @command) } or return;
    binmode $_ for $in, $out;
    return ($pid, $in, $out);
}

# What the command prints, or undef when it fails.
sub openssl {
    my ($args, $given) = @_;
    local $SIG{PIPE} = 'IGNORE';
    CORE::open my $nowhere, '>', File::Spec->devnull or return undef;
    my ($pid, $in, $out) = started($nowhere, 'openssl', @$args) or return undef;
    print {$in} $given // '';
    close $in;
    local $/;
    my $result = <$out>;
    waitpid $pid, 0;
    return $? == 0 ? $result : undef;
}

sub chance { my ($size) = @_; return openssl(['rand', $size]) // die 'openssl rand' }

sub b64 {
    my ($bytes) = @_;
    (my $text = encode_base64($bytes, '')) =~ tr{+/=}{-_}d;
    return $text;
}

sub unb64 { my ($text) = @_; $text =~ tr{-_}{+/}; return decode_base64($text . '=' x (-length($text) % 4)) }

# RFC 7638: what a key is called.
sub thumbprint { my ($n, $e) = @_; return b64(sha256(qq({"e":"$e","kty":"RSA","n":"$n"}))) }

# Modulus and exponent, in base64url, of a public key in DER (SubjectPublicKeyInfo).
sub der_numbers {
    my ($der) = @_;
    my $inside = sub {
        my ($data) = @_;
        my ($size, $at) = (ord substr($data, 1, 1), 2);
        if ($size > 127) {
            my $digits = $size & 127;
            $at += $digits;
            $size = oct '0x' . unpack 'H*', substr $data, 2, $digits;
        }
        return (substr($data, $at, $size), substr $data, $at + $size);
    };
    my ($whole) = $inside->($der);
    my (undef, $bits) = $inside->($whole);
    my ($string) = $inside->($bits);
    my ($numbers) = $inside->(substr $string, 1);
    my ($n, $rest) = $inside->($numbers);
    my ($e) = $inside->($rest);
    s/\A\0+// for $n, $e;
    return (b64($n), b64($e));
}

# A public key that openssl reads, from the numbers of a JWK.
sub public_pem {
    my ($n, $e) = @_;
    my $tlv = sub { my ($tag, $data) = @_; my $size = length $data; return chr($tag) . ($size < 128 ? chr $size : "\x82" . pack 'n', $size) . $data };
    my $number = sub { my $bytes = unb64($_[0]); return $tlv->(2, (ord $bytes > 127 ? "\0" : '') . $bytes) };
    my $der = $tlv->(0x30, pack('H*', '300d06092a864886f70d0101010500') . $tlv->(3, "\0" . $tlv->(0x30, $number->($n) . $number->($e))));
    return "-----BEGIN PUBLIC KEY-----\n" . encode_base64($der) . "-----END PUBLIC KEY-----\n";
}

1;
