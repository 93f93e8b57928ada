package io.tiderace.tests;

import io.tiderace.cli.MySqlServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** Pieces of transactions at a MySQL whose log takes little at once. */
class ApplierSplitMySqlIT extends ApplierSplitContract {
    private static final int ROOM = 8_192;
    private static MySqlServer server;

    ApplierSplitMySqlIT() {
        super(false, ROOM, 5 * ROOM); // a single event goes past the cache of the log
    }

    @BeforeAll
    static void startServer() {
        server = MySqlServer.start(
                "--binlog-cache-size=" + ROOM, "--max-binlog-cache-size=" + ROOM, "--max-allowed-packet=" + 4 * ROOM);
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @Override
    String jdbcUrl() {
        return server.jdbcUrl();
    }

    @Override
    int port() {
        return server.port();
    }
}
