package io.tiderace.tests;

import io.tiderace.config.CopyLimits;
import io.tiderace.config.ServiceConfig;
import io.tiderace.config.TaskConfig.Mode;
import io.tiderace.router.RouterService;
import io.tiderace.schemas.StatusReport;
import io.tiderace.schemas.TideraceException.DataException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Goal: exactly once, whatever happens to router processes. Method: random transactions into a relay topic while routers are stopped,
 * killed and added; the apply topic then holds exactly the passing rows, contiguous markers and right counts.
 */
class RouterIT {
    private static final Duration ENOUGH = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void end() {
        processes.forEach(Process::destroyForcibly);
        threads.shutdownNow();
    }

    @Test
    void stopsAndStartsInTheMiddle() throws Exception {
        ServiceConfig config = config();
        String task = Servers.freshName("router-task");
        String source = Servers.freshName("router-source");
        ConcurrentLinkedDeque<StatusReport> reports = new ConcurrentLinkedDeque<>();
        try (RelayTopic relay = new RelayTopic(config, task, source)) {
            for (int round = 0; round < 4; round++) {
                RouterService service = RouterProcess.service(config, task, Mode.ALL, List.of(source), reports::add);
                Future<?> running = run(service);
                for (int i = 0; i < 50; i++) {
                    relay.write(20);
                    Thread.sleep(10);
                }
                if (round == 3) {
                    assertThat(relay.applied(config, ENOUGH)).isEqualTo(relay.expected());
                    Thread.sleep(1200);
                }
                long before = System.nanoTime();
                service.stop();
                running.get(10, TimeUnit.SECONDS);
                assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(5));
            }
            assertThat(reports.getLast().phase()).isEqualTo("stopped");
            assertThat(reports)
                    .anyMatch(report -> report.phase().equals("streaming")
                            && report.txn() == relay.txn()
                            && report.rows() > 0
                            && report.lagMs() >= 0);
        }
        assertThat(timestampTypes(config, "-changelog")).isNotEmpty().containsOnly("LogAppendTime");
    }

    /** Of the topics whose names end so: a broker refuses records whose time is far ahead of its own where it does not stamp them itself. */
    private static List<String> timestampTypes(ServiceConfig config, String nameEnd) throws Exception {
        try (Admin admin = Admin.create(new HashMap<>(config.kafka()))) {
            List<ConfigResource> topics = admin.listTopics().names().get(30, TimeUnit.SECONDS).stream()
                    .filter(name -> name.endsWith(nameEnd))
                    .map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name))
                    .toList();
            return admin.describeConfigs(topics).all().get(30, TimeUnit.SECONDS).values().stream()
                    .map(settings -> settings.get("message.timestamp.type").value())
                    .toList();
        }
    }

    @Test
    void killedProcessesLeaveNothingOutAndRepeatNothing() throws Exception {
        ServiceConfig config = config();
        String task = Servers.freshName("router-task");
        // more sources than threads: those of a thread share its transactions
        List<String> sources = Stream.generate(() -> Servers.freshName("router-source"))
                .limit(Runtime.getRuntime().availableProcessors() + 1)
                .toList();
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        List<RelayTopic> relays = new ArrayList<>();
        for (String source : sources) {
            relays.add(new RelayTopic(config, task, source));
        }
        Future<?> writing = threads.submit(() -> {
            for (int i = 0; i < 1000; i++) {
                relays.forEach(relay -> relay.write(5));
                Thread.sleep(10);
            }
            return null;
        });
        for (int kill = 0; kill < 5; kill++) {
            Process process = start(task, sources);
            Thread.sleep(2500 + random.nextInt(2000));
            process.destroyForcibly().waitFor();
        }
        start(task, sources);
        writing.get(120, TimeUnit.SECONDS);
        for (RelayTopic relay : relays) {
            assertThat(relay.applied(config, ENOUGH)).isEqualTo(relay.expected());
            relay.close();
        }
    }

    @Test
    void workOfADeadProcessMovesToAnother() throws Exception {
        ServiceConfig config = config();
        String task = Servers.freshName("router-task");
        List<String> sources = List.of(Servers.freshName("router-source"), Servers.freshName("router-source"));
        try (RelayTopic one = new RelayTopic(config, task, sources.get(0));
                RelayTopic two = new RelayTopic(config, task, sources.get(1))) {
            Process first = start(task, sources);
            one.write(10);
            two.write(10);
            assertThat(one.applied(config, ENOUGH)).isEqualTo(one.expected());
            start(task, sources);
            for (int i = 0; i < 300; i++) {
                one.write(5);
                two.write(5);
                Thread.sleep(10);
            }
            first.destroyForcibly().waitFor();
            long killed = System.nanoTime();
            one.write(5);
            two.write(5);
            assertThat(one.applied(config, ENOUGH)).isEqualTo(one.expected());
            assertThat(two.applied(config, ENOUGH)).isEqualTo(two.expected());
            Duration took = Duration.ofNanos(System.nanoTime() - killed);
            System.out.println("moved within " + took);
            assertThat(took).isLessThan(Duration.ofSeconds(15));
        }
    }

    @Test
    void aTaskThatOnlyCopiesEndsByItselfAlsoWhenStartedAgain() throws Exception {
        ServiceConfig config = config();
        String task = Servers.freshName("router-task");
        String source = Servers.freshName("router-source");
        try (RelayTopic relay = new RelayTopic(config, task, source)) {
            relay.write(100);
            ConcurrentLinkedDeque<StatusReport> reports = new ConcurrentLinkedDeque<>();
            Future<?> running = run(RouterProcess.service(config, task, Mode.FULL, List.of(source), reports::add));
            Thread.sleep(3000);
            assertThat(running).isNotDone();
            relay.endCopy();
            running.get(20, TimeUnit.SECONDS);
            assertThat(relay.applied(config, ENOUGH)).isEqualTo(relay.expected());
            assertThat(reports.getLast().phase()).isEqualTo("finished");
            run(RouterProcess.service(config, task, Mode.FULL, List.of(source), reports::add))
                    .get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void anErrorInTheDataComesOutOfRun() throws Exception {
        ServiceConfig config = config();
        String task = Servers.freshName("router-task");
        String source = Servers.freshName("router-source");
        try (RelayTopic relay = new RelayTopic(config, task, source)) {
            relay.write(10);
            relay.skipTransaction();
            relay.write(10);
            ConcurrentLinkedDeque<StatusReport> reports = new ConcurrentLinkedDeque<>();
            RouterService service = RouterProcess.service(config, task, Mode.ALL, List.of(source), reports::add);
            assertThatThrownBy(service::run)
                    .isInstanceOf(DataException.class)
                    .hasMessageContaining("TR-R006")
                    .hasMessageContaining(source);
            assertThat(reports.getLast().phase()).isEqualTo("failed");
            assertThat(reports.getLast().error()).contains("TR-R006");
        }
    }

    @Test
    void aRowTooLargeForTheApplyTopicStopsAndGoesOnOnceThereIsRoom() throws Exception {
        ServiceConfig config = config();
        ServiceConfig narrow = new ServiceConfig(
                config.topicPrefix(),
                config.kafka(),
                config.registry(),
                1,
                config.relayRetentionMs(),
                2 << 20,
                "test",
                folder,
                CopyLimits.DEFAULT);
        String task = Servers.freshName("router-task");
        String source = Servers.freshName("router-source");
        try (RelayTopic relay = new RelayTopic(config, task, source)) {
            relay.write(10);
            relay.writeLarge(5 << 20);
            relay.write(10);
            RouterService service = RouterProcess.service(narrow, task, Mode.ALL, List.of(source), report -> {});
            assertThatThrownBy(service::run)
                    .isInstanceOf(DataException.class)
                    .hasMessageContaining("TR-R010")
                    .hasMessageContaining("max-message-bytes");
            RouterService again = RouterProcess.service(config, task, Mode.ALL, List.of(source), report -> {});
            Future<?> running = run(again);
            assertThat(relay.applied(config, ENOUGH)).isEqualTo(relay.expected());
            again.stop();
            running.get(10, TimeUnit.SECONDS);
        }
    }

    private ServiceConfig config() {
        return RouterProcess.config(
                Servers.kafka().bootstrapServers(), Servers.registry().url(), folder);
    }

    private Future<?> run(RouterService service) {
        return threads.submit(() -> {
            service.run();
            return null;
        });
    }

    private Process start(String task, List<String> sources) throws Exception {
        Process process = RouterProcess.start(folder, task, sources);
        processes.add(process);
        return process;
    }
}
