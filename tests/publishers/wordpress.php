<?php

// SPDX-License-Identifier: MIT

/*
 * A stand-in for the functions of WordPress that vyte-hooks.php calls when it
 * publishes; make check-publishers has WordPress itself. Options lie in a table
 * as there, hooks run in the order in which they were added.
 */

const ABSPATH = __DIR__;
const MINUTE_IN_SECONDS = 60;
const HOUR_IN_SECONDS = 3600;
const WEEK_IN_SECONDS = 604800;

$hooks = [];

function add_action($hook, $call, $priority = 10, $count = 1)
{
    $GLOBALS['hooks'][$hook][] = [$call, $count];
}

function add_filter($hook, $call, $priority = 10, $count = 1)
{
    add_action($hook, $call, $priority, $count);
}

function has_action($hook, $call)
{
    return in_array($call, array_column($GLOBALS['hooks'][$hook] ?? [], 0), true);
}

function do_action($hook, ...$arguments)
{
    foreach ($GLOBALS['hooks'][$hook] ?? [] as [$call, $count]) {
        $call(...array_slice($arguments, 0, $count));
    }
}

function apply_filters($hook, $value, ...$arguments)
{
    foreach ($GLOBALS['hooks'][$hook] ?? [] as [$call, $count]) {
        $value = $call($value, ...array_slice($arguments, 0, $count - 1));
    }
    return $value;
}

function __($text, $domain)
{
    return $text;
}

function is_admin()
{
    return false;
}

function register_activation_hook($file, $call)
{
}

function register_deactivation_hook($file, $call)
{
}

class wpdb
{
    public $options = 'wp_options';
    public $last_error = '';
    private $link;

    public function __construct($socket, $user, $password, $name)
    {
        mysqli_report(MYSQLI_REPORT_OFF);
        $this->link = new mysqli('localhost', $user, $password, $name, 0, $socket);
        $this->link->set_charset('utf8mb4');
        $this->query("CREATE TABLE IF NOT EXISTS {$this->options} (
            option_id BIGINT AUTO_INCREMENT PRIMARY KEY,
            option_name VARCHAR(191) UNIQUE, option_value LONGTEXT)");
    }

    public function query($sql)
    {
        $done = $this->link->query($sql);
        $this->last_error = $this->link->error;
        return $done;
    }

    public function prepare($sql, ...$values)
    {
        $quote = fn ($value) => "'" . $this->link->escape_string($value) . "'";
        return vsprintf($sql, array_map($quote, $values));
    }

    public function get_col($sql)
    {
        return array_column($this->query($sql)->fetch_all(), 0);
    }

    public function esc_like($text)
    {
        return addcslashes($text, '_%\\');
    }

    public function suppress_errors($quiet = true)
    {
        return false;
    }
}

function get_option($name, $default = false)
{
    global $wpdb;
    $found = $wpdb->get_col($wpdb->prepare('SELECT option_value
        FROM wp_options WHERE option_name = %s', $name));
    return $found ? unserialize($found[0]) : $default;
}

function add_option($name, $value, $deprecated, $autoload)
{
    global $wpdb;
    $wpdb->query($wpdb->prepare('INSERT INTO wp_options
        (option_name, option_value) VALUES (%s, %s)', $name, serialize($value)));
}

function delete_option($name)
{
    global $wpdb;
    $wpdb->query($wpdb->prepare(
        'DELETE FROM wp_options WHERE option_name = %s',
        $name
    ));
}

function update_option($name, $value)
{
    delete_option($name);
    add_option($name, $value, '', true);
}

function get_transient($name)
{
    return get_option("_transient_$name");
}

function set_transient($name, $value, $seconds)
{
    update_option("_transient_$name", $value);
}

function delete_transient($name)
{
    delete_option("_transient_$name");
}

function wp_cache_delete($name, $group)
{
}

function wp_parse_args($given, $defaults)
{
    return $given + $defaults;
}

function wp_json_encode($value, $flags = 0)
{
    return json_encode($value, $flags);
}

function wp_generate_uuid4()
{
    return vsprintf(
        '%s%s-%s-%s-%s-%s%s%s',
        str_split(bin2hex(random_bytes(16)), 4)
    );
}

function sanitize_text_field($text)
{
    return trim(strip_tags($text));
}

class WP_Error
{
    public function __construct(
        private $code,
        private $message,
        private $data = null
    ) {
    }

    public function get_error_message()
    {
        return $this->message;
    }

    public function get_error_data()
    {
        return $this->data;
    }
}

function is_wp_error($thing)
{
    return $thing instanceof WP_Error;
}

function wp_remote_request($url, $options)
{
    $lines = [];
    foreach ($options['headers'] as $name => $value) {
        $lines[] = "$name: $value";
    }
    $body = @file_get_contents($url, false, stream_context_create(['http' => [
        'method' => $options['method'],
        'header' => $lines,
        'content' => $options['body'],
        'timeout' => $options['timeout'],
        'max_redirects' => $options['redirection'],
        'ignore_errors' => true,
        'protocol_version' => 1.1,
    ]]));
    return $body === false
        ? new WP_Error('http_request_failed', error_get_last()['message'])
        : ['head' => $http_response_header, 'body' => $body];
}

function wp_remote_retrieve_response_code($answer)
{
    return (int) explode(' ', $answer['head'][0])[1];
}

function wp_remote_retrieve_body($answer)
{
    return $answer['body'];
}

function wp_remote_retrieve_header($answer, $name)
{
    $found = preg_grep("/^$name: /i", $answer['head']);
    return $found ? explode(': ', reset($found))[1] : '';
}

$wpdb = new wpdb(...explode('|', getenv('WORDPRESS_DATABASE')));
require __DIR__ . '/woocommerce.php';
require getenv('WORDPRESS_PLUGIN');
do_action('init');
register_shutdown_function('do_action', 'shutdown');
