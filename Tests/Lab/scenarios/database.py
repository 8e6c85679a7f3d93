"""A PostgreSQL server on a host of the lab, run as the ordinary user that Debian's package has made for it."""

import pathlib
import shutil
import signal
import stat

import pytest

USER, PASSWORD, NAME = "ra_relay", "for the lab alone", "relay"
PORT = 5432


def _programs():
    """Where Debian keeps `initdb` and `postgres`: the newest version."""
    folders = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
    if not folders:
        pytest.skip("not installed: postgresql")
    return folders[-1]


class Database:
    """A cluster with one database. `url` is what a relay is given as `--state`."""

    def __init__(self, host, directory, port=PORT):
        self.host = host
        self._port = port
        self._bin = _programs()
        self._folder = directory / "postgresql"
        self._folder.mkdir()
        # The database's user may pass through what is above its folder; everything in there keeps its own mode.
        for above in (directory, *directory.parents):
            if not above.stat().st_mode & stat.S_IXOTH:
                above.chmod(above.stat().st_mode | 0o011)
        shutil.chown(self._folder, "postgres", "postgres")
        password = self._folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        self._data = self._folder / "data"
        self._as_postgres(self._bin / "initdb", "-D", self._data, "-U", USER, "--auth=scram-sha-256", f"--pwfile={password}",
                          "--encoding=UTF8", "--locale=C", "--no-sync")
        with (self._data / "pg_hba.conf").open("a") as file:
            file.write("host all all all scram-sha-256\n")
        self.process = None
        self.start()
        self.query(f"CREATE DATABASE {NAME}", database="postgres")

    @property
    def url(self):
        return f"postgres://{USER}:{PASSWORD.replace(' ', '%20')}@{self.host.address}:{self._port}/{NAME}"

    @property
    def socket_url(self):
        """The same, by way of the file system, for whoever is in another network."""
        return f"postgres://{USER}:{PASSWORD.replace(' ', '%20')}@/{NAME}?host={self._folder}&port={self._port}"

    def start(self):
        """What is written is as safe as the kernel makes it: a test pulls no plug."""
        self.process = self.host.popen(
            ["sh", "-c", 'exec "$@" 2>&1', "postgres", *self._user(), self._bin / "postgres", "-D", self._data, "-c", "listen_addresses=*", "-c", f"port={self._port}",
             "-c", f"unix_socket_directories={self._folder}", "-c", "fsync=off"], cwd=self._folder)
        self.process.wait_for_line("ready to accept connections", timeout=30)

    def stop(self):
        """Every connection is closed, nobody is waited for."""
        self.process.signal(signal.SIGINT)
        assert self.process.wait(30) == 0

    def query(self, sql, *, database=NAME):
        """The answer's lines, their columns between bars."""
        answer = self._as_postgres(
            "psql", "-h", self._folder, "-p", self._port, "-U", USER, "-d", database, "-AtXq", "-c", sql, env={"PGPASSWORD": PASSWORD})
        return answer.stdout.splitlines()

    def _as_postgres(self, *arguments, env=None):
        return self.host.run([*self._user(), *arguments], cwd=self._folder, timeout=60, env=env)

    @staticmethod
    def _user():
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
