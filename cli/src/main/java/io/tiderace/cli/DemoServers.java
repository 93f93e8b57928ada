package io.tiderace.cli;

import io.tiderace.schemas.TideraceException.ConfigException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The databases of the demonstration, each on a free port of the loopback interface. */
final class DemoServers implements AutoCloseable {
    private final Deque<AutoCloseable> running = new ArrayDeque<>();
    private final int sourcePort;
    private final String targetHost;
    private final int targetPort;
    private final boolean isTiDb;
    private final Target wanted;

    /** What to migrate into. */
    enum Target {
        AUTO,
        TIDB,
        MYSQL
    }

    /** @throws ConfigException when TiDB was asked for and cannot be had */
    DemoServers(Target wanted, Path folder, Progress progress) {
        this.wanted = wanted;
        MySqlServer source = MySqlServer.start(folder.resolve("source"), progress, "--server-id=1");
        running.push(source);
        sourcePort = source.port();
        Optional<TiDbServer> tidb = wanted == Target.MYSQL
                ? Optional.empty()
                : TiDbServer.start(sources(), wanted == Target.TIDB, progress);
        if (tidb.isEmpty() && wanted == Target.TIDB) {
            close();
            throw new ConfigException(
                    "TR-L015",
                    "no TiDB can be had here: no cached build, no Docker, no Go to build it with",
                    "give the address of one (root without a password) as TIDERACE_TEST_TIDB=host:port, or use --target mysql");
        }
        isTiDb = tidb.isPresent();
        if (tidb.isPresent()) {
            running.push(tidb.get());
            targetHost = tidb.get().host();
            targetPort = tidb.get().port();
        } else {
            MySqlServer second =
                    MySqlServer.start(folder.resolve("target"), progress, "--server-id=2", "--skip-log-bin");
            running.push(second);
            targetHost = Loopback.HOST;
            targetPort = second.port();
        }
    }

    /** What TiDB can be built from; null in the package. */
    private static @Nullable Path sources() {
        String checkout = System.getenv("TIDERACE_CHECKOUT");
        return checkout == null ? null : Path.of(checkout, "tests", "tidb");
    }

    int sourcePort() {
        return sourcePort;
    }

    String targetHost() {
        return targetHost;
    }

    int targetPort() {
        return targetPort;
    }

    /** In words, with the way to a TiDB where there is none. */
    String target() {
        String kind = isTiDb ? "TiDB" : "a second MySQL";
        String why = isTiDb || wanted == Target.MYSQL
                ? ""
                : " (no TiDB was found here: tiderace demo --target tidb builds one, or name one in TIDERACE_TEST_TIDB)";
        return kind + " at " + targetHost + ":" + targetPort + why;
    }

    @Override
    public void close() {
        while (!running.isEmpty()) {
            try {
                running.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
