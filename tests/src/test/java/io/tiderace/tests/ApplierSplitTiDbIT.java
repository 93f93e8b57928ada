package io.tiderace.tests;

import io.tiderace.cli.TiDbServer;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/** Pieces of transactions at a TiDB with a small {@code txn-total-size-limit}. */
class ApplierSplitTiDbIT extends ApplierSplitContract {
    private static final int ROOM = 32_768;
    private static TiDbServer server;

    ApplierSplitTiDbIT() {
        super(true, ROOM, 2 * ROOM);
    }

    @BeforeAll
    static void startServer() {
        server = Servers.need(
                "a TiDB built from its sources",
                TiDbServer.start(
                        Servers.checkout().resolve("tests/tidb"),
                        (what, done, total) -> {},
                        "-txn-total-size-limit",
                        String.valueOf(ROOM)));
    }

    @BeforeEach
    void limitStatements() throws SQLException {
        sql("SET GLOBAL max_allowed_packet = " + 4 * ROOM);
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
    String host() {
        return server.host();
    }

    @Override
    int port() {
        return server.port();
    }
}
