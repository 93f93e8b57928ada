package io.tiderace.tests;

import io.tiderace.config.ServiceConfig;
import io.tiderace.schemas.ChangeEvent.RowChange;
import io.tiderace.schemas.Column;
import io.tiderace.schemas.RecordCodec;
import io.tiderace.schemas.RegistryClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * The bytes of column values in a relay topic, cut out of the records without decoding the values. Tables have an INT first, which says which
 * value the second column holds.
 */
final class WireValues {
    /** One image of one row. */
    record Image(String table, String op, int id, String hex) {}

    private final byte[] record;
    private final List<Column> columns;
    private int at = 5;

    private WireValues(byte[] record, List<Column> columns) {
        this.record = record;
        this.columns = columns;
    }

    /** Every image of every row that is in the topic now, of updates the one after, of tables whose names begin so. */
    static List<Image> read(ServiceConfig config, String sourceId, String tables) {
        String topic = config.topics().relay(sourceId);
        RecordCodec codec = new RecordCodec(new RegistryClient(config.registry()), topic);
        Map<String, Object> settings = new HashMap<>(config.kafka());
        settings.put("isolation.level", "read_committed");
        TopicPartition partition = new TopicPartition(topic, 0);
        List<Image> images = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            while (consumer.position(partition) < end) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    if (codec.decode(record.value()) instanceof RowChange row
                            && row.table().name().table().startsWith(tables)) {
                        images.add(new WireValues(record.value(), row.table().columns()).image(row));
                    }
                }
            }
        }
        return images;
    }

    private Image image(RowChange row) {
        number();
        number();
        Object[] before = row.before();
        Object[] after = row.after();
        String beforeHex = number() == 0 ? null : second();
        String afterHex = number() == 0 ? null : second();
        Object[] image = after == null ? before : after;
        return new Image(
                row.table().name().table(),
                row.op().letter(),
                (Integer) image[0],
                after == null ? beforeHex : afterHex);
    }

    /** Reads an image and gives its second column's bytes, "null" for NULL. */
    private String second() {
        String second = null;
        for (int i = 0; i < columns.size(); i++) {
            boolean isNull = columns.get(i).nullable() && number() == 0;
            int from = at;
            if (!isNull) {
                skip(columns.get(i));
            }
            second = i == 1 ? isNull ? "null" : HexFormat.of().formatHex(Arrays.copyOfRange(record, from, at)) : second;
        }
        return second;
    }

    private void skip(Column column) {
        switch (column.type().wire()) {
            case INT, LONG -> number();
            case FLOAT -> at += 4;
            case DOUBLE -> at += 8;
            case STRING, BYTES -> {
                long length = number();
                at += (int) length;
            }
        }
    }

    private long number() {
        long value = 0;
        int shift = 0;
        byte b;
        do {
            b = record[at++];
            value |= (long) (b & 0x7f) << shift;
            shift += 7;
        } while (b < 0);
        return value >>> 1 ^ -(value & 1);
    }
}
