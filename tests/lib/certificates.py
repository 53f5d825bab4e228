# SPDX-License-Identifier: MIT
"""
Certificates for tests, good ones and wrong ones, made with the openssl program.

    authority = Authority(folder, "authority")
    pem = authority.issue("good", "IP:127.0.0.1")    # certificates and key
    ... Receiver(certificate=pem) ... ca_file = authority.certificate
"""

import datetime
import subprocess

_CONFIG = """
[req]
distinguished_name = nothing
[nothing]
[ca]
default_ca = this
[this]
database = {name}.index
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
certificate = {name}.crt
private_key = {name}.key
[any]
commonName = supplied
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
"""
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def _day(offset):
    """The time that many days from now, in the form of openssl."""
    day = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(
        days=offset
    )
    return day.strftime("%Y%m%d%H%M%SZ")


class Authority:
    """`name` is the stem of its files, which lie in `folder`."""

    def __init__(self, folder, name):
        self.folder = folder
        self.name = name
        self.certificate = folder / f"{name}.crt"
        (folder / f"{name}.conf").write_text(_CONFIG.format(name=name))
        (folder / f"{name}.index").write_text("")
        self._openssl(
            "req",
            "-x509",
            *_KEY,
            "-days",
            "30",
            "-subj",
            f"/CN={name}",
            "-extensions",
            "authority",
            "-keyout",
            f"{name}.key",
            "-out",
            f"{name}.crt",
        )

    def _openssl(self, command, *args):
        done = subprocess.run(
            ["openssl", command, "-config", f"{self.name}.conf", *args],
            cwd=self.folder,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()

    def issue(self, name, host, begin=-1, end=2, more=""):
        """A certificate for `host` ("IP:127.0.0.1"), valid from `begin` to
        `end` in days from now; `more`: lines of extensions."""
        (self.folder / f"{name}.ext").write_text(
            f"subjectAltName = {host}\n{more}\n"
        )
        self._openssl(
            "req",
            *_KEY,
            "-subj",
            f"/CN={name}",
            "-keyout",
            f"{name}.key",
            "-out",
            f"{name}.csr",
        )
        self._openssl(
            "ca",
            "-batch",
            "-notext",
            "-in",
            f"{name}.csr",
            "-out",
            f"{name}.crt",
            "-startdate",
            _day(begin),
            "-enddate",
            _day(end),
            "-extfile",
            f"{name}.ext",
        )
        return self._bundle(name)

    def sign_itself(self, name, host):
        """A certificate for `host` that nobody else has signed."""
        self._openssl(
            "req",
            "-x509",
            *_KEY,
            "-days",
            "2",
            "-subj",
            f"/CN={name}",
            "-addext",
            f"subjectAltName={host}",
            "-keyout",
            f"{name}.key",
            "-out",
            f"{name}.crt",
        )
        return self._bundle(name)

    def issue_through(self, middle, name, host):
        """A certificate whose issuer is `middle`, issued before and no
        authority; it comes along, so that the chain has no gap."""
        (self.folder / f"{name}.ext").write_text(f"subjectAltName = {host}\n")
        self._openssl(
            "req",
            *_KEY,
            "-subj",
            f"/CN={name}",
            "-keyout",
            f"{name}.key",
            "-out",
            f"{name}.csr",
        )
        self._openssl(
            "ca",
            "-batch",
            "-notext",
            "-in",
            f"{name}.csr",
            "-out",
            f"{name}.crt",
            "-startdate",
            _day(-1),
            "-enddate",
            _day(2),
            "-extfile",
            f"{name}.ext",
            "-cert",
            f"{middle}.crt",
            "-keyfile",
            f"{middle}.key",
        )
        return self._bundle(name, middle)

    def as_folder(self, name):
        """A new folder with the authority's certificate under its hash, as
        OpenSSL looks for it."""
        folder = self.folder / name
        folder.mkdir()
        done = subprocess.run(
            ["openssl", "x509", "-noout", "-hash", "-in", self.certificate],
            capture_output=True,
            check=True,
        )
        (folder / f"{done.stdout.decode().strip()}.0").write_bytes(
            self.certificate.read_bytes()
        )
        return folder

    def _bundle(self, *names):
        """Key first, then the chain: what an SSLContext loads."""
        path = self.folder / f"{names[0]}.pem"
        path.write_text(
            "".join(
                (self.folder / part).read_text()
                for part in (f"{names[0]}.key", *(f"{n}.crt" for n in names))
            )
        )
        return path
