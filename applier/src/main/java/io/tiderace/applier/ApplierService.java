package io.tiderace.applier;

import io.tiderace.applier.CheckpointStore.FencedException;
import io.tiderace.applier.Intake.Input;
import io.tiderace.config.Service;
import io.tiderace.config.ServiceConfig;
import io.tiderace.config.SourceConfig;
import io.tiderace.config.TaskConfig;
import io.tiderace.config.TaskConfig.OnDataError;
import io.tiderace.config.TopicAdmin;
import io.tiderace.config.TopicSpec;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.RegistryClient;
import io.tiderace.schemas.StatusReport;
import io.tiderace.schemas.TideraceException.DataException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies a task's sources to its target. The processes of a task are one consumer group: Kafka decides who applies which source; the epoch in
 * the checkpoint makes sure that only one does.
 */
public final class ApplierService implements Service {
    private static final Logger LOG = LoggerFactory.getLogger(ApplierService.class);
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final Duration START_PATIENCE = Duration.ofSeconds(10);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(2);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration POLL_PAUSED = Duration.ofMillis(5);
    private static final long RECLAIM_PAUSE_MS = 1_000;

    /** Encoded bytes in memory, of all sources and at least of each. */
    private static final long MEMORY_BYTES = 32 << 20;

    private static final long MEMORY_BYTES_MIN = 8 << 20;

    private final ServiceConfig config;
    private final TaskConfig task;
    private final ApplierStatus status;
    private final RegistryClient registry;
    private final Map<TopicPartition, TaskConfig.Instance> instances = new HashMap<>();
    private final Map<TopicPartition, SourceApplier> sources = new HashMap<>();

    /** Set by the rebalance listener; the loop acts. */
    private final Set<TopicPartition> assigned = ConcurrentHashMap.newKeySet();

    private volatile boolean stopping;
    private volatile @Nullable KafkaConsumer<byte[], byte[]> consumer;

    public ApplierService(ServiceConfig config, List<SourceConfig> sources, TaskConfig task, StatusReport.Sink status) {
        this.config = config;
        this.task = task;
        this.registry = new RegistryClient(config.registry());
        this.status = new ApplierStatus(config.instance(), task, status);
        for (SourceConfig source : sources) {
            TaskConfig.Instance instance = task.instance(source.sourceId());
            if (instance != null) {
                instances.put(new TopicPartition(config.topics().apply(task.name(), source.sourceId()), 0), instance);
            }
        }
    }

    @Override
    public String name() {
        return "applier";
    }

    @Override
    public void stop() {
        stopping = true;
        wakeLoop();
    }

    private void wakeLoop() {
        KafkaConsumer<byte[], byte[]> current = consumer;
        if (current != null) {
            current.wakeup();
        }
    }

    @Override
    public void run() throws InterruptedException {
        status.starting(instances.values());
        String end = "failed";
        List<TopicSpec> topics = new ArrayList<>();
        instances.values().forEach(instance -> topics.add(TopicSpec.apply(config, task.name(), instance.sourceId())));
        List<TopicSpec> needed = new ArrayList<>(topics);
        if (instances.values().stream()
                .anyMatch(instance -> instance.apply().onDataError() == OnDataError.QUARANTINE)) {
            needed.add(TopicSpec.quarantine(config, task.name()));
        }
        TopicAdmin.ensure(config, needed);
        try (Target target = openTarget();
                KafkaConsumer<byte[], byte[]> opened = new KafkaConsumer<>(ConsumerSettings.of(config, task))) {
            consumer = opened;
            opened.subscribe(topics.stream().map(TopicSpec::name).toList(), new Assignment());
            try {
                loop(
                        opened,
                        new SourceApplier.Context(
                                task,
                                target,
                                PATIENCE,
                                () -> stopping,
                                this::wakeLoop,
                                source -> new KafkaQuarantineLog(config, task.name(), source)));
                end = isFinished() ? "finished" : "stopped";
            } finally {
                consumer = null;
                status.ending(sources.values());
                closeAll(sources.keySet());
                opened.close(CloseOptions.timeout(CLOSE_PATIENCE));
            }
        } catch (KafkaException e) {
            throw ConsumerSettings.failure(config, e);
        } catch (InterruptedException e) {
            if (!stopping) {
                throw e;
            }
            end = "stopped";
        } finally {
            status.ended(instances.values(), end);
        }
    }

    private void loop(KafkaConsumer<byte[], byte[]> records, SourceApplier.Context context)
            throws InterruptedException {
        KafkaWatch kafka = new KafkaWatch(config.bootstrapServers());
        while (!stopping && !isFinished()) {
            followAssignment(records, context);
            ConsumerRecords<byte[], byte[]> polled = poll(records);
            for (Map.Entry<TopicPartition, SourceApplier> entry : List.copyOf(sources.entrySet())) {
                TopicPartition partition = entry.getKey();
                SourceApplier source = entry.getValue();
                if (!assigned.contains(partition)) {
                    continue; // taken away in this poll: given up in the next round
                }
                try {
                    source.offer(polled.records(partition));
                    boolean paused = limitMemory(records, partition, source);
                    boolean hasMore = records.currentLag(partition).orElse(0) > 0;
                    source.advance(paused ? Input.HELD_BACK : (hasMore ? Input.AT_HAND : Input.NONE));
                } catch (FencedException e) {
                    giveUp(partition, e);
                }
            }
            if (status.isDue()) {
                status.report(sources.values(), kafka.look(records));
                GroupOffsets.note(records, offsets());
            }
        }
    }

    private static ConsumerRecords<byte[], byte[]> poll(KafkaConsumer<byte[], byte[]> records) {
        try {
            return records.poll(records.paused().isEmpty() ? POLL : POLL_PAUSED);
        } catch (WakeupException woken) {
            return ConsumerRecords.empty(); // there is something to do, or to stop
        }
    }

    /** Records that came before the claim are dropped: reading begins where the checkpoint says. */
    private void followAssignment(KafkaConsumer<byte[], byte[]> records, SourceApplier.Context context)
            throws InterruptedException {
        Set<TopicPartition> lost = new HashSet<>(sources.keySet());
        lost.removeAll(assigned);
        if (!lost.isEmpty()) {
            LOG.atInfo().addKeyValue("partitions", lost).log("sources given up");
            closeAll(lost);
        }
        for (TopicPartition partition : Set.copyOf(assigned)) {
            TaskConfig.Instance instance = instances.get(partition);
            if (instance == null || sources.containsKey(partition)) {
                continue;
            }
            try {
                RecordCodec codec = new RecordCodec(registry, partition.topic());
                SourceApplier source = SourceApplier.claim(context, instance, codec);
                sources.put(partition, source);
                records.seek(partition, startOffset(records, partition, source));
                records.resume(Set.of(partition));
            } catch (FencedException e) {
                giveUp(partition, e);
            } catch (WakeupException woken) {
                closeAll(Set.of(partition)); // the next round begins again
            }
        }
    }

    private static long startOffset(
            KafkaConsumer<byte[], byte[]> records, TopicPartition partition, SourceApplier source) {
        long beginning = records.beginningOffsets(Set.of(partition)).getOrDefault(partition, 0L);
        long end = records.endOffsets(Set.of(partition)).getOrDefault(partition, 0L);
        AppliedPosition low = source.claimedAt();
        if (low.offset() > end || (low.txn() == 0 && beginning > 0)) {
            throw new DataException(
                    "TR-A004",
                    "topic " + partition.topic() + " holds the offsets " + beginning + " to " + end
                            + ", but the checkpoint in the target goes on at " + low.offset() + " (after transaction "
                            + low.txn() + "): the topic was made anew, or records expired unapplied",
                    "drop the task's target tables, delete the task's rows from the checkpoint table, and start a new copy; if records "
                            + "expired, raise the relay retention first");
        }
        return source.startOffset(beginning);
    }

    /** Another process has claimed the source; when it is still assigned here, that one is on its way out. */
    private void giveUp(TopicPartition partition, FencedException e) throws InterruptedException {
        LOG.atWarn()
                .addKeyValue("partition", partition)
                .addKeyValue("reason", e.getMessage())
                .log("source given up");
        closeAll(Set.of(partition));
        Thread.sleep(RECLAIM_PAUSE_MS);
    }

    private boolean limitMemory(KafkaConsumer<byte[], byte[]> records, TopicPartition partition, SourceApplier source) {
        boolean paused = records.paused().contains(partition);
        long limit = Math.max(MEMORY_BYTES_MIN, MEMORY_BYTES / sources.size());
        if (!paused && source.isFull(limit)) {
            records.pause(Set.of(partition));
            return true;
        }
        if (paused && !source.isFull(limit / 2)) {
            records.resume(Set.of(partition));
            return false;
        }
        return paused;
    }

    private Map<TopicPartition, Long> offsets() {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        sources.forEach((partition, source) -> {
            if (assigned.contains(partition)) {
                offsets.put(partition, source.figures().low().offset());
            }
        });
        return offsets;
    }

    private boolean isFinished() {
        return task.mode() == TaskConfig.Mode.FULL
                && !sources.isEmpty()
                && sources.size() == assigned.size()
                && sources.values().stream().allMatch(SourceApplier::isCopied);
    }

    private void closeAll(Set<TopicPartition> partitions) throws InterruptedException {
        List<SourceApplier> closing = new ArrayList<>();
        for (TopicPartition partition : Set.copyOf(partitions)) {
            SourceApplier source = sources.remove(partition);
            if (source != null) {
                source.stop();
                closing.add(source);
            }
        }
        for (SourceApplier source : closing) {
            source.close();
        }
    }

    private Target openTarget() throws InterruptedException {
        int connections = 2
                + instances.values().stream()
                        .mapToInt(instance -> instance.apply().workerCount())
                        .sum();
        Backoff backoff = new Backoff(task.target().address(), START_PATIENCE, () -> stopping, reason -> {});
        try {
            return backoff.call("connecting", () -> {
                JdbcTarget target = JdbcTarget.open(task.target(), task.metaSchema(), connections);
                try {
                    target.createMetaTables();
                    return target;
                } catch (SQLException | RuntimeException e) {
                    target.close();
                    throw e;
                }
            });
        } catch (FencedException e) {
            throw new IllegalStateException("connecting takes nothing over", e);
        }
    }

    private final class Assignment implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            assigned.addAll(partitions);
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            assigned.removeAll(partitions);
        }
    }
}
