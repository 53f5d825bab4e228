<?php

// SPDX-License-Identifier: MIT

/*
 * Publishing from PHP with PDO: PHP 8.0 or newer, no packages.
 *
 * Outbox is all that an application needs. It inserts with the application's
 * own connection: inside a transaction a notification is committed together
 * with the change that it reports, or not at all. The database user needs
 * INSERT on one table (see grants.sql). What follows the class shows its use.
 */

declare(strict_types=1);

final class Outbox
{
    private const JSON = JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE
        | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES;

    public function __construct(
        private PDO $db,
        private string $organization,
        private string $table = 'vyte_hooks.vh_outbox'
    ) {
    }

    /*
     * $resource becomes a JSON object; bytes that are no UTF-8 are replaced, so
     * that they do not undo the change. $more may have the columns user,
     * idempotency_key and replace_key, and the times occurred_at, deliver_at
     * and expires_at, each a DateTimeInterface.
     */
    public function publish(
        string $action,
        array $resource,
        array $more = []
    ): void {
        $json = json_encode((object) $resource, self::JSON);
        $this->insert(['action' => $action, 'resource' => $json] + $more);
    }

    /* Cancels what is scheduled with this replace_key. */
    public function cancel(string $replaceKey): void
    {
        $this->insert(['cancels' => $replaceKey]);
    }

    private function insert(array $columns): void
    {
        $names = implode(', ', array_keys($columns));
        $marks = str_repeat(', ?', count($columns));
        $values = array_map([$this, 'toSql'], array_values($columns));
        $this->db
            ->prepare("INSERT INTO {$this->table} (organization, $names)
                VALUES (UNHEX(?)$marks)")
            ->execute([$this->organization, ...$values]);
    }

    /* Times are in UTC there, whatever the time zone of the session is. */
    private function toSql(mixed $value): mixed
    {
        if (!$value instanceof DateTimeInterface) {
            return $value;
        }
        return gmdate('Y-m-d H:i:s', $value->getTimestamp())
            . $value->format('.v');
    }
}

$db = new PDO(
    'mysql:host=localhost;dbname=booking;charset=utf8mb4',
    'hooks_app',
    'change-me-4'
);
$outbox = new Outbox($db, '60af5269459aad001d0cb565');
$paris = new DateTimeZone('Europe/Paris');
$begin = new DateTimeImmutable('+1 week 10:00', $paris);

$db->beginTransaction();
try {
    $db->exec('UPDATE events SET confirmed = 1 WHERE id = 42');
    $outbox->publish(
        'event.confirmed',
        ['id' => 42, 'title' => 'Demo', 'place' => 'Paris'],
        ['idempotency_key' => 'event-42-confirmed']
    );
    // An hour before. The same replace_key moves it later, and
    // $outbox->cancel('reminder-42') cancels it.
    $outbox->publish(
        'event.updated',
        ['id' => 42, 'title' => 'In an hour'],
        [
            'deliver_at' => $begin->modify('-1 hour'),
            'replace_key' => 'reminder-42',
        ]
    );
    $db->commit();
} catch (Throwable $error) {
    $db->rollBack();
    throw $error;
}
