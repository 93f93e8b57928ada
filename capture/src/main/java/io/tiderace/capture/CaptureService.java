package io.tiderace.capture;

import io.tiderace.config.Service;
import io.tiderace.config.ServiceConfig;
import io.tiderace.config.SourceConfig;
import io.tiderace.config.TaskConfig;
import io.tiderace.config.TopicAdmin;
import io.tiderace.config.TopicSpec;
import io.tiderace.schemas.RegistryClient;
import io.tiderace.schemas.SchemaRegistry;
import io.tiderace.schemas.StatusReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Captures those of the given sources that the consumer group assigns to this process, each on threads of its own. The group's partitions are those
 * of the relay topics, one a source; nothing is consumed from them.
 */
public final class CaptureService implements Service {
    private static final Logger LOG = LoggerFactory.getLogger(CaptureService.class);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final long REPORT_NANOS = 1_000_000_000L;
    private static final long SUMMARY_NANOS = 60_000_000_000L;

    private final ServiceConfig config;
    private final List<SourceConfig> sources;
    private final List<TaskConfig> tasks;
    private final KafkaClients kafka;
    private final SchemaRegistry registry;
    private final Reports reports;
    private final Map<String, Running> running = new LinkedHashMap<>();
    private final Set<String> finished = new HashSet<>();
    private final Set<String> assigned = new HashSet<>();
    private final Set<String> wanted = new HashSet<>();
    private volatile @Nullable Consumer<byte[], byte[]> member;
    private volatile boolean isStopping;

    public CaptureService(
            ServiceConfig config, List<SourceConfig> sources, List<TaskConfig> tasks, StatusReport.Sink status) {
        this.config = config;
        this.tasks = List.copyOf(tasks);
        this.sources = sources.stream()
                .filter(source -> tasks.stream().anyMatch(task -> task.instance(source.sourceId()) != null))
                .toList();
        kafka = new KafkaClients(config);
        registry = new RegistryClient(config.registry());
        reports = new Reports(config.instance(), status);
    }

    @Override
    public String name() {
        return "capture";
    }

    @Override
    public void stop() {
        isStopping = true;
        Consumer<byte[], byte[]> current = member;
        if (current != null) {
            current.wakeup(); // a poll counts its time by the clock, and does not end where that was set back
        }
    }

    @Override
    public void run() throws InterruptedException {
        ensureTopics();
        try (Consumer<byte[], byte[]> opened = kafka.groupMember()) {
            Map<String, String> sourceOfTopic = new HashMap<>();
            sources.forEach(source -> sourceOfTopic.put(config.topics().relay(source.sourceId()), source.sourceId()));
            opened.subscribe(sourceOfTopic.keySet(), new Assignment(sourceOfTopic));
            member = opened;
            try {
                loop(opened);
            } finally {
                member = null;
            }
        } finally {
            stopAll();
        }
    }

    private void loop(Consumer<byte[], byte[]> opened) throws InterruptedException {
        long nextReport = System.nanoTime();
        long nextSummary = System.nanoTime() + SUMMARY_NANOS;
        while (!isStopping && finished.size() < sources.size()) {
            if (!poll(opened)) {
                continue;
            }
            startAndStop();
            collectEnded();
            if (System.nanoTime() >= nextReport) {
                running.values().forEach(each -> reports.report(each.capture));
                nextReport += REPORT_NANOS;
            }
            if (System.nanoTime() >= nextSummary) {
                running.values().forEach(each -> reports.summary(each.capture));
                nextSummary += SUMMARY_NANOS;
            }
        }
    }

    /** False when it was woken: there is something to stop. */
    private static boolean poll(Consumer<byte[], byte[]> opened) {
        try {
            opened.poll(POLL);
            opened.pause(opened.assignment());
            return true;
        } catch (WakeupException woken) {
            return false;
        }
    }

    private void ensureTopics() throws InterruptedException {
        List<TopicSpec> topics = new ArrayList<>();
        topics.add(TopicSpec.positions(config));
        for (SourceConfig source : sources) {
            topics.add(TopicSpec.relay(config, source.sourceId()));
            topics.add(TopicSpec.schemaHistory(config, source.sourceId()));
            topics.add(TopicSpec.prepared(config, source.sourceId()));
        }
        TopicAdmin.ensure(config, topics);
    }

    private void startAndStop() {
        for (SourceConfig source : sources) {
            String id = source.sourceId();
            Running current = running.get(id);
            if (current != null && !assigned.contains(id)) {
                current.capture.stop(); // it ends on a transaction's end; a faster new owner fences it
            } else if (current == null && wanted.remove(id) && !finished.contains(id)) {
                running.put(id, new Running(new SourceCapture(config, source, tasks, kafka, registry)));
            }
        }
    }

    private void collectEnded() throws InterruptedException {
        for (Running each : List.copyOf(running.values())) {
            if (each.thread.isAlive()) {
                continue;
            }
            each.thread.join();
            running.remove(each.capture.sourceId());
            if (each.isFinished) {
                finished.add(each.capture.sourceId());
            }
            if (each.failure != null) {
                each.capture.progress().phase("failed");
                reports.failed(each.capture, each.failure);
                throw each.failure;
            }
            each.capture.progress().phase(each.isFinished ? "finished" : "stopped");
            reports.report(each.capture);
        }
    }

    private void stopAll() throws InterruptedException {
        running.values().forEach(each -> each.capture.stop());
        for (Running each : running.values()) {
            each.thread.join();
            if (each.failure == null) {
                each.capture.progress().phase("stopped");
                reports.report(each.capture);
            } else {
                reports.failed(each.capture, each.failure);
            }
        }
        running.clear();
    }

    /** Rebalances set flags only; the loop acts on them. */
    private final class Assignment implements ConsumerRebalanceListener {
        private final Map<String, String> sourceOfTopic;

        Assignment(Map<String, String> sourceOfTopic) {
            this.sourceOfTopic = sourceOfTopic;
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            partitions.forEach(partition -> {
                String source = sourceOfTopic.get(partition.topic());
                if (source != null) {
                    LOG.atInfo().addKeyValue("source", source).log("assigned");
                    assigned.add(source);
                    wanted.add(source);
                }
            });
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            partitions.forEach(partition -> {
                String source = sourceOfTopic.get(partition.topic());
                if (source != null && assigned.remove(source)) {
                    LOG.atInfo().addKeyValue("source", source).log("revoked");
                    wanted.remove(source);
                }
            });
        }
    }

    /** A source being captured, with the thread that does it. */
    private static final class Running {
        private final SourceCapture capture;
        private final Thread thread;
        private volatile boolean isFinished;
        private volatile @Nullable RuntimeException failure;

        Running(SourceCapture capture) {
            this.capture = capture;
            thread = new Thread(this::work, "capture-" + capture.sourceId());
            thread.start();
        }

        private void work() {
            try {
                isFinished = capture.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException e) {
                failure = e;
            }
        }
    }
}
