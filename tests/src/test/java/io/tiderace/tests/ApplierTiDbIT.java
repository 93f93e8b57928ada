package io.tiderace.tests;

import io.tiderace.cli.TiDbServer;

/** The applier against TiDB. */
class ApplierTiDbIT extends ApplierContract {
    private final TiDbServer target = Servers.tidb();

    @Override
    String jdbcUrl() {
        return target.jdbcUrl();
    }

    @Override
    String host() {
        return target.host();
    }

    @Override
    int port() {
        return target.port();
    }
}
