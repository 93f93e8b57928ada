package io.tiderace.tests;

import io.tiderace.config.ServiceConfig;
import io.tiderace.config.TaskConfig.Mode;
import io.tiderace.config.TopicAdmin;
import io.tiderace.config.TopicSpec;
import io.tiderace.router.RouterService;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The router against a bare read-committed consumer with a transactional producer that copies the same relay topic, in turns. Not part of the
 * tests: {@code ./mvnw -q -pl tests test-compile exec:java -Dexec.mainClass=io.tiderace.tests.RouterThroughput
 * -Dexec.classpathScope=test}. Prints records a second, records per second of CPU time of the working threads, and the ratio.
 */
public final class RouterThroughput {
    private static final int ROUNDS = 4;
    private static final long COMMIT_NANOS = 50_000_000;

    private RouterThroughput() {}

    public static void main(String[] arguments) throws Exception {
        int transactions = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 100_000;
        ServiceConfig config = RouterProcess.config(
                Servers.kafka().bootstrapServers(), Servers.registry().url(), Servers.temporaryFolder("throughput"));
        long records;
        try (RelayTopic relay = new RelayTopic(config, "none", "speed")) {
            records = relay.fill(transactions, 10, 250);
        }
        System.out.println(records + " records in the relay topic");
        double bareSum = 0;
        double routerSum = 0;
        for (int round = 0; round < ROUNDS; round++) {
            long cpu0 = processCpu();
            double bare = bare(config, "bare" + round, records);
            long cpu1 = processCpu();
            double router = router(config, "router" + round, records);
            long cpu2 = processCpu();
            System.out.printf(
                    "  CPU of everything, Kafka too: bare %.2f µs a record, router %.2f%n",
                    (cpu1 - cpu0) / 1e3 / records, (cpu2 - cpu1) / 1e3 / records);
            System.out.printf(
                    "round %d: bare %.0f records/s, router %.0f, ratio %.2f%n", round, bare, router, router / bare);
            if (round > 0) {
                bareSum += bare;
                routerSum += router;
            }
        }
        System.out.printf("without the first: ratio %.2f%n", routerSum / bareSum);
        System.exit(0);
    }

    private static double bare(ServiceConfig config, String task, long records) throws Exception {
        TopicAdmin.ensure(config, List.of(TopicSpec.apply(config, task, "speed")));
        String out = config.topics().apply(task, "speed");
        TopicPartition in = new TopicPartition(config.topics().relay("speed"), 0);
        Map<String, Object> settings = new HashMap<>(config.kafka());
        settings.put("isolation.level", "read_committed");
        settings.put("group.id", task);
        settings.put("enable.auto.commit", false);
        settings.put("max.poll.records", 2000);
        settings.put("max.partition.fetch.bytes", 4 << 20);
        settings.put("transactional.id", task);
        settings.put("retry.backoff.ms", 1);
        settings.put("compression.type", "lz4");
        settings.put("batch.size", 256 << 10);
        settings.put("linger.ms", 50);
        try (KafkaConsumer<byte[], byte[]> consumer =
                        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
                KafkaProducer<byte[], byte[]> producer =
                        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            consumer.assign(List.of(in));
            consumer.seekToBeginning(List.of(in));
            Meter meter = new Meter(config, out);
            long cpu = threadCpu();
            long done = 0;
            boolean open = false;
            long begun = 0;
            while (done < records) {
                ConsumerRecords<byte[], byte[]> polled = consumer.poll(Duration.ofMillis(10));
                if (!open) {
                    producer.beginTransaction();
                    begun = System.nanoTime();
                    open = true;
                }
                for (ConsumerRecord<byte[], byte[]> record : polled) {
                    producer.send(new ProducerRecord<>(
                            out, null, record.timestamp(), record.key(), record.value(), record.headers()));
                    done++;
                }
                if (System.nanoTime() - begun > COMMIT_NANOS || done >= records) {
                    producer.sendOffsetsToTransaction(
                            Map.of(in, new OffsetAndMetadata(consumer.position(in))), consumer.groupMetadata());
                    producer.commitTransaction();
                    open = false;
                    meter.look(done);
                }
            }
            System.out.printf("  bare: %.2f µs of its thread a record%n", (threadCpu() - cpu) / 1e3 / records);
            return meter.rate(records);
        }
    }

    private static double router(ServiceConfig config, String task, long records) throws Exception {
        RouterService service = RouterProcess.service(config, task, Mode.ALL, List.of("speed"), report -> {});
        Thread thread = new Thread(() -> {
            try {
                service.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        thread.start();
        Thread.sleep(1000);
        Meter meter = new Meter(config, config.topics().apply(task, "speed"));
        long cpuBefore = streamCpu();
        meter.await(records);
        long cpu = streamCpu() - cpuBefore;
        System.out.printf("  router: %.2f µs of its thread a record%n", cpu / 1e3 / records);
        service.stop();
        thread.join();
        return meter.rate(records);
    }

    private static long threadCpu() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static long processCpu() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    private static long streamCpu() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long sum = 0;
        for (ThreadInfo info : threads.dumpAllThreads(false, false)) {
            if (info.getThreadName().contains("-StreamThread-")
                    && !info.getThreadName().contains("|")) {
                sum += threads.getThreadCpuTime(info.getThreadId());
            }
        }
        return sum;
    }

    /** The rate from the first records that are there to the last. */
    private static final class Meter {
        private final KafkaConsumer<byte[], byte[]> consumer;
        private final TopicPartition partition;
        private long firstNanos;
        private long first;
        private long lastNanos;
        private long last;

        Meter(ServiceConfig config, String topic) {
            Map<String, Object> settings = new HashMap<>(config.kafka());
            settings.put("isolation.level", "read_committed");
            consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
            partition = new TopicPartition(topic, 0);
        }

        void await(long records) throws InterruptedException {
            long end = 0;
            while (end < records) {
                end = consumer.endOffsets(List.of(partition)).get(partition);
                look(end);
                Thread.sleep(20);
            }
        }

        void look(long records) {
            if (records > 0) {
                lastNanos = System.nanoTime();
                last = records;
                if (first == 0) {
                    first = records;
                    firstNanos = lastNanos;
                }
            }
        }

        double rate(long records) {
            System.out.printf(
                    "  %d commits%n", consumer.endOffsets(List.of(partition)).get(partition) - records);
            consumer.close();
            return (last - first) * 1e9 / (lastNanos - firstNanos);
        }
    }
}
