package io.tiderace.router;

import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.ChangeEvent.Progress;
import io.tiderace.schemas.TableName;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.test.TestRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Goal: the reader's rule, the rules' order and the markers hold in the Streams topology. Method: records of one relay topic through
 * the topology, the apply topic compared as text.
 */
class RouterTopologyTest {
    private static final String STORE = RouterTopology.storeName("s1");

    private final Relay relay = new Relay();
    private TopologyTestDriver driver;
    private TestInputTopic<byte[], byte[]> in;
    private TestOutputTopic<byte[], byte[]> out;
    private long offset;

    @BeforeEach
    void start() {
        start(false);
    }

    private void start(boolean copyOnly) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "router");
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1");
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        TransactionRouter.Source source = new TransactionRouter.Source(
                "s1", Relay.TOPIC, relay.applyCodec, GoldenDdlTest.rules(), copyOnly, new SourceFigures());
        driver = new TopologyTestDriver(
                RouterTopology.of(List.of(new RouterTopology.Leg(source, Relay.APPLY))), settings);
        in = driver.createInputTopic(Relay.TOPIC, new ByteArraySerializer(), new ByteArraySerializer());
        out = driver.createOutputTopic(Relay.APPLY, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /** A new process: nothing is left but what the changelog topic of the store holds. */
    private void restart() {
        String changelog = "router-" + STORE + "-changelog";
        TestOutputTopic<byte[], byte[]> log =
                driver.createOutputTopic(changelog, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        List<TestRecord<byte[], byte[]>> logged = log.readRecordsToList();
        List<Map.Entry<byte[], byte[]>> records = logged.stream()
                .<Map.Entry<byte[], byte[]>>map(
                        record -> Map.entry(record.key(), record.value().clone()))
                .toList();
        driver.close();
        start(false);
        KeyValueStore<byte[], byte[]> store = driver.getKeyValueStore(STORE);
        records.forEach(record -> store.put(record.getKey(), record.getValue()));
    }

    @AfterEach
    void stop() {
        driver.close();
    }

    @Test
    void passesWhatTheRulesLetPassInOrder() {
        pipe(relay.row("shop", "orders", 1), relay.row("other", "t", 2), relay.row("shop", "secret", 3));
        pipe(relay.ddl("shop", "ALTER TABLE orders ADD c INT"), relay.ddl("other", "DROP TABLE t"));
        pipe(relay.row("app", "t", 4), relay.commit());
        assertThat(output())
                .containsExactly(
                        "1.1 store.orders_all",
                        "1.4 ALTER TABLE `store`.`orders_all` ADD c INT",
                        "1.6 app.t",
                        "commit 1 rows 3");
    }

    @Test
    void rowsAndKeysPassByteForByte() {
        byte[] value = relay.row("shop", "orders", 1);
        pipe(List.of(polled("key".getBytes(StandardCharsets.UTF_8), value)));
        ProducerRecord<byte[], byte[]> record = routed().get(0);
        assertThat(record.value()).isEqualTo(value);
        assertThat(record.key()).asString().isEqualTo("key");
    }

    @Test
    void emptyTransactionsShareAMarker() {
        pipe(relay.commit());
        assertThat(output()).as("the first after a pause comes at once").containsExactly("commit 1 rows 0");
        pipe(relay.row("other", "t", 1), relay.commit(), relay.commit(), relay.commit());
        assertThat(output()).isEmpty();
        pipe(relay.row("shop", "orders", 1), relay.commit());
        assertThat(output()).containsExactly("commit 2..4 rows 0", "5.1 store.orders_all", "commit 5 rows 1");
    }

    @Test
    void heldMarkerIsWrittenAfterASecondWithThePositionOfTheLast() {
        pipe(relay.commit(), relay.commit(), relay.commit());
        output();
        driver.advanceWallClockTime(Duration.ofDays(400)); // the driver's clock begins now and knows nothing of ours
        List<Commit> markers = new ArrayList<>();
        routed().forEach(record -> markers.add((Commit) relay.applyCodec.decode(record.value())));
        assertThat(markers).singleElement().satisfies(marker -> {
            assertThat(marker.firstTxn()).isEqualTo(2);
            assertThat(marker.txn()).isEqualTo(3);
            assertThat(marker.pos()).isEqualTo(300);
            assertThat(marker.gtidSet()).isEqualTo("set:3");
        });
    }

    @Test
    void markersFoldedByCaptureAreTaken() {
        pipe(relay.row("shop", "orders", 1), relay.commit(), relay.commit(9, false), relay.commit());
        pipe(relay.row("shop", "orders", 2), relay.commit());
        assertThat(output())
                .containsExactly(
                        "1.1 store.orders_all",
                        "commit 1 rows 1",
                        "commit 2..10 rows 0",
                        "11.1 store.orders_all",
                        "commit 11 rows 1");
    }

    @Test
    void copyAndStreamDoNotShareAMarker() {
        pipe(relay.commit(), relay.commit(2, true), relay.commit(), relay.row("app", "t", 1), relay.commit());
        assertThat(output())
                .containsExactly(
                        "commit 1 rows 0", "commit 2 rows 0", "commit 3 rows 0", "4.1 app.t", "commit 4 rows 1");
    }

    @Test
    void repeatsAreDropped() {
        byte[] first = relay.row("shop", "orders", 1);
        byte[] second = relay.row("shop", "orders", 2);
        byte[] commit = relay.commit();
        pipe(first, second, first, second, commit, commit, second);
        pipe(relay.row("shop", "orders", 3), relay.commit());
        assertThat(output())
                .containsExactly(
                        "1.1 store.orders_all",
                        "1.2 store.orders_all",
                        "commit 1 rows 2",
                        "2.1 store.orders_all",
                        "commit 2 rows 1");
    }

    @Test
    void oversizedTransactionWrittenAgainAfterACrashPassesOnce() {
        pipe(relay.row("shop", "orders", 1), relay.row("shop", "orders", 2));
        relay.again();
        pipe(relay.row("shop", "orders", 1), relay.row("shop", "orders", 2), relay.row("shop", "orders", 3));
        pipe(relay.commit());
        assertThat(output())
                .containsExactly(
                        "1.1 store.orders_all", "1.2 store.orders_all", "1.3 store.orders_all", "commit 1 rows 3");
    }

    @Test
    void aGapStops() {
        pipe(relay.row("shop", "orders", 1), relay.commit());
        relay.at(4, 0);
        byte[] late = relay.row("shop", "orders", 1);
        assertThatThrownBy(() -> pipe(late))
                .rootCause()
                .hasMessageContaining("TR-R006")
                .hasMessageContaining("source s1")
                .hasMessageContaining(Relay.TOPIC + " before offset 2")
                .hasMessageContaining("expected (transaction, row) (2, 1), found (4, 1)");
    }

    @Test
    void aMissingRowStopsAlsoWhenItsTableIsNotReplicated() {
        pipe(relay.row("other", "t", 1));
        relay.at(1, 2);
        byte[] late = relay.row("other", "t", 1);
        assertThatThrownBy(() -> pipe(late))
                .rootCause()
                .hasMessageContaining("expected (transaction, row) (1, 2), found (1, 3)");
    }

    @Test
    void aTopicWithoutItsBeginningStops() {
        relay.at(5, 0);
        byte[] first = relay.row("shop", "orders", 1);
        assertThatThrownBy(() -> pipe(first))
                .rootCause()
                .hasMessageContaining("TR-R006")
                .hasMessageContaining("retention");
    }

    @Test
    void aWrongCountStops() {
        byte[] wrong = relay.codec.encode(new Commit(1, 1, 1, 7, null, null, "f", 1, 1, false, false));
        assertThatThrownBy(() -> pipe(wrong)).rootCause().hasMessageContaining("TR-R007");
    }

    @Test
    void aStatementThatCannotBeCarriedOverStops() {
        byte[] ddl = relay.ddl("shop", "RENAME TABLE orders TO other.orders");
        assertThatThrownBy(() -> pipe(ddl))
                .rootCause()
                .hasMessageContaining("TR-R002")
                .hasMessageContaining("binlog.000001:4");
    }

    @Test
    void restartInTheMiddleOfATransactionGoesOn() {
        pipe(relay.commit(), relay.commit(), relay.row("shop", "orders", 1), relay.row("other", "t", 1));
        List<String> before = output();
        restart();
        pipe(relay.row("shop", "orders", 2), relay.commit(), relay.commit());
        List<String> all = new ArrayList<>(before);
        all.addAll(output());
        assertThat(all)
                .startsWith(
                        "commit 1 rows 0",
                        "commit 2 rows 0",
                        "3.1 store.orders_all",
                        "3.3 store.orders_all",
                        "commit 3 rows 2");
    }

    @Test
    void restartKeepsAHeldMarker() {
        pipe(relay.row("shop", "orders", 1), relay.commit(), relay.commit(), relay.commit());
        List<String> before = output();
        restart();
        pipe(relay.row("shop", "orders", 1), relay.commit());
        assertThat(before).containsExactly("1.1 store.orders_all", "commit 1 rows 1");
        assertThat(output()).containsExactly("commit 2..3 rows 0", "4.1 store.orders_all", "commit 4 rows 1");
    }

    @Test
    void copyEventsPassWithTheirTargetAndOthersAreDropped() {
        pipe(relay.progress(Progress.COPY_START, null), relay.commit(1, true));
        pipe(relay.progress(Progress.TABLE_START, new TableName("shop", "orders")), relay.row("shop", "orders", 1));
        pipe(relay.progress(Progress.TABLE_START, new TableName("other", "t")), relay.commit(2, true));
        pipe(relay.progress(Progress.COPY_END, null), relay.commit(3, true));
        assertThat(output())
                .containsExactly(
                        "1.1 COPY_START",
                        "commit 1 rows 1",
                        "2.1 TABLE_START store.orders_all",
                        "2.2 store.orders_all",
                        "commit 2 rows 2",
                        "3.1 COPY_END",
                        "commit 3 rows 1");
    }

    @Test
    void aTaskThatOnlyCopiesEndsWithTheCopy() {
        driver.close();
        start(true);
        pipe(
                relay.progress(Progress.COPY_END, null),
                relay.commit(1, true),
                relay.row("shop", "orders", 1),
                relay.commit());
        assertThat(output()).containsExactly("1.1 COPY_END", "commit 1 rows 1");
    }

    /** As one poll brings them. */
    private void pipe(byte[]... values) {
        pipe(Stream.of(values).map(value -> polled(new byte[] {1}, value)).toList());
    }

    private void pipe(List<ConsumerRecord<byte[], byte[]>> polled) {
        in.pipeInput(new TestRecord<>(new PolledBatch(polled, false).asRecord()));
    }

    private ConsumerRecord<byte[], byte[]> polled(byte[] key, byte[] value) {
        Headers none = new RecordHeaders();
        return new ConsumerRecord<>(
                Relay.TOPIC, 0, offset++, 0, TimestampType.CREATE_TIME, 0, 0, key, value, none, Optional.empty());
    }

    private List<String> output() {
        return routed().stream()
                .map(record -> relay.text(record.value(), target(record)))
                .toList();
    }

    /** What the producer sends in the place of what Streams gives it. */
    private List<ProducerRecord<byte[], byte[]>> routed() {
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (TestRecord<byte[], byte[]> forwarded : out.readRecordsToList()) {
            if (forwarded.headers().lastHeader(RoutedBatch.KEY) instanceof RoutedBatch batch) {
                records.addAll(batch.records());
            }
        }
        return records;
    }

    static @Nullable String target(ProducerRecord<byte[], byte[]> record) {
        Header schema = record.headers().lastHeader("target.schema");
        Header table = record.headers().lastHeader("target.table");
        return schema == null || table == null
                ? null
                : new String(schema.value(), StandardCharsets.UTF_8) + "."
                        + new String(table.value(), StandardCharsets.UTF_8);
    }
}
