package io.tiderace.tests;

import io.tiderace.config.ServiceConfig;
import io.tiderace.config.TaskConfig.Mode;
import io.tiderace.router.RouterService;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Goal: routers flow again soon after all their connections to Kafka died without a word, those too that nobody was using at that moment. Method: two of
 * them, each behind a proxy that lets nothing pass any more in the connections that are open, while transactions keep coming.
 */
class RouterHalfOpenIT {
    /** As short as can be set, for a short test. */
    private static final Duration REQUEST = Duration.ofSeconds(5);

    /** The coordinator's silence ends a session, and only then is it seen whether the other connection answers. */
    private static final Duration MISSED = Duration.ofSeconds(6).plus(REQUEST);

    private static final Duration GOES_ON = Duration.ofSeconds(25);

    /** Connections of the start that nobody needs any more have been closed. */
    private static final Duration SETTLED = REQUEST.multipliedBy(2);

    private static final Duration ENOUGH = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void end() {
        threads.shutdownNow();
    }

    @Test
    void routersGoOnSoonAfterAllTheirConnectionsDied() throws Exception {
        FaultKafka kafka = new FaultKafka(folder.resolve("log"), Files.createDirectory(folder.resolve("kafka")), null);
        List<FaultProxy> proxies = List.of(kafka.proxy(), kafka.proxy());
        kafka.start();
        ServiceConfig direct = config(kafka, kafka.port(), "direct");
        String task = Servers.freshName("router-task");
        List<String> sources = List.of(Servers.freshName("router-source"), Servers.freshName("router-source"));
        try (RelayTopic one = new RelayTopic(direct, task, sources.get(0));
                RelayTopic two = new RelayTopic(direct, task, sources.get(1))) {
            List<RouterService> routers = new ArrayList<>();
            List<Future<?>> running = new ArrayList<>();
            for (FaultProxy proxy : proxies) {
                ServiceConfig config = config(kafka, proxy.port(), "router-" + routers.size());
                RouterService router = RouterProcess.service(config, task, Mode.ALL, sources, report -> {});
                routers.add(router);
                running.add(threads.submit(() -> {
                    router.run();
                    return null;
                }));
            }
            for (RelayTopic relay : List.of(one, two)) {
                relay.write(5);
                assertThat(relay.applied(direct, ENOUGH)).isEqualTo(relay.expected());
            }
            long died = letDie(proxies, one, two);
            for (RelayTopic relay : List.of(one, two)) {
                assertThat(relay.applied(direct, ENOUGH)).isEqualTo(relay.expected());
            }
            Duration took = Duration.ofNanos(System.nanoTime() - died);
            System.out.println("went on within " + took);
            assertThat(took).isLessThan(MISSED.plus(GOES_ON));
            routers.forEach(RouterService::stop);
            for (Future<?> run : running) {
                run.get(ENOUGH.toSeconds(), TimeUnit.SECONDS);
            }
        } finally {
            proxies.forEach(FaultProxy::close);
            kafka.kill();
        }
    }

    /** In the midst of transactions, some of which come afterwards; returns when. */
    private long letDie(List<FaultProxy> proxies, RelayTopic... relays) throws Exception {
        AtomicBoolean isOver = new AtomicBoolean();
        Future<?> writing = threads.submit(() -> {
            while (!isOver.get()) {
                for (RelayTopic relay : relays) {
                    relay.write(5);
                }
                Thread.sleep(50);
            }
            return null;
        });
        Thread.sleep(SETTLED.toMillis());
        proxies.forEach(FaultProxy::halfOpen);
        long died = System.nanoTime();
        Thread.sleep(1_000);
        isOver.set(true);
        writing.get(ENOUGH.toSeconds(), TimeUnit.SECONDS);
        return died;
    }

    private ServiceConfig config(FaultKafka kafka, int port, String name) {
        ServiceConfig config = RouterProcess.config(
                "127.0.0.1:" + port, "http://127.0.0.1:" + kafka.registryPort(), folder.resolve(name));
        Map<String, String> clients = new HashMap<>(config.kafka());
        clients.put("request.timeout.ms", Long.toString(REQUEST.toMillis()));
        return new ServiceConfig(
                config.topicPrefix(),
                clients,
                config.registry(),
                config.replicationFactor(),
                config.relayRetentionMs(),
                config.maxMessageBytes(),
                config.instance(),
                config.dataDir(),
                config.copy());
    }
}
