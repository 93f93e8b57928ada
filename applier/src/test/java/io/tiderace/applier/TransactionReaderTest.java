package io.tiderace.applier;

import io.tiderace.applier.TransactionReader.Limits;
import io.tiderace.schemas.ChangeEvent.Commit;
import io.tiderace.schemas.ChangeEvent.RoutedDdl;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.ChangeEvent.RowSource;
import io.tiderace.schemas.ChangeEvent.StatementContext;
import io.tiderace.schemas.Column;
import io.tiderace.schemas.InMemoryRegistry;
import io.tiderace.schemas.MySqlType;
import io.tiderace.schemas.Op;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.RowEncoder;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TableStructure;
import io.tiderace.schemas.TideraceException.DataException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Goal: only whole, contiguous transactions leave the reader, each once. Method: hand-written topics, good and bad. */
class TransactionReaderTest {
    private static final TableStructure TABLE = new TableStructure(
            new TableName("shop", "t"),
            List.of(new Column("id", MySqlType.parse("int"), null, null, false, false)),
            List.of("id"));

    private final RecordCodec codec = new RecordCodec(new InMemoryRegistry(), "apply");
    private final RowEncoder encoder = codec.rowEncoder("s", TABLE);
    private final List<Step> steps = new ArrayList<>();
    private TransactionReader reader =
            new TransactionReader(codec, AppliedPosition.START, new AppliedRanges(), Limits.of(100_000));
    private long offset;

    @Test
    void transactionsComeWholeAndInOrder() {
        row(1, 1);
        row(1, 2);
        assertThat(steps).isEmpty();
        commit(1, 1, 3, 2);
        commit(2, 5, 1, 0);
        row(6, 2); // the rules dropped the first
        commit(6, 6, 4, 1);
        assertThat(steps).extracting(step -> step.mark().txn()).containsExactly(1L, 5L, 6L);
        assertThat(steps).extracting(step -> ((Step.Rows) step).rows().size()).containsExactly(2, 0, 1);
        assertThat(steps.get(1).mark().firstTxn()).isEqualTo(2);
        assertThat(steps.get(2).mark().nextOffset()).isEqualTo(6);
    }

    @Test
    void whatWasReadBeforeIsDropped() {
        row(1, 1);
        row(1, 2);
        row(1, 1); // a large transaction begun again after a crash
        row(1, 2);
        row(1, 3);
        commit(1, 1, 4, 3);
        row(1, 3);
        commit(1, 1, 4, 3);
        assertThat(steps).hasSize(1);
        assertThat(((Step.Rows) steps.get(0)).rows()).hasSize(3);
        assertThat(reader.repeats()).isEqualTo(4);
    }

    @Test
    void aMissingTransactionIsAGap() {
        row(1, 1);
        commit(1, 1, 2, 1);
        row(3, 1);
        assertThatThrownBy(() -> commit(3, 3, 2, 1))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("TR-A001")
                .hasMessageContaining("apply-0-3");
    }

    @Test
    void aMissingRowIsAGap() {
        row(1, 1);
        assertThatThrownBy(() -> commit(1, 1, 3, 2))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("2 records");
    }

    @Test
    void aMissingCommitIsAGap() {
        row(1, 1);
        assertThatThrownBy(() -> row(2, 1)).isInstanceOf(DataException.class).hasMessageContaining("before the Commit");
    }

    @Test
    void whatIsAppliedComesWithoutItsRows() {
        AppliedRanges applied = AppliedRanges.parse("12,13#1");
        reader = new TransactionReader(codec, new AppliedPosition(10, 21, null), applied, Limits.of(100_000));
        assertThat(reader.startOffset(0)).isEqualTo(18);
        offset = 18;
        row(10, 1);
        row(10, 2);
        commit(10, 10, 3, 2);
        row(11, 1);
        commit(11, 11, 2, 1);
        row(12, 1);
        commit(12, 12, 2, 1);
        row(13, 1);
        row(13, 2);
        commit(13, 13, 3, 2);
        assertThat(steps).extracting(step -> step.mark().txn()).containsExactly(11L, 12L, 13L);
        assertThat(steps).extracting(step -> ((Step.Rows) step).rows().size()).containsExactly(1, 0, 1);
    }

    @Test
    void aTopicMadeAnewIsNoticed() {
        reader =
                new TransactionReader(codec, new AppliedPosition(10, 1, null), new AppliedRanges(), Limits.of(100_000));
        reader.startOffset(0);
        assertThatThrownBy(() -> commit(1, 1, 1, 0))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("TR-A002");
    }

    @Test
    void largeTransactionsComeInPieces() {
        reader = new TransactionReader(codec, AppliedPosition.START, new AppliedRanges(), new Limits(10, 1 << 20, 4));
        for (int i = 1; i <= 18; i++) {
            row(1, i);
        }
        commit(1, 1, 19, 18);
        row(2, 1);
        commit(2, 2, 2, 1);
        assertThat(steps.stream().mapToInt(step -> ((Step.Rows) step).rows().size()))
                .containsExactly(4, 4, 3, 4, 3, 1);
        assertThat(steps).extracting(step -> step.mark().row()).containsExactly(4L, 8L, 11L, 15L, 19L, 2L);
        assertThat(steps).extracting(Step::isAlone).containsExactly(true, true, true, true, true, false);
        assertThat(reader.splitTransactions()).isEqualTo(1);
    }

    @Test
    void ddlDividesItsTransaction() {
        row(1, 1);
        ddl(1, 2);
        row(1, 3);
        commit(1, 1, 4, 3);
        assertThat(steps).hasSize(3).allMatch(Step::isAlone);
        assertThat(steps.get(1)).isInstanceOf(Step.Ddl.class);
        assertThat(steps.get(2).mark().commit()).isNotNull();
    }

    private void row(long txn, long row) {
        RowSource source = new RowSource("shop", "t", 1, null, "bin.000001", 4, 0, 0, false);
        RowChange change = new RowChange(txn, row, TABLE, Op.INSERT, null, new Object[] {1}, 0, source);
        ConsumerRecord<byte[], byte[]> record = record(codec.encodeRow(encoder, change));
        record.headers().add("target.schema", "shop".getBytes(StandardCharsets.UTF_8));
        record.headers().add("target.table", "t".getBytes(StandardCharsets.UTF_8));
        reader.read(record, steps::add);
    }

    private void ddl(long txn, long row) {
        StatementContext context = new StatementContext("shop", "", null, null, null);
        reader.read(
                record(codec.encode(new RoutedDdl(
                        txn,
                        row,
                        "DROP TABLE t",
                        "DROP TABLE t",
                        context,
                        List.of(),
                        List.of(),
                        false,
                        null,
                        null,
                        "bin.000001",
                        4,
                        0))),
                steps::add);
    }

    private void commit(long first, long txn, long row, long rows) {
        reader.read(
                record(codec.encode(new Commit(txn, row, first, rows, null, null, "bin.000001", 4, 0, false, false))),
                steps::add);
    }

    private ConsumerRecord<byte[], byte[]> record(byte[] value) {
        return new ConsumerRecord<>("apply", 0, offset++, null, value);
    }
}
