<?php

// SPDX-License-Identifier: MIT

/*
 * Runs code of a test, from standard input, with Laravel's components: its
 * container, configuration, database and models, for an application whose
 * classes lie in the folder APPLICATION.
 */

namespace App\Models {

    foreach (['Config', 'Database', 'Events', 'Support'] as $component) {
        require_once "Illuminate/$component/autoload.php";
    }

    class Booking extends \Illuminate\Database\Eloquent\Model
    {
        public $timestamps = false;
        protected $guarded = [];
        protected $casts = ['begins_at' => 'datetime'];
    }
}

namespace {

    use Illuminate\Config\Repository;
    use Illuminate\Container\Container;
    use Illuminate\Database\DatabaseServiceProvider;
    use Illuminate\Events\EventServiceProvider;
    use Illuminate\Support\Facades\DB;
    use Illuminate\Support\Facades\Facade;

    require_once 'Illuminate/Foundation/helpers.php';

    date_default_timezone_set('America/New_York');
    spl_autoload_register(function ($class) {
        if (strpos($class, 'App\\') === 0) {
            $path = strtr(substr($class, strlen('App')), '\\', '/');
            require getenv('APPLICATION') . "/app$path.php";
        }
    });
    $app = new Container();
    Container::setInstance($app);
    Facade::setFacadeApplication($app);
    $app->instance('config', new Repository([
        'database' => [
            'default' => 'mysql',
            'connections' => ['mysql' => [
                'driver' => 'mysql',
                'unix_socket' => getenv('SOCKET'),
                'host' => 'localhost',
                'database' => 'booking',
                'username' => 'hooks_app',
                'password' => getenv('PASSWORD'),
                'charset' => 'utf8mb4',
                'collation' => 'utf8mb4_unicode_ci',
                'prefix' => '',
            ]],
        ],
    ]));
    $app['config']->set(
        'services.vyte_hooks.organization',
        getenv('ORGANIZATION')
    );
    foreach ([EventServiceProvider::class, DatabaseServiceProvider::class] as $name) {
        $provider = new $name($app);
        $provider->register();
        if (method_exists($provider, 'boot')) {
            $provider->boot();
        }
    }
    eval(stream_get_contents(STDIN));
}
