<?php
// SPDX-License-Identifier: MIT
/*
 * A receiver to copy from: PHP 7.4 or newer, no packages.
 *
 * verify() and Inbox are all that an application needs; verify() follows
 * Standard Webhooks. The rest is a page that answers 204 to a genuine request
 * and 400 to any other. WEBHOOK_SECRET_FILE names a file that holds the hook's
 * secret (whsec_...), in a folder that the web server does not serve, and
 * WEBHOOK_DATABASE the database for PDO, in which inbox.sql has made two
 * tables. To try it:
 *
 *     WEBHOOK_SECRET_FILE=secret \
 *     WEBHOOK_DATABASE='mysql:host=localhost;dbname=app;user=app;password=...' \
 *     php -S 127.0.0.1:8081 receive.php
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

/*
 * What has arrived, in two tables of the application's database. They are
 * written in the transaction that does the work.
 */
class Inbox
{
    private $db;

    public function __construct(PDO $db)
    {
        $db->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_EXCEPTION);
        $this->db = $db;
    }

    /*
     * 'received' when $work($message) was called for what is news, or why there
     * was nothing to do: 'repeated', 'outdated'.
     */
    public function judge($id, $body, callable $work)
    {
        $this->db->beginTransaction();
        try {
            $word = $this->take($id, $this->messages($body), $work);
            $this->db->commit();
            return $word;
        } catch (Throwable $error) {
            $this->db->rollBack();
            throw $error;
        }
    }

    private function take($id, $messages, $work)
    {
        // The same id in another transaction is waited for.
        $insert = 'INSERT IGNORE INTO webhook_ids (id) VALUES (?)';
        if ($this->run($insert, [$id])->rowCount() === 0) {
            return 'repeated';
        }
        // A batch counts as outdated when all its members are.
        $news = array_filter($messages, [$this, 'isNews']);
        array_map($work, $news);
        return $news || !$messages ? 'received' : 'outdated';
    }

    private function isNews($message)
    {
        $thing = $message['resource']['_id'] ?? null;
        $when = $message['occurred_at'] ?? null;
        if (!is_scalar($thing) || !is_string($when)) {
            return true;
        }
        // As texts the times compare as they should.
        $this->run('INSERT INTO webhook_latest (thing, occurred_at)
            VALUES (?, ?) ON DUPLICATE KEY
            UPDATE occurred_at = GREATEST(occurred_at, ?)',
            [$thing, $when, $when]);
        $latest = $this->run('SELECT occurred_at FROM webhook_latest
            WHERE thing = ? FOR UPDATE', [$thing]);
        return $latest->fetchColumn() === $when;
    }

    /* None when the body is of another form. */
    private function messages($body)
    {
        $found = json_decode($body, true);
        $batch = is_array($found) && isset($found[0]) ? $found : [$found];
        return array_filter($batch, 'is_array');
    }

    private function run($sql, $values)
    {
        $statement = $this->db->prepare($sql);
        $statement->execute($values);
        return $statement;
    }
}

function request_header($name)
{
    $key = 'HTTP_' . strtoupper(str_replace('-', '_', $name));
    return isset($_SERVER[$key]) ? $_SERVER[$key] : '';
}

http_response_code(500);        // whatever dies below is no success
$file = getenv('WEBHOOK_SECRET_FILE');
$secret = $file ? (string) file_get_contents($file) : '';
$id = request_header('webhook-id');
$body = file_get_contents('php://input');
$genuine = verify($secret, $id, request_header('webhook-timestamp'),
    request_header('webhook-signature'), $body);

if (!$genuine) {
    http_response_code(400);
    return;
}
try {
    // A delivery may arrive twice, or after a later one. Work that takes long
    // belongs after the answer.
    $inbox = new Inbox(new PDO(getenv('WEBHOOK_DATABASE')));
    $word = $inbox->judge($id, $body, function ($message) {
        // The application's work with $message['resource'], on the same PDO.
    });
    error_log("$word $id");
    http_response_code(204);
} catch (PDOException $error) {
    error_log($error->getMessage()); // it answers 500 and is sent again
}
