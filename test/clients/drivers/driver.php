<?php
/** Drives the PHP client for the vectors: one JSON request a line in, one answer a line out. */
require $argv[1] . '/Passerelle.php';

use Passerelle\{CallError, Passerelle};
use function Passerelle\fromWindows1252;

function answer(array $request): array
{
    try {
        $client = Passerelle::fromFile($request['file']);
        $call = $request['input'] ?? [];
        foreach ($request['windows1252'] ?? [] as $field => $hex) {
            $call[$field] = fromWindows1252(hex2bin($hex));
        }
        switch ($request['op']) {
            case 'context':
                return ['value' => $client->context($call, $request['now'], $request['jti'])];
            case 'jws':
                return ['value' => $client->sign($request['text'])];
            case 'token':
                return ['value' => $client->encrypt($request['text'], $request['key'])];
            default:
                $opened = $client->open($call);
                return ['link' => $opened['link'], 'reference' => $opened['reference']];
        }
    } catch (CallError $error) {
        return ['code' => $error->code, 'reason' => $error->reason, 'detail' => $error->detail, 'reference' => $error->reference];
    }
}

while (($line = fgets(STDIN)) !== false) {
    echo json_encode(answer(json_decode($line, true))), "\n";
}
