package io.tiderace.router;

import io.tiderace.config.Service;
import io.tiderace.config.ServiceConfig;
import io.tiderace.config.SourceConfig;
import io.tiderace.config.TaskConfig;
import io.tiderace.config.TopicAdmin;
import io.tiderace.config.TopicSpec;
import io.tiderace.router.RouterTopology.Leg;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.RegistryClient;
import io.tiderace.schemas.SchemaRegistry;
import io.tiderace.schemas.StatusReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KafkaStreams.CloseOptions;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The router of one task: relay topics in, apply topics out, exactly once. Any number of processes may run it; Kafka spreads the task's
 * sources over them and moves those of a process that dies within about ten seconds.
 */
public final class RouterService implements Service {
    private static final Logger LOG = LoggerFactory.getLogger(RouterService.class);
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(4);

    private final ServiceConfig config;
    private final TaskConfig task;
    private final StatusReport.Sink status;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    /** @param sources not used beyond what the task names; a task's sources all have to be among them */
    public RouterService(ServiceConfig config, List<SourceConfig> sources, TaskConfig task, StatusReport.Sink status) {
        this.config = config;
        this.task = task;
        this.status = status;
        for (TaskConfig.Instance instance : task.instances()) {
            if (sources.stream().noneMatch(source -> source.sourceId().equals(instance.sourceId()))) {
                throw new IllegalArgumentException("no source " + instance.sourceId());
            }
        }
    }

    @Override
    public String name() {
        return "router";
    }

    @Override
    public void stop() {
        stopped.countDown();
    }

    @Override
    public void run() throws InterruptedException {
        TopicAdmin.ensure(config, topics());
        List<Leg> legs = legs(new RegistryClient(config.registry()));
        Reports reports = new Reports(config, task, legs, status);
        String application = config.topics().routerApplication(task.name());
        String last = "failed";
        try (StateFolder folder =
                        StateFolder.take(config.dataDir().resolve("router").resolve(application));
                KafkaWatch watch = new KafkaWatch(config.kafka())) {
            last = run(legs, reports, folder, watch) ? "finished" : "stopped";
        } catch (RuntimeException e) {
            reports.failed(e);
            throw e;
        } finally {
            reports.last(last);
        }
    }

    private boolean run(List<Leg> legs, Reports reports, StateFolder folder, KafkaWatch watch)
            throws InterruptedException {
        int threads = Math.min(legs.size(), Runtime.getRuntime().availableProcessors());
        String application = config.topics().routerApplication(task.name());
        KafkaStreams streams = new KafkaStreams(
                RouterTopology.of(legs),
                new StreamsConfig(StreamsSettings.of(
                        config, application, Math.max(1, threads), folder.path(), folder.identity())),
                new SteadyClients(application, folder.identity()));
        LostTransactions lost = new LostTransactions();
        streams.setUncaughtExceptionHandler(thrown -> {
            if (lost.isToBeRoutedAgain(thrown, System.nanoTime())) {
                LOG.atWarn()
                        .addKeyValue("task", task.name())
                        .log("Kafka has ended a transaction that took too long; what was in it is routed again");
                return StreamThreadExceptionResponse.REPLACE_THREAD;
            }
            failure.compareAndSet(null, thrown);
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        LOG.atInfo()
                .addKeyValue("task", task.name())
                .addKeyValue("sources", legs.size())
                .log("Router starts");
        boolean finished = false;
        try {
            streams.start();
            while (!finished && !stopped.await(1, TimeUnit.SECONDS)) {
                rethrow(watch);
                reports.send();
                finished = task.mode() == TaskConfig.Mode.FULL && isCopyEnded(legs);
            }
        } finally {
            close(streams);
        }
        rethrow(watch);
        LOG.atInfo()
                .addKeyValue("task", task.name())
                .addKeyValue("finished", finished)
                .log("Router stops");
        return finished;
    }

    private void rethrow(KafkaWatch watch) throws InterruptedException {
        Throwable thrown = failure.get();
        if (thrown != null) {
            throw StreamsFailure.of(thrown, task.name(), config.bootstrapServers());
        }
        watch.failure().ifPresent(cause -> {
            throw StreamsFailure.unreachable(task.name(), config.bootstrapServers(), cause);
        });
    }

    private void close(KafkaStreams streams) {
        boolean closed = streams.close(new CloseOptions().timeout(CLOSE_WITHIN).leaveGroup(true));
        if (!closed) {
            LOG.atWarn()
                    .addKeyValue("task", task.name())
                    .log("Kafka did not confirm the stop in time; what was not committed will be routed again");
        }
    }

    private boolean isCopyEnded(List<Leg> legs) {
        try (CopyEnd end = new CopyEnd(config.kafka())) {
            for (Leg leg : legs) {
                if (!end.isReached(leg.applyTopic(), leg.source().codec())) {
                    return false;
                }
            }
        }
        return true;
    }

    private List<TopicSpec> topics() {
        List<TopicSpec> topics = new ArrayList<>();
        for (TaskConfig.Instance instance : task.instances()) {
            topics.add(TopicSpec.relay(config, instance.sourceId()));
            topics.add(TopicSpec.apply(config, task.name(), instance.sourceId()));
        }
        return topics;
    }

    /** Sorted by source: Streams numbers sub-topologies in the order of their making, and every process has to agree on it. */
    private List<Leg> legs(SchemaRegistry registry) {
        return task.instances().stream()
                .sorted(Comparator.comparing(TaskConfig.Instance::sourceId))
                .map(instance -> leg(instance, registry))
                .toList();
    }

    private Leg leg(TaskConfig.Instance instance, SchemaRegistry registry) {
        String applyTopic = config.topics().apply(task.name(), instance.sourceId());
        RecordCodec codec = new RecordCodec(registry, applyTopic);
        codec.encode(new Commit(
                1, 1, 1, 0, null, null, "", 0, 0, false, false)); // finds a wrong registry now, not at the first row
        TransactionRouter.Source source = new TransactionRouter.Source(
                instance.sourceId(),
                config.topics().relay(instance.sourceId()),
                codec,
                new Rules(instance),
                task.mode() == TaskConfig.Mode.FULL,
                new SourceFigures());
        return new Leg(source, applyTopic);
    }
}
