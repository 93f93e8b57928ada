package io.tiderace.tests;

import io.tiderace.cli.MySqlServer;

/** The applier against MySQL. */
class ApplierMySqlIT extends ApplierContract {
    private final MySqlServer target = Servers.mysqlTarget();

    @Override
    String jdbcUrl() {
        return target.jdbcUrl();
    }

    @Override
    String host() {
        return "127.0.0.1";
    }

    @Override
    int port() {
        return target.port();
    }
}
