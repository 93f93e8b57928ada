package io.tiderace.tests;

import io.tiderace.cli.MySqlServer;
import io.tiderace.cli.TiDbServer;

/** A database to write to, made for one figure; closing it ends it. */
record BenchmarkTarget(String name, String host, int port, String jdbcUrl, Runnable stop) implements AutoCloseable {
    static final String TIDB = "TiDB";
    static final String MYSQL = "MySQL";

    /** @throws IllegalStateException when no TiDB can be had here, or the name is another */
    static BenchmarkTarget start(String name) {
        if (name.equals(TIDB)) {
            TiDbServer tidb = TiDbServer.start(
                            Servers.checkout().resolve("tests/tidb"), true, (what, done, total) -> {})
                    .orElseThrow(
                            () -> new IllegalStateException(
                                    "no TiDB can be had here: name one in TIDERACE_TEST_TIDB, or leave it out with --targets MySQL"));
            return new BenchmarkTarget(name, tidb.host(), tidb.port(), tidb.jdbcUrl(), tidb::close);
        }
        if (name.equals(MYSQL)) {
            MySqlServer mysql = MySqlServer.start(
                    "--skip-log-bin", "--innodb-flush-log-at-trx-commit=2", "--innodb-buffer-pool-size=512M");
            return new BenchmarkTarget(name, "127.0.0.1", mysql.port(), mysql.jdbcUrl(), mysql::close);
        }
        throw new IllegalStateException("a target is " + TIDB + " or " + MYSQL + ", not " + name);
    }

    /** For a task of which no applier runs. */
    static BenchmarkTarget none(MySqlServer source) {
        return new BenchmarkTarget("none", "127.0.0.1", source.port(), source.jdbcUrl(), () -> {});
    }

    @Override
    public void close() {
        stop.run();
    }
}
