package io.tiderace.tests;

import io.tiderace.cli.MySqlServer;
import io.tiderace.cli.TiDbServer;

/** A server that faults befall. Not thread-safe. */
interface FaultServer {
    /** Orderly. */
    void stop();

    /** SIGKILL. */
    void kill();

    /** Returns when it serves. */
    void start();

    void freeze();

    void resume();

    static FaultServer of(MySqlServer server) {
        return new FaultServer() {
            @Override
            public void stop() {
                server.stop();
            }

            @Override
            public void kill() {
                server.kill();
            }

            @Override
            public void start() {
                server.startAgain();
            }

            @Override
            public void freeze() {
                server.suspend();
            }

            @Override
            public void resume() {
                server.resume();
            }
        };
    }

    static FaultServer of(TiDbServer server) {
        return new FaultServer() {
            @Override
            public void stop() {
                server.stop();
            }

            @Override
            public void kill() {
                server.kill();
            }

            @Override
            public void start() {
                server.startAgain();
            }

            @Override
            public void freeze() {
                server.suspend();
            }

            @Override
            public void resume() {
                server.resume();
            }
        };
    }
}
