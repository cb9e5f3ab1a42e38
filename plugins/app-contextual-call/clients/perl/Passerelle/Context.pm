# From the fields that a product knows to the context of PROTOCOL section 1: checked, normalised, as exact JSON. No I/O.
# Text is Perl's characters: decode bytes first (Encode::decode), or with from_windows1252.
package Passerelle::Context;

use strict;
use warnings;
use utf8;
use Encode ();
use Unicode::Normalize ();

# What a product says of a call; a field that is not known is left out.
our @FIELDS = qw(login rpps family given profile authenticationMethod authenticationTime action target birthName birthDate sex firstGivenName
    birthGivenNames usedName ins insOid identityStatus birthPlaceCog ipp ippNamespace ippOid situation);

my %REASONS = (
    'unknown-key'             => 'Champ inconnu',
    'not-text'                => "Champ qui n'est pas du texte lisible",
    'empty-value'             => "Champ vide : ne pas l'envoyer quand il est inconnu",
    'control-character'       => 'Caractère invisible dans le champ',
    'too-long'                => 'Champ trop long',
    'missing-key'             => 'Champ obligatoire absent',
    'incomplete-pair'         => "Champ qui ne va pas sans l'autre",
    'bad-rpps'                => 'Numéro RPPS faux (11 chiffres, clé comprise)',
    'bad-ins'                 => 'Matricule INS faux (15 caractères, clé comprise)',
    'bad-oid'                 => 'OID mal formé',
    'bad-authority'           => "Autorité de l'IPP mal formée",
    'bad-date'                => 'Date illisible (AAAA-MM-JJ ou JJ/MM/AAAA)',
    'bad-time'                => 'Date et heure illisibles (ISO 8601 avec décalage)',
    'bad-value'               => 'Valeur non prévue',
    'bad-place'               => 'Code INSEE du lieu de naissance faux',
    'creation-incomplete'     => 'Création impossible, identité incomplète',
    'creation-on-workstation' => "Création interdite avec la clé d'un poste",
    'context-too-large'       => 'Contexte trop volumineux',
    'bad-settings'            => 'Réglage absent ou faux',
    'bad-url'                 => "L'adresse du moteur doit être en https, sans paramètre (http sur 127.0.0.1 ou localhost, en test seulement)",
    'key-unreadable'          => 'Clé du site illisible',
    'key-not-protected'       => "Clé du site lisible par d'autres comptes",
);

my $OID = qr/[0-2](?:\.(?:0|[1-9][0-9]*))+/;
my %PATTERNS = (
    authenticationMethod => ['bad-value', qr/os-account|password|cps|e-cps|pro-sante-connect|other/],
    action               => ['bad-value', qr/open|open-or-create/],
    target               => ['bad-value', qr/record|rcp-preparation|pps/],
    sex                  => ['bad-value', qr/[FMOU]/],
    identityStatus       => ['bad-value', qr/PROV|RECUP|VALI|QUAL/],
    insOid               => ['bad-oid', $OID],
    ippOid               => ['bad-oid', $OID],
    ippNamespace         => ['bad-authority', qr/[^&^|~\\]+/],
    birthPlaceCog        => ['bad-place', qr/[0-9]{5}|2[AB][0-9]{3}/],
    authenticationTime   => ['bad-time', qr/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})/],
);

# Every failure: show `detail` (French) and `reference` to the person; `code` and `reason` are for support.
sub failure {
    my ($code, $detail, $reason, $reference) = @_;
    return bless { code => $code, detail => $detail, reason => $reason // '', reference => $reference // '' }, 'Passerelle::Error';
}

sub refused {
    my ($code, $reason, $key) = @_;
    return failure($code, "$REASONS{$reason} : $key", $reason);
}

sub no_context { die refused('ERR_KIT_CONTEXT', @_) }

# Text from the bytes of a product that writes Windows-1252 (also when it says ISO-8859-1); bytes it does not define become controls, which are refused.
sub from_windows1252 {
    my ($bytes) = @_;
    return join '', map { my $text = Encode::decode('cp1252', $_); $text eq "\x{FFFD}" ? chr ord $_ : $text } split //, $bytes;
}

sub is_rpps {
    my ($text) = @_;
    return 0 if $text !~ /\A[0-9]{11}\z/;
    my ($sum, $at) = (0, 0);
    for my $digit (reverse split //, $text) {
        my $doubled = $digit * (1 + $at++ % 2);
        $sum += $doubled > 9 ? $doubled - 9 : $doubled;
    }
    return $sum % 10 == 0;
}

# Thirteen characters (Corsica: 2A, 2B) and a key of two digits.
sub is_ins {
    my ($text) = @_;
    return 0 if $text !~ /\A[0-9]{5}(?:[0-9]{2}|2[AB])[0-9]{8}\z/;
    my $body = substr $text, 0, 13;
    $body =~ s/2A/19/;
    $body =~ s/2B/18/;
    my $rest = 0;
    $rest = ($rest * 10 + $_) % 97 for split //, $body;
    return 97 - $rest == substr($text, 13);
}

# YYYY-MM-DD with 00 for what is unknown, or undef.
sub iso_date {
    my ($text) = @_;
    my ($year, $month, $day);
    if ($text =~ m{\A([0-9]{2})/([0-9]{2})/([0-9]{4})\z}) { ($day, $month, $year) = ($1, $2, $3) }
    elsif ($text =~ /\A([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?\z/ || $text =~ /\A([0-9]{4})([0-9]{2})([0-9]{2})\z/) {
        ($year, $month, $day) = ($1, $2 // '00', $3 // '00');
    }
    return undef if !defined $year || $year < 1850 || $year > 2100 || $month > 12 || $day > 31 || ($month eq '00' && $day ne '00');
    return "$year-$month-$day";
}

# One field, by itself: normalised, or refused.
sub value {
    my ($key, $given) = @_;
    no_context('not-text', $key) if ref $given || $given =~ /[\x{D800}-\x{DFFF}]/;
    my $text = Unicode::Normalize::NFC($given);
    $text =~ s/\A +//;
    $text =~ s/ +\z//;
    no_context('empty-value', $key) if $text eq '';
    no_context('control-character', $key) if $text =~ /[\p{Cc}\p{Cf}\p{Co}\x{2028}\x{2029}\x{FFFD}]/;
    my $units = length($text) + ($text =~ tr/\x{10000}-\x{10FFFF}//);
    no_context('too-long', $key) if $units > ($key eq 'situation' ? 64 : 250);
    no_context('bad-rpps', $key) if $key eq 'rpps' && !is_rpps($text);
    no_context('bad-ins', $key)  if $key eq 'ins'  && !is_ins($text);
    if (my $rule = $PATTERNS{$key}) { no_context($rule->[0], $key) if $text !~ /\A(?:$rule->[1])\z/ }
    return $text if $key ne 'birthDate';
    return iso_date($text) // no_context('bad-date', $key);
}

# A JSON object of pairs, in order, without those that are not said; a reference to text is JSON already.
sub object {
    my @members;
    while (my ($key, $said) = splice @_, 0, 2) {
        push @members, quoted($key) . ':' . (ref $said ? $$said : quoted($said)) if defined $said;
    }
    return '{' . join(',', @members) . '}';
}

sub quoted {
    my ($text) = @_;
    $text =~ s/(["\\])/\\$1/g;
    return "\"$text\"";
}

# The exact JSON text of a context, valid for 60 seconds from $now (seconds since 1970), as UTF-8 bytes.
sub context_of {
    my ($settings, $call, $now, $jti) = @_;
    my %known = map { $_ => 1 } @FIELDS;
    for my $key (sort keys %$call) {
        next if $known{$key};
        (my $shown = substr $key, 0, 40) =~ s/[^A-Za-z0-9._-]/?/g;
        no_context('unknown-key', $shown);
    }
    my %f;
    for my $key (@FIELDS) { $f{$key} = value($key, $call->{$key}) if defined $call->{$key} }
    no_context('missing-key', 'login') if !defined $f{login} && !defined $f{rpps};
    for my $key (qw(authenticationMethod authenticationTime birthName birthDate sex)) { no_context('missing-key', $key) if !defined $f{$key} }
    no_context('missing-key', 'firstGivenName') if !defined $f{firstGivenName} && !defined $f{birthGivenNames};
    no_context('incomplete-pair', 'ins') if defined $f{ins} xor defined $f{insOid};
    my $issuer;
    $issuer = ($f{ippNamespace} // '') . '&' . ($f{ippOid} // '') . '&' . (defined $f{ippOid} ? 'ISO' : '') if defined $f{ippNamespace} || defined $f{ippOid};
    no_context('incomplete-pair', 'ipp') if defined $f{ipp} xor defined $issuer;
    my $action = $f{action} // 'open';
    if ($action eq 'open-or-create') {
        no_context('creation-on-workstation', 'action') if $settings->{workstation};
        no_context('creation-incomplete', 'birthGivenNames') if !defined $f{birthGivenNames};
        no_context('creation-incomplete', 'sex')             if $f{sex} !~ /\A[FM]\z/;
        no_context('creation-incomplete', 'birthDate')       if $f{birthDate} =~ /-00/;
        no_context('creation-incomplete', 'birthPlaceCog')   if !defined $f{birthPlaceCog};
        no_context('creation-incomplete', 'ins') if !defined $issuer && !(defined $f{ins} && ($f{identityStatus} // '') eq 'QUAL');
    }
    my $authentication = object(method => $f{authenticationMethod}, time => $f{authenticationTime});
    my $user = object((map { $_ => $f{$_} } qw(login rpps family given profile)), authentication => \$authentication);
    my $text = object(
        version => '1.0', typ => 'contexte-appel', iss => "urn:finess:$settings->{finess}", aud => "urn:dcc:$settings->{environment}",
        iat => \"$now", exp => \($now + 60), jti => $jti, user => \$user, action => $action, target => $f{target},
        'Patient.name.family' => $f{birthName}, 'Patient.birthDate' => $f{birthDate}, 'Patient.gender' => $f{sex},
        'Patient.name.firstGiven' => $f{firstGivenName}, 'Patient.name.given' => $f{birthGivenNames}, 'Patient.name.used' => $f{usedName},
        'Patient.identifier.value' => $f{ins}, 'Patient.identifier.system' => $f{insOid}, 'Patient.identityStatus' => $f{identityStatus},
        'Address.district' => $f{birthPlaceCog}, PatientID => $f{ipp}, PatientIDIssuer => $issuer, Situation => $f{situation},
    );
    my $bytes = Encode::encode('UTF-8', $text);
    no_context('context-too-large', 'context') if length $bytes > 8192;
    return $bytes;
}

1;
