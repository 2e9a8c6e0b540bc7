"""How many jobs a second PostgreSQL's SKIP LOCKED claims and acknowledges; prints one line of JSON.

usage: python postgres_consumer.py FOLDER_OF_THE_SOCKET JOBS CONNECTIONS

A claim is one statement and an acknowledgement another, each its own transaction, as whoever wants
to see a job again that was lost on the way must do it.
"""

import json
import sys
import threading
import time

import psycopg

PAYLOAD = "x" * 200
TABLE = """
CREATE TABLE jobs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, claimed_at timestamptz, payload text NOT NULL
);
CREATE INDEX waiting ON jobs (id) WHERE claimed_at IS NULL;
"""
FILL = "INSERT INTO jobs (payload) SELECT %s FROM generate_series(1, %s)"
CLAIM = """
UPDATE jobs SET claimed_at = now() WHERE id = (
  SELECT id FROM jobs WHERE claimed_at IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING id, payload
"""
ACKNOWLEDGE = "DELETE FROM jobs WHERE id = %s"


def consume(where: str, ready: threading.Barrier) -> None:
    """One connection: claim and acknowledge until nothing is left."""
    with psycopg.connect(where, autocommit=True, prepare_threshold=0) as connection:
        ready.wait()
        while (row := connection.execute(CLAIM).fetchone()) is not None:
            connection.execute(ACKNOWLEDGE, row[:1])


def main() -> None:
    """Fill the table, then time the consumers."""
    folder, jobs, connections = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    where = f"host={folder} dbname=postgres user=postgres"
    with psycopg.connect(where, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS jobs")
        connection.execute(TABLE)
        connection.execute(FILL, (PAYLOAD, jobs))
        connection.execute("VACUUM ANALYZE jobs")
        server = connection.info.parameter_status("server_version")
    ready = threading.Barrier(connections + 1)
    threads = [threading.Thread(target=consume, args=(where, ready)) for _ in range(connections)]
    for thread in threads:
        thread.start()
    ready.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    said = {"jobs_a_second": jobs / seconds, "jobs": jobs, "version": f"PostgreSQL {server}"}
    print(json.dumps(said))


if __name__ == "__main__":
    main()
