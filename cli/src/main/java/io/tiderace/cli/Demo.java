package io.tiderace.cli;

import io.tiderace.cli.ConfigOptions.Setup;
import io.tiderace.config.ConfigLoader;
import io.tiderace.config.Configuration;
import io.tiderace.config.DatabaseConfig;
import io.tiderace.config.ServiceConfig;
import io.tiderace.schemas.TideraceException.RetriesExhaustedException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The demonstration: a shop is migrated while people use it, and compared at the end. */
final class Demo {
    private static final long WORKLOAD_MS = 20_000;
    private static final long BETWEEN_TRADES_MS = 5;
    private static final long SYNC_MAX_MS = 60_000;

    private final PrintStream out;
    private final Path folder;
    private final DemoServers servers;
    private final Setup setup;
    private final DemoShop shop = new DemoShop();

    Demo(PrintStream out, Path folder, DemoServers servers) throws IOException {
        this.out = out;
        this.folder = folder;
        this.servers = servers;
        this.setup = configure();
    }

    private Setup configure() throws IOException {
        Path source = Files.writeString(folder.resolve("source.yaml"), """
                source-id: shop
                enable-gtid: true
                from: {host: 127.0.0.1, port: %d, user: tiderace, password: demo}
                """.formatted(servers.sourcePort()));
        Path task = Files.writeString(
                folder.resolve("task.yaml"), """
                name: demo
                task-mode: all
                online-ddl: false
                target-database: {host: %s, port: %d, user: root, password: ""}
                mysql-instances:
                  - source-id: shop
                    block-allow-list: shop
                block-allow-list:
                  shop: {do-dbs: [shop]}
                """.formatted(servers.targetHost(), servers.targetPort()));
        Configuration read = ConfigLoader.load(List.of(source), List.of(task), null, System.getenv());
        return new Setup(read.service().withDataDir(folder.resolve("data")), read.sources(), read.tasks());
    }

    /** Returns whether source and target were equal at the end. With keep, everything runs on until a signal comes. */
    boolean run(boolean isKept) throws ServerRefusal, InterruptedException {
        prepareSource();
        try (DataDirectory directory = DataDirectory.open(setup.service().dataDir());
                EmbeddedServers kafka = EmbeddedServers.start(directory, setup.service());
                StatusPublisher status = StatusPublisher.start(kafka.config())) {
            Setup running = setup.with(kafka.config());
            ServiceGroup group = new ServiceGroup(
                    Services.all(running, status), (service, error) -> status.failed(service.name(), error));
            kafka.onFailure(group::fail);
            Signals.onStop(group::stop);
            group.start();
            try {
                LiveDisplay display = LiveDisplay.start(out, LiveDisplay.onTerminal(), status::latest);
                try {
                    work(group, status);
                    awaitSynced(group, status);
                } finally {
                    display.close();
                }
                boolean isEqual = group.isStopping() || compare(running);
                if (!group.isStopping()) {
                    explain(kafka.config(), isKept);
                }
                if (isKept) {
                    group.await();
                }
                return isEqual;
            } finally {
                group.stop();
                group.await();
            }
        }
    }

    private void prepareSource() throws ServerRefusal {
        out.println("source: MySQL " + MySqlDistribution.VERSION + " at 127.0.0.1:" + servers.sourcePort()
                + ", schema shop, five tables");
        out.println("target: " + servers.target());
        try (Database root = root()) {
            root.execute("CREATE USER tiderace@'%' IDENTIFIED BY 'demo'");
            root.execute("GRANT SELECT, RELOAD, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO tiderace@'%'");
            shop.load(root);
        }
    }

    private Database root() throws ServerRefusal {
        return Database.open(new DatabaseConfig(
                Loopback.HOST, servers.sourcePort(), "root", new DatabaseConfig.Secret(""), Map.of(), null));
    }

    /** People buy for 20 s; halfway, or once the tables are copied, a column is added under their hands. */
    private void work(ServiceGroup group, StatusPublisher status) throws ServerRefusal, InterruptedException {
        long transactions = 0;
        long rows = 0;
        boolean isColumnAdded = false;
        out.println(
                "the shop is open for " + WORKLOAD_MS / 1000 + " s; halfway a column is added to its busiest table");
        try (Database buyer = root()) {
            buyer.execute("USE " + DemoShop.SCHEMA);
            long begin = System.nanoTime();
            long elapsedMs = 0;
            while ((elapsedMs < WORKLOAD_MS || !isColumnAdded) && !group.isStopping()) {
                if (!isColumnAdded && elapsedMs > WORKLOAD_MS / 2 && isCopied(status)) {
                    shop.addColumn(buyer);
                    isColumnAdded = true;
                }
                rows += shop.trade(buyer);
                transactions++;
                TimeUnit.MILLISECONDS.sleep(BETWEEN_TRADES_MS);
                elapsedMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
            }
        }
        out.println(String.format(
                Locale.ROOT, "the shop is closed: %,d transactions, %,d rows changed", transactions, rows));
    }

    private static boolean isCopied(StatusPublisher status) {
        return status.latest().stream()
                .anyMatch(report ->
                        report.stage().equals("capture") && report.phase().equals("streaming"));
    }

    private void awaitSynced(ServiceGroup group, StatusPublisher status) throws InterruptedException {
        SyncGoal goal = RunCommand.goal(setup);
        CountDownLatch reached = new CountDownLatch(1);
        status.listen(report -> {
            if (goal.accept(report)) {
                reached.countDown();
            }
        });
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(SYNC_MAX_MS);
        while (!reached.await(100, TimeUnit.MILLISECONDS) && !group.isStopping()) {
            if (System.nanoTime() > deadline) {
                throw new RetriesExhaustedException(
                        "TR-L016",
                        "the demonstration's target did not catch up within " + SYNC_MAX_MS / 1000 + " s",
                        "this machine may be busy: run it again; if it stays so, run it with --keep and look at 'tiderace status'");
            }
        }
        if (goal.isReached()) {
            out.println("synced " + goal.reached().get("shop"));
        }
    }

    private boolean compare(Setup running) throws InterruptedException {
        out.println("comparing every row of source and target:");
        PrintWriter writer = new PrintWriter(out, true, StandardCharsets.UTF_8);
        return CompareCommand.compare(running, TimeUnit.SECONDS.toMillis(10), 2, false, writer);
    }

    private void explain(ServiceConfig config, boolean isKept) {
        out.println();
        out.println(
                isKept
                        ? "Everything still runs. To look inside, in another terminal:"
                        : "To look inside, run 'tiderace demo --keep --dir DIR' and, in another terminal:");
        String dir = isKept ? folder.toString() : "DIR";
        String kafka = isKept ? config.bootstrapServers() : "ADDRESS";
        out.println("  tiderace status --data-dir " + dir + "/data");
        out.println("  tiderace tail relay.shop --data-dir " + dir + "/data");
        out.println("  tiderace tail apply.demo.shop --from 0 --limit 20 --json --data-dir " + dir + "/data");
        out.println("  tiderace compare --source " + dir + "/source.yaml --task " + dir + "/task.yaml");
        out.println("  kcat -b " + kafka + " -L");
        out.println("  kcat -b " + kafka + " -C -t " + config.topics().status() + " -o -5 -e");
        if (isKept) {
            out.println("  curl " + config.registryUrl() + "/subjects");
            out.println("  mysql -h 127.0.0.1 -P " + servers.sourcePort()
                    + " -u root shop   # change something at the source");
            out.println("  mysql -h " + servers.targetHost() + " -P " + servers.targetPort()
                    + " -u root shop   # see it arrive");
            out.println("Ctrl-C ends it; what it wrote stays in " + folder);
        }
    }
}
