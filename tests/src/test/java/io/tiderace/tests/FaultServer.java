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
        return new Handles(server::stop, server::kill, server::startAgain, server::suspend, server::resume);
    }

    static FaultServer of(TiDbServer server) {
        return new Handles(server::stop, server::kill, server::startAgain, server::suspend, server::resume);
    }

    /** What another class has under names of its own. */
    record Handles(Runnable stopping, Runnable killing, Runnable starting, Runnable freezing, Runnable resuming)
            implements FaultServer {
        @Override
        public void stop() {
            stopping.run();
        }

        @Override
        public void kill() {
            killing.run();
        }

        @Override
        public void start() {
            starting.run();
        }

        @Override
        public void freeze() {
            freezing.run();
        }

        @Override
        public void resume() {
            resuming.run();
        }
    }
}
