<?php
/** From the fields that a product knows to the context of PROTOCOL section 1: checked, normalised, as exact JSON. No I/O. Text is UTF-8. */

namespace Passerelle;

/** Every failure. Show `detail` (French) and `reference` to the person; `code` and `reason` are for support. */
final class CallError extends \Exception
{
    /** @var string */
    public $code;
    public string $detail;
    public string $reason;
    public string $reference;

    public function __construct(string $code, string $detail, string $reason = '', string $reference = '')
    {
        parent::__construct("$code: $detail");
        $this->code = $code;
        $this->detail = $detail;
        $this->reason = $reason;
        $this->reference = $reference;
    }

    public static function refused(string $code, string $reason, string $key): self
    {
        return new self($code, Context::REASONS[$reason] . " : $key", $reason);
    }
}

final class Context
{
    /** What a product says of a call, all text; a field that is not known is left out. */
    public const FIELDS = [
        'login', 'rpps', 'family', 'given', 'profile', 'authenticationMethod', 'authenticationTime', 'action', 'target',
        'birthName', 'birthDate', 'sex', 'firstGivenName', 'birthGivenNames', 'usedName', 'ins', 'insOid', 'identityStatus',
        'birthPlaceCog', 'ipp', 'ippNamespace', 'ippOid', 'situation',
    ];

    public const REASONS = [
        'unknown-key' => 'Champ inconnu',
        'not-text' => "Champ qui n'est pas du texte lisible",
        'empty-value' => "Champ vide : ne pas l'envoyer quand il est inconnu",
        'control-character' => 'Caractère invisible dans le champ',
        'too-long' => 'Champ trop long',
        'missing-key' => 'Champ obligatoire absent',
        'incomplete-pair' => "Champ qui ne va pas sans l'autre",
        'bad-rpps' => 'Numéro RPPS faux (11 chiffres, clé comprise)',
        'bad-ins' => 'Matricule INS faux (15 caractères, clé comprise)',
        'bad-oid' => 'OID mal formé',
        'bad-authority' => "Autorité de l'IPP mal formée",
        'bad-date' => 'Date illisible (AAAA-MM-JJ ou JJ/MM/AAAA)',
        'bad-time' => 'Date et heure illisibles (ISO 8601 avec décalage)',
        'bad-value' => 'Valeur non prévue',
        'bad-place' => 'Code INSEE du lieu de naissance faux',
        'creation-incomplete' => 'Création impossible, identité incomplète',
        'creation-on-workstation' => "Création interdite avec la clé d'un poste",
        'context-too-large' => 'Contexte trop volumineux',
        'bad-settings' => 'Réglage absent ou faux',
        'bad-url' => "L'adresse du moteur doit être en https, sans paramètre (http sur 127.0.0.1 ou localhost, en test seulement)",
        'key-unreadable' => 'Clé du site illisible',
        'key-not-protected' => "Clé du site lisible par d'autres comptes",
    ];

    private const LISTS = [
        'authenticationMethod' => ['os-account', 'password', 'cps', 'e-cps', 'pro-sante-connect', 'other'],
        'action' => ['open', 'open-or-create'],
        'target' => ['record', 'rcp-preparation', 'pps'],
        'sex' => ['F', 'M', 'O', 'U'],
        'identityStatus' => ['PROV', 'RECUP', 'VALI', 'QUAL'],
    ];

    private const PATTERNS = [
        'insOid' => ['bad-oid', '/^[0-2](\.(0|[1-9][0-9]*))+$/D'],
        'ippOid' => ['bad-oid', '/^[0-2](\.(0|[1-9][0-9]*))+$/D'],
        'ippNamespace' => ['bad-authority', '/^[^&^|~\\\\]+$/D'],
        'birthPlaceCog' => ['bad-place', '/^([0-9]{5}|2[AB][0-9]{3})$/D'],
        'authenticationTime' => ['bad-time', '/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})$/D'],
    ];

    /** Latin letters with a mark, by the mark: letter, composed letter... For PHP without `intl`. */
    private const COMPOSED = [
        "\u{0300}" => 'AÀEÈIÌOÒUÙaàeèiìoòuùÜǛüǜNǸnǹĒḔēḕŌṐōṑWẀwẁÂẦâầĂẰăằÊỀêềÔỒôồƠỜơờƯỪưừYỲyỳ',
        "\u{0301}" => 'AÁEÉIÍOÓUÚYÝaáeéiíoóuúyýCĆcćLĹlĺNŃnńRŔrŕSŚsśZŹzźÜǗüǘGǴgǵÅǺåǻÆǼæǽØǾøǿÇḈçḉĒḖēḗÏḮïḯKḰkḱMḾmḿÕṌõṍŌṒōṓPṔpṕŨṸũṹWẂwẃÂẤâấĂẮăắÊẾêếÔỐôốƠỚơớƯỨưứ',
        "\u{0302}" => 'AÂEÊIÎOÔUÛaâeêiîoôuûCĈcĉGĜgĝHĤhĥJĴjĵSŜsŝWŴwŵYŶyŷZẐzẑẠẬạậẸỆẹệỌỘọộ',
        "\u{0303}" => 'AÃNÑOÕaãnñoõIĨiĩUŨuũVṼvṽÂẪâẫĂẴăẵEẼeẽÊỄêễÔỖôỗƠỠơỡƯỮưữYỸyỹ',
        "\u{0304}" => 'AĀaāEĒeēIĪiīOŌoōUŪuūÜǕüǖÄǞäǟȦǠȧǡÆǢæǣǪǬǫǭÖȪöȫÕȬõȭȮȰȯȱYȲyȳGḠgḡḶḸḷḹṚṜṛṝ',
        "\u{0306}" => 'AĂaăEĔeĕGĞgğIĬiĭOŎoŏUŬuŭȨḜȩḝẠẶạặ',
        "\u{0307}" => 'CĊcċEĖeėGĠgġIİZŻzżAȦaȧOȮoȯBḂbḃDḊdḋFḞfḟHḢhḣMṀmṁNṄnṅPṖpṗRṘrṙSṠsṡŚṤśṥŠṦšṧṢṨṣṩTṪtṫWẆwẇXẊxẋYẎyẏſẛ',
        "\u{0308}" => 'AÄEËIÏOÖUÜaäeëiïoöuüyÿYŸHḦhḧÕṎõṏŪṺūṻWẄwẅXẌxẍtẗ',
        "\u{0309}" => 'AẢaảÂẨâẩĂẲăẳEẺeẻÊỂêểIỈiỉOỎoỏÔỔôổƠỞơởUỦuủƯỬưửYỶyỷ',
        "\u{030A}" => 'AÅaåUŮuůwẘyẙ',
        "\u{030B}" => 'OŐoőUŰuű',
        "\u{030C}" => 'CČcčDĎdďEĚeěLĽlľNŇnňRŘrřSŠsšTŤtťZŽzžAǍaǎIǏiǐOǑoǒUǓuǔÜǙüǚGǦgǧKǨkǩƷǮʒǯjǰHȞhȟ',
        "\u{030F}" => 'AȀaȁEȄeȅIȈiȉOȌoȍRȐrȑUȔuȕ',
        "\u{0311}" => 'AȂaȃEȆeȇIȊiȋOȎoȏRȒrȓUȖuȗ',
        "\u{031B}" => 'OƠoơUƯuư',
        "\u{0323}" => 'BḄbḅDḌdḍHḤhḥKḲkḳLḶlḷMṂmṃNṆnṇRṚrṛSṢsṣTṬtṭVṾvṿWẈwẉZẒzẓAẠaạEẸeẹIỊiịOỌoọƠỢơợUỤuụƯỰưựYỴyỵ',
        "\u{0324}" => 'UṲuṳ',
        "\u{0325}" => 'AḀaḁ',
        "\u{0326}" => 'SȘsșTȚtț',
        "\u{0327}" => 'CÇcçGĢgģKĶkķLĻlļNŅnņRŖrŗSŞsşTŢtţEȨeȩDḐdḑHḨhḩ',
        "\u{0328}" => 'AĄaąEĘeęIĮiįUŲuųOǪoǫ',
        "\u{032D}" => 'DḒdḓEḘeḙLḼlḽNṊnṋTṰtṱUṶuṷ',
        "\u{032E}" => 'HḪhḫ',
        "\u{0330}" => 'EḚeḛIḬiḭUṴuṵ',
        "\u{0331}" => 'BḆbḇDḎdḏKḴkḵLḺlḻNṈnṉRṞrṟTṮtṯZẔzẕhẖ',
    ];

    /** The exact JSON text of a context, valid for 60 seconds from `$now` (seconds since 1970). @throws CallError */
    public static function of(array $settings, array $call, int $now, string $jti): string
    {
        $no = fn (string $reason, string $key): CallError => CallError::refused('ERR_KIT_CONTEXT', $reason, $key);
        foreach (array_keys($call) as $key) {
            if (!in_array($key, self::FIELDS, true)) {
                throw $no('unknown-key', substr(preg_replace('/[^A-Za-z0-9._-]/', '?', (string) $key), 0, 40));
            }
        }
        $f = [];
        foreach (self::FIELDS as $key) {
            if (isset($call[$key])) {
                $f[$key] = self::value($key, $call[$key]);
            }
        }
        if (!isset($f['login']) && !isset($f['rpps'])) {
            throw $no('missing-key', 'login');
        }
        foreach (['authenticationMethod', 'authenticationTime', 'birthName', 'birthDate', 'sex'] as $key) {
            if (!isset($f[$key])) {
                throw $no('missing-key', $key);
            }
        }
        if (!isset($f['firstGivenName']) && !isset($f['birthGivenNames'])) {
            throw $no('missing-key', 'firstGivenName');
        }
        if (isset($f['ins']) !== isset($f['insOid'])) {
            throw $no('incomplete-pair', 'ins');
        }
        $issuer = null;
        if (isset($f['ippNamespace']) || isset($f['ippOid'])) {
            $issuer = ($f['ippNamespace'] ?? '') . '&' . ($f['ippOid'] ?? '') . '&' . (isset($f['ippOid']) ? 'ISO' : '');
        }
        if (isset($f['ipp']) !== ($issuer !== null)) {
            throw $no('incomplete-pair', 'ipp');
        }
        $action = $f['action'] ?? 'open';
        if ($action === 'open-or-create') {
            if (!empty($settings['workstation'])) {
                throw $no('creation-on-workstation', 'action');
            }
            $whole = [
                'birthGivenNames' => isset($f['birthGivenNames']),
                'sex' => $f['sex'] === 'F' || $f['sex'] === 'M',
                'birthDate' => strpos($f['birthDate'], '-00') === false,
                'birthPlaceCog' => isset($f['birthPlaceCog']),
                'ins' => $issuer !== null || (isset($f['ins']) && ($f['identityStatus'] ?? '') === 'QUAL'),
            ];
            foreach ($whole as $key => $said) {
                if (!$said) {
                    throw $no('creation-incomplete', $key);
                }
            }
        }
        $user = [];
        foreach (['login', 'rpps', 'family', 'given', 'profile'] as $key) {
            $user[$key] = $f[$key] ?? null;
        }
        $user['authentication'] = ['method' => $f['authenticationMethod'], 'time' => $f['authenticationTime']];
        $said = fn ($value): bool => $value !== null;
        $members = [
            'version' => '1.0',
            'typ' => 'contexte-appel',
            'iss' => 'urn:finess:' . $settings['finess'],
            'aud' => 'urn:dcc:' . $settings['environment'],
            'iat' => $now,
            'exp' => $now + 60,
            'jti' => $jti,
            'user' => array_filter($user, $said),
            'action' => $action,
            'target' => $f['target'] ?? null,
            'Patient.name.family' => $f['birthName'],
            'Patient.birthDate' => $f['birthDate'],
            'Patient.gender' => $f['sex'],
            'Patient.name.firstGiven' => $f['firstGivenName'] ?? null,
            'Patient.name.given' => $f['birthGivenNames'] ?? null,
            'Patient.name.used' => $f['usedName'] ?? null,
            'Patient.identifier.value' => $f['ins'] ?? null,
            'Patient.identifier.system' => $f['insOid'] ?? null,
            'Patient.identityStatus' => $f['identityStatus'] ?? null,
            'Address.district' => $f['birthPlaceCog'] ?? null,
            'PatientID' => $f['ipp'] ?? null,
            'PatientIDIssuer' => $issuer,
            'Situation' => $f['situation'] ?? null,
        ];
        $text = json_encode(array_filter($members, $said), JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR);
        if (strlen($text) > 8192) {
            throw $no('context-too-large', 'context');
        }
        return $text;
    }

    /** One field, by itself: normalised, or refused. */
    private static function value(string $key, $given): string
    {
        $no = fn (string $reason): CallError => CallError::refused('ERR_KIT_CONTEXT', $reason, $key);
        if (!is_string($given) || preg_match('//u', $given) !== 1) {
            throw $no('not-text');
        }
        $text = trim(self::nfc($given), ' ');
        if ($text === '') {
            throw $no('empty-value');
        }
        if (preg_match('/[\p{Cc}\p{Cf}\p{Co}\x{2028}\x{2029}\x{FFFD}]/u', $text)) {
            throw $no('control-character');
        }
        $units = preg_match_all('/./su', $text) + preg_match_all('/[\x{10000}-\x{10FFFF}]/u', $text);
        if ($units > ($key === 'situation' ? 64 : 250)) {
            throw $no('too-long');
        }
        if (isset(self::LISTS[$key]) && !in_array($text, self::LISTS[$key], true)) {
            throw $no('bad-value');
        }
        if ($key === 'rpps' && !self::isRpps($text)) {
            throw $no('bad-rpps');
        }
        if ($key === 'ins' && !self::isIns($text)) {
            throw $no('bad-ins');
        }
        if (isset(self::PATTERNS[$key]) && !preg_match(self::PATTERNS[$key][1], $text)) {
            throw $no(self::PATTERNS[$key][0]);
        }
        if ($key !== 'birthDate') {
            return $text;
        }
        $date = self::isoDate($text);
        if ($date === null) {
            throw $no('bad-date');
        }
        return $date;
    }

    private static function nfc(string $text): string
    {
        if (class_exists('Normalizer')) {
            return \Normalizer::normalize($text, \Normalizer::FORM_C);
        }
        $letters = [];
        foreach (preg_split('//u', $text, -1, PREG_SPLIT_NO_EMPTY) as $letter) {
            $last = count($letters) - 1;
            if ($last >= 0 && preg_match('/^(?:..)*?' . preg_quote($letters[$last], '/') . '(.)/u', self::COMPOSED[$letter] ?? '', $found)) {
                $letters[$last] = $found[1];
            } else {
                $letters[] = $letter;
            }
        }
        return implode('', $letters);
    }

    private static function isRpps(string $text): bool
    {
        if (!preg_match('/^[0-9]{11}$/D', $text)) {
            return false;
        }
        $sum = 0;
        foreach (str_split(strrev($text)) as $at => $digit) {
            $doubled = (int) $digit * (1 + $at % 2);
            $sum += $doubled > 9 ? $doubled - 9 : $doubled;
        }
        return $sum % 10 === 0;
    }

    /** Thirteen characters (Corsica: 2A, 2B) and a key of two digits. */
    private static function isIns(string $text): bool
    {
        if (!preg_match('/^[0-9]{5}([0-9]{2}|2[AB])[0-9]{8}$/D', $text)) {
            return false;
        }
        $body = str_replace(['2A', '2B'], ['19', '18'], substr($text, 0, 13));
        $rest = 0;
        foreach (str_split($body) as $digit) {
            $rest = ($rest * 10 + (int) $digit) % 97; // 13 digits do not fit where integers have 32 bits
        }
        return 97 - $rest === (int) substr($text, 13);
    }

    private static function isoDate(string $text): ?string
    {
        if (preg_match('/^([0-9]{2})\/([0-9]{2})\/([0-9]{4})$/D', $text, $m)) {
            [, $day, $month, $year] = $m;
        } elseif (preg_match('/^([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?$/D', $text, $m) || preg_match('/^([0-9]{4})([0-9]{2})([0-9]{2})$/D', $text, $m)) {
            [, $year, $month, $day] = $m + [2 => '00', 3 => '00'];
        } else {
            return null;
        }
        if ((int) $year < 1850 || (int) $year > 2100 || (int) $month > 12 || (int) $day > 31 || ($month === '00' && $day !== '00')) {
            return null;
        }
        return "$year-$month-$day";
    }
}
