"""The Node peer (`peers/node/`): express, ussd-menu-builder, ioredis and pg, on the same PostgreSQL, two processes."""

import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import psycopg
from psycopg.conninfo import make_conninfo
from redis import Redis
from redis.exceptions import RedisError

from bench.lab import WORKERS, Lab, Server, free_port, serve
from workers.children import spawn, stop
from workers.services.redis import binary

FOLDER: Final = Path(__file__).parent / "peers" / "node"
STYLES: Final = ("typical", "tuned")
INSTALL_SECONDS: Final = 180


def missing() -> str:
    """Say why the peer cannot run here; nothing if it can. Fetches its packages the first time."""
    if shutil.which("node") is None:
        return "not run: no node"
    if not (FOLDER / "node_modules").exists():
        npm = shutil.which("npm")
        if npm is None:
            return "not run: no npm"
        with suppress(subprocess.TimeoutExpired):
            subprocess.run(  # noqa: S603 the peer's own packages
                (npm, "ci", "--no-audit", "--no-fund"), cwd=FOLDER, capture_output=True, check=False, timeout=INSTALL_SECONDS
            )
    return "" if (FOLDER / "node_modules" / "express").exists() else "not run: its packages cannot be had"


def serve_node(lab: Lab, *, members: int) -> dict[str, Server]:
    """Serve the peer in both styles."""
    _fill(lab, members)
    redis_port = free_port()
    redis = spawn(
        (str(binary()), "--port", str(redis_port), "--bind", "127.0.0.1", "--save", "", "--loglevel", "warning"),
        output=subprocess.DEVNULL,
        cwd=lab.home,
    )
    lab.stack.callback(stop, redis, (15, 5.0))
    _wait(redis_port)
    env = {"PGHOST": lab.sockets, "PGPORT": "5432", "REDIS_PORT": str(redis_port), "WORKERS": str(WORKERS)}
    return {style: _serve(lab, style, env) for style in STYLES}


def _serve(lab: Lab, style: str, env: dict[str, str]) -> Server:
    port = free_port()
    node = shutil.which("node")
    assert node is not None, "missing() was asked first"
    return serve(
        lab, f"node-{style}", (node, "node_app.js"), port=port, path="/ussd", env=env | {"STYLE": style, "PORT": str(port)}, cwd=FOLDER
    )


def _fill(lab: Lab, members: int) -> None:
    """Run the peer's own schema, in the database and as the user that its program names."""
    statements = (FOLDER / "schema.sql").read_text().replace(":n", str(members))
    lines = statements.splitlines()
    with psycopg.connect(make_conninfo(lab.running.database_url, dbname="postgres"), autocommit=True) as connection:
        connection.execute("CREATE ROLE postgres SUPERUSER LOGIN")
        connection.execute("ALTER ROLE postgres SET search_path = bench")  # its functions name no schema
        connection.execute("\n".join(line for line in lines if not line.startswith("vacuum")))
        connection.execute("SET search_path = bench")
        connection.execute("VACUUM ANALYZE member, account")


def _wait(port: int) -> None:
    with Redis(port=port) as redis:
        for _ in range(200):
            with suppress(RedisError):
                redis.ping()
                return
            time.sleep(0.02)
