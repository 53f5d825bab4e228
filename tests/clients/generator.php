<?php
// SPDX-License-Identifier: MIT
// With the PHP client of openapi-generator: URL KEY TARGET. The include path
// leads to Guzzle, $HOOKS_CLIENT to the client.
declare(strict_types=1);

use OpenAPI\Client\Api\DeliveriesApi;
use OpenAPI\Client\Api\HooksApi;
use OpenAPI\Client\Api\NotificationsApi;
use OpenAPI\Client\Api\OperationApi;
use OpenAPI\Client\Api\SecretsApi;
use OpenAPI\Client\ApiException;
use OpenAPI\Client\Configuration;
use OpenAPI\Client\Model\DeliveryState;
use OpenAPI\Client\Model\HookChange;
use OpenAPI\Client\Model\HookNew;
use OpenAPI\Client\Model\NotificationNew;
use OpenAPI\Client\Model\Rotation;
use OpenAPI\Client\Model\Scope;

require 'GuzzleHttp/autoload.php';
spl_autoload_register(function (string $class): void {
	$name = str_replace(['OpenAPI\\Client\\', '\\'], ['', '/'], $class);
	$path = getenv('HOOKS_CLIENT') . "/lib/$name.php";
	if (is_file($path)) {
		require $path;
	}
});

function ok(string $step): void
{
	echo "ok $step\n";
}

function must(bool $holds, mixed $what = null): void
{
	if (!$holds) {
		throw new Exception(print_r($what, true));
	}
}

function notification(string $title): NotificationNew
{
	return new NotificationNew([
		'action' => 'event.created',
		'resource' => (object) ['title' => $title],
	]);
}

/* The deliveries of the hook, once so many have arrived. */
function delivered(DeliveriesApi $api, string $hook, int $count): array
{
	for ($end = time() + 60; time() < $end; usleep(200000)) {
		$found = $api->listDeliveries(null, $hook, null,
			DeliveryState::DELIVERED);
		if (count($found) >= $count) {
			return $found;
		}
	}
	throw new Exception('nothing arrives');
}

/* The status of a refusal, and its body. */
function refused(callable $call): array
{
	try {
		$call();
	} catch (ApiException $error) {
		return [$error->getCode(), json_decode($error->getResponseBody())];
	}
	throw new Exception('not refused');
}

[, $url, $key, $target] = $argv;
$settings = (new Configuration())->setHost($url)->setAccessToken($key);
$hooks = new HooksApi(null, $settings);
$secrets = new SecretsApi(null, $settings);
$notifications = new NotificationsApi(null, $settings);
$deliveries = new DeliveriesApi(null, $settings);
$operation = new OperationApi(null, $settings);

$hook = $hooks->createHook(new HookNew([
	'target_url' => $target,
	'action' => 'event.*',
	'scope' => Scope::ORGANIZATION,
	'headers' => ['X-Token' => 'xyzzy'],
]));
$id = $hook->getId();
must($hook->getState()->getIs() === 'healthy'
	&& $hook->getState()->getUntil() === null, $hook);
ok('create');

must(in_array($id, array_map(fn ($h) => $h->getId(), $hooks->listHooks())));
must($hooks->listHooks(null, 'user.joined', null, 1) === []);
ok('list');

must($hooks->getHook($id) == $hook);
ok('get');

$changed = $hooks->changeHook($id, new HookChange([
	'action' => '*',
	'description' => null,
	'rate_limit' => 1000,
]));
must($changed->getAction() === '*' && $changed->getRateLimit() === 1000);
ok('change');

$one = $notifications->publish(notification('One'), null, 'generator.php');
must($one->getAction() === 'event.created' && $one->getUser() === null, $one);
ok('publish');

/* This generator has no type for "one or many": the array is sent as it is,
and what it answers is not read. */
$notifications->publish([notification('Two'), notification('Three')]);
must(count($notifications->listNotifications()) >= 3);
ok('publish many');

$arrived = delivered($deliveries, $id, 3);
must($arrived[0]->getNextAttemptAt() === null
	&& $arrived[0]->getFinishedAt() !== null, $arrived);
$full = $deliveries->getDelivery($arrived[0]->getId());
must($full->getAttempts()[0]->getStatus() === 200
	&& $full->getAttempts()[0]->getError() === null, $full);
$shown = $notifications->getNotification($one->getId());
must(count($shown->getDeliveries()) === 1, $shown);
ok('deliveries');

$old = $secrets->getSecret($id)->getSecret();
$new = $secrets->rotateSecret($id, null, null,
	new Rotation(['overlap' => '1h']))->getSecret();
must(str_starts_with($new, 'whsec_') && $new !== $old);
ok('rotate');

must($hooks->pingHook($id)->getAction() === 'ping');
delivered($deliveries, $id, 4);
ok('ping');

must($hooks->resumeHook($id)->getCount() === 0);
ok('resume');

must($operation->getStats(null, $id)->getSender()->getAlive());
must($operation->getOrganization()->getStored()->getLimit() === 10 << 30);
ok('figures');

[$status, $problem] = refused(fn () => $hooks->createHook(
	new HookNew(['target_url' => 'x', 'action' => 'event.created'])));
must($status === 400 && $problem->errors[0]->pointer === '/target_url');
ok('refused');

$hooks->deleteHook($id);
must(refused(fn () => $hooks->getHook($id))[0] === 404);
ok('delete');
