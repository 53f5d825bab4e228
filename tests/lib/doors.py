# SPDX-License-Identifier: MIT
"""
The ways into hooks.fcgi: plain CGI, and the web servers with the very files
from examples/. Each door takes the same request and gives the same Response.

    door = doors.enter("lighttpd", service)
    door.request("GET", "/v2/hooks", [("Authorization", key)])
"""

import http.client
import io
import os
import pathlib
import pwd
import shutil
import socket
import subprocess

import openapi
import processes
import rawhttp
import service as services
import where

# What `make check` runs the API tests through.
ALL = tuple(os.environ.get("HOOKS_TEST_DOORS", "cgi lighttpd apache").split())


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _user_to_become():
    """The user of a web server started as root, which must not stay root."""
    return pwd.getpwuid(processes.NOBODY).pw_name


class _Door:
    """`base` is the path below which the service lies, as in [api]."""

    def __init__(self, service, base=""):
        self.service = service
        self.base = base
        self.log = service.folder / f"{self.name}.log"

    def request(self, method, target, headers=(), body=None, chunked=False):
        """One exchange; the answer is as htdocs/openapi.yaml says."""
        answer = self.exchange(method, target, headers, body, chunked)
        if isinstance(target, str) and target.startswith(self.base):
            openapi.note(method, target[len(self.base) :], body, answer)
        return answer

    def _environment(self):
        return dict(
            os.environ, HOOKS_CONFIG=str(self.service.config(services.API))
        )


class Cgi(_Door):
    """RFC 3875 by hand: environment, standard input, standard output."""

    name = "cgi"

    def _meta(self, method, target, headers):
        path, _, query = target.partition("?")
        env = self._environment()
        env.update(
            {
                "GATEWAY_INTERFACE": "CGI/1.1",
                "SERVER_PROTOCOL": "HTTP/1.1",
                "SERVER_SOFTWARE": "test",
                "SERVER_NAME": "127.0.0.1",
                "SERVER_PORT": "80",
                "REMOTE_ADDR": "127.0.0.1",
                "REQUEST_METHOD": method,
                "REQUEST_URI": target,
                "SCRIPT_NAME": "",
                "PATH_INFO": path,
                "QUERY_STRING": query,
            }
        )
        for name, value in headers:
            key = name.upper().replace("-", "_")
            key = key if key == "CONTENT_TYPE" else f"HTTP_{key}"
            # Servers join repeated headers so.
            env[key] = f"{env[key]}, {value}" if key in env else value
        return env

    def exchange(self, method, target, headers=(), body=None, chunked=False):
        """A chunked body comes as Apache hands it over: without a length."""
        env = self._meta(method, target, headers)
        if body is not None and chunked:
            env["HTTP_TRANSFER_ENCODING"] = "chunked"
        elif body is not None:
            env["CONTENT_LENGTH"] = str(len(body))
        done = self._run(env, body or b"")
        with open(self.log, "ab") as log:
            log.write(done.stderr)
        assert done.returncode == 0, done
        return self._parse(done.stdout)

    def begin(self, method, target, headers, body):
        """The program as a server starts it, which reads the answer itself,
        and waits."""
        env = self._meta(method, target, headers)
        env["CONTENT_LENGTH"] = str(len(body))
        with open(self.log, "ab") as log:
            process = subprocess.Popen(
                [self._program()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=env,
            )
        process.stdin.write(body)
        process.stdin.close()
        return process

    def _program(self):
        return self.service.prefix / "libexec/vyte-hooks/hooks.fcgi"

    def _run(self, env, body):
        return subprocess.run(
            [self._program()],
            input=body,
            capture_output=True,
            timeout=30,
            env=env,
            check=False,
        )

    @staticmethod
    def _parse(output):
        head, separator, body = output.partition(b"\r\n\r\n")
        assert separator, f"no end of headers in {output[:500]!r}"
        parsed = http.client.parse_headers(io.BytesIO(head + b"\r\n\r\n"))
        headers = [(n, v) for n, v in parsed.items() if n.lower() != "status"]
        status = int(parsed.get("Status", "200").split()[0])
        return rawhttp.Response(status, headers, body)


class Server(_Door):
    """A web server as a child, on a free port of the loopback."""

    def __init__(self, service, base=""):
        super().__init__(service, base)
        self.port = free_port()
        # The classes of one file enter the same door after each other.
        self.home = service.folder.for_nobody(
            f"{self.name}{base.replace('/', '-')}.{len(service.children)}"
        )
        self.start()

    def start(self):
        """Also again, when it was stopped."""
        self.child = processes.Child(
            self.name,
            self._command(),
            self.log,
            env=self._server_environment(),
            cwd=self.home,
        )
        self.service.children.append(self.child)
        processes.wait_until(self._listens, 20, f"{self.name}'s start")

    def _server_environment(self):
        return dict(os.environ)

    def _listens(self):
        self.child.check()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def exchange(self, method, target, headers=(), body=None, chunked=False):
        return self.raw(
            rawhttp.request_bytes(method, target, headers, body, chunked),
            method,
        )

    def raw(self, data, method="GET"):
        return rawhttp.exchange(self.port, data, method)


class Lighttpd(Server):
    """lighttpd with mod_fastcgi, which starts hooks.fcgi itself."""

    name = "lighttpd"

    def _lines(self):
        return [
            "server.modules = ()",
            'server.bind = "127.0.0.1"',
            f"server.port = {self.port}",
            f'server.document-root = "{self.home}"',
            f'server.errorlog = "{self.log}"',
            f'var.hooks_prefix = "{self.service.prefix}"',
            f'var.hooks_base = "{self.base}/"',
            # Relative: a socket's path has room for 107 bytes only.
            'var.hooks_socket = "hooks.sock"',
            f'include "{where.EXAMPLES}/lighttpd.conf"',
        ]

    def _command(self):
        binary = where.server("lighttpd")
        modules = where.root_of(binary) / "usr/lib/lighttpd"
        config = self.home / "lighttpd.conf"
        lines = self._lines()
        if os.getuid() == 0:
            # The log is opened after the server gave up root.
            self.log.touch()
            os.chown(self.log, processes.NOBODY, processes.NOBODY)
            lines.append(f'server.username = "{_user_to_become()}"')
        config.write_text("\n".join(lines) + "\n")
        return [binary, "-D", "-m", modules, "-f", config]


class _Apache(Server):
    """Apache httpd; `modules` beside the ones that every door needs."""

    modules = ()
    example = ""
    _ALWAYS = (
        "mpm_event",
        "authz_core",
        "unixd",
        "mime",
        "dir",
        "alias",
        "headers",
        "setenvif",
        "env",
        "rewrite",
    )
    _BUILT_IN = ("unixd",)

    def _server_environment(self):
        return where.library_path(where.server("apache2", "httpd"))

    def _site(self):
        return [f'Include "{where.EXAMPLES / self.example}"']

    def _command(self):
        binary = where.server("apache2", "httpd")
        modules = where.root_of(binary) / "usr/lib/apache2/modules"
        wanted = [
            m for m in (*self._ALWAYS, *self.modules) if m not in self._BUILT_IN
        ]
        lines = [f"LoadModule {m}_module {modules}/mod_{m}.so" for m in wanted]
        lines += [
            f"Listen 127.0.0.1:{self.port}",
            "ServerName 127.0.0.1",
            f"ServerRoot {self.home}",
            f"PidFile {self.home}/pid",
            f"ErrorLog {self.log}",
            f"DefaultRuntimeDir {self.home}",
            "TypesConfig /dev/null",
            "AddType text/html .html",
            "AddType text/css .css",
            f'DocumentRoot "{self.home}"',
        ]
        if os.getuid() == 0:
            lines += [f"User {_user_to_become()}", "Group #65534"]
        config = self.home / "httpd.conf"
        config.write_text("\n".join([*lines, *self._site()]) + "\n")
        return [
            binary,
            "-D",
            "FOREGROUND",
            "-f",
            config,
            "-C",
            f"Define HOOKS_PREFIX {self.service.prefix}",
            "-C",
            f"Define HOOKS_BASE {self.base}/",
            *self._defines(),
        ]

    def _defines(self):
        return []


class Apache(_Apache):
    """mod_fcgid, which starts hooks.fcgi itself."""

    name = "apache"
    modules = ("fcgid",)
    example = "apache-mod_fcgid.conf"

    def _site(self):
        # mod_fcgid's own folder for sockets: its default is the system's.
        return [
            f"FcgidIPCDir {self.home}",
            f"FcgidProcessTableFile {self.home}/table",
            *super()._site(),
        ]


def start_responders(service, path, count=1):
    """hooks.fcgi as spawn-fcgi or systemd starts it: the socket is descriptor
    0."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        os.chmod(path, 0o666)
        listener.listen(64)
        env = dict(os.environ, HOOKS_CONFIG=str(service.config(services.API)))
        for _ in range(count):
            service.children.append(
                processes.Child(
                    "hooks.fcgi",
                    [service.prefix / "libexec/vyte-hooks/hooks.fcgi"],
                    service.folder / "responder.log",
                    env=env,
                    stdin=listener,
                )
            )


class ApacheProxy(_Apache):
    """mod_proxy_fcgi and a hooks.fcgi that was started on a unix socket."""

    name = "apache-proxy"
    modules = ("proxy", "proxy_fcgi")
    example = "apache-mod_proxy_fcgi.conf"
    responders = 1

    def __init__(self, service, base=""):
        self.socket = (
            service.folder / f"{self.name}{base.replace('/', '-')}.sock"
        )
        start_responders(service, self.socket, self.responders)
        super().__init__(service, base)

    def _defines(self):
        return ["-C", f"Define HOOKS_SOCKET {self.socket}"]


class SharedHosting(_Apache):
    """Hosting without access to the server's configuration: a folder with
    hooks.fcgi, the dashboard and examples/htaccess in it."""

    name = "shared-hosting"
    modules = ("fcgid",)

    def _handler(self):
        return [
            f"FcgidIPCDir {self.home}",
            f"FcgidProcessTableFile {self.home}/table",
            # Such hosts set the program's environment by its own means.
            f"FcgidInitialEnv HOOKS_CONFIG {self._hooks_conf()}",
        ]

    def _hooks_conf(self):
        return self.service.prefix / "etc/vyte-hooks/hooks.conf"

    def _site(self):
        site = pathlib.Path(f"{self.home}/site{self.base}")
        installed = self.service.prefix
        site.mkdir(parents=True)
        for path in (installed / "share/vyte-hooks/htdocs").iterdir():
            (site / path.name).symlink_to(path)
        (site / "hooks.fcgi").symlink_to(
            installed / "libexec/vyte-hooks/hooks.fcgi"
        )
        # Put there as an operator does; the checkout may be out of reach.
        shutil.copyfile(where.EXAMPLES / "htaccess", site / ".htaccess")
        (site / ".htaccess").chmod(0o644)
        return [
            *self._handler(),
            f'DocumentRoot "{self.home}/site"',
            "AllowEncodedSlashes NoDecode",
            f'<Directory "{site}">',
            "AllowOverride All",
            "Options +FollowSymLinks +ExecCGI",
            "Require all granted",
            "DirectoryIndex index.html",
            "</Directory>",
        ]


class SharedCgi(SharedHosting):
    """The same without mod_fcgid: plain CGI."""

    name = "shared-cgi"
    modules = ("cgid",)

    def _handler(self):
        return [
            f"ScriptSock {self.home}/cgid",
            f"SetEnv HOOKS_CONFIG {self._hooks_conf()}",
        ]


_KINDS = {
    c.name: c
    for c in (
        Cgi,
        Lighttpd,
        Apache,
        ApacheProxy,
        SharedHosting,
        SharedCgi,
    )
}


def register(kind):
    """For a door that a test file has for itself."""
    _KINDS[kind.name] = kind
    return kind


def enter(name, service, base=""):
    """A door into a service; it is opened once and closes with the service."""
    if (name, base) not in service.doors:
        service.doors[name, base] = _KINDS[name](service, base)
    return service.doors[name, base]
