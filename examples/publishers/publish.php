<?php
// SPDX-License-Identifier: MIT
/*
 * Publishing from PHP with PDO, inside the application's own transaction: the
 * notification is committed together with the change that it reports.
 */

const ORGANIZATION = '60af5269459aad001d0cb565';

/* $resource is anything that becomes a JSON object; $user may be null. */
function publish(PDO $db, $action, array $resource, $user = null)
{
    $json = json_encode((object) $resource,
        JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES);
    if ($json === false) {
        throw new InvalidArgumentException(json_last_error_msg());
    }
    $row = $db->prepare('INSERT INTO vyte_hooks.vh_outbox
        (organization, action, user, resource) VALUES (UNHEX(?), ?, ?, ?)');
    $row->execute([ORGANIZATION, $action, $user, $json]);
}

$db = new PDO('mysql:host=localhost;dbname=booking;charset=utf8mb4',
    'hooks_app', 'change-me-4', [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);

$db->beginTransaction();
try {
    // ... the application's own change:
    // $db->exec('UPDATE events SET confirmed = 1 WHERE id = 42');
    publish($db, 'event.confirmed', ['title' => 'Demo', 'place' => 'Paris']);
    $db->commit();
} catch (Throwable $e) {
    $db->rollBack();
    throw $e;
}
