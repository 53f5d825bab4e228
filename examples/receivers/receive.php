<?php
// SPDX-License-Identifier: MIT
/*
 * A receiver to copy from: PHP 7 or newer, no packages.
 *
 * verify() is all that an application needs; it follows Standard Webhooks.
 * The rest is a page that answers 204 to a genuine request and 400 to any
* other. WEBHOOK_SECRET_FILE names a file that holds the hook's secret
 * (whsec_...), in a folder that the web server does not serve. To try it:
 *
 *     WEBHOOK_SECRET_FILE=secret php -S 127.0.0.1:8081 receive.php
 */

// A captured request must be of no use after a few minutes.
const TOLERANCE_SECONDS = 300;

/* True when $body, the bytes as received, is genuine. */
function verify($secret, $id, $timestamp, $signatures, $body)
{
    if (!preg_match('/^[0-9]{1,12}$/D', $timestamp)
        || abs(time() - (int) $timestamp) > TOLERANCE_SECONDS) {
        return false;
    }
    $key = base64_decode(preg_replace('/^whsec_/', '', trim($secret)), true);
    if ($key === false || strlen($key) < 24) {
        return false;           // a lost secret must not become an empty key
    }
    $mac = hash_hmac('sha256', "$id.$timestamp.$body", $key, true);
    $expected = 'v1,' . base64_encode($mac);
    // While a secret is replaced, each valid one has a signature.
    foreach (explode(' ', $signatures) as $given) {
        if (hash_equals($expected, $given)) {
            return true;
        }
    }
    return false;
}

function request_header($name)
{
    $key = 'HTTP_' . strtoupper(str_replace('-', '_', $name));
    return isset($_SERVER[$key]) ? $_SERVER[$key] : '';
}

$file = getenv('WEBHOOK_SECRET_FILE');
$secret = $file ? (string) file_get_contents($file) : '';
$id = request_header('webhook-id');
$body = file_get_contents('php://input');
$genuine = verify($secret, $id, request_header('webhook-timestamp'),
    request_header('webhook-signature'), $body);

if ($genuine) {
    $event = json_decode($body, true);
    // A delivery may arrive twice. Write $id into a table with a unique key,
    // in the transaction that does the work; when it exists already, answer
    // 204 and do nothing. Work that takes long belongs after the answer.
    error_log("received $id");
}
http_response_code($genuine ? 204 : 400);
