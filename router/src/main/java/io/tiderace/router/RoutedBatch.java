package io.tiderace.router;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * What became of a {@link PolledBatch}: records for an apply topic. They, too, take their way through Streams together, as the only header of one
 * empty record, and the producer that Streams is given sends them in its place: in the transaction that Streams has begun, and with its answer to
 * Streams when the last of them has its own.
 *
 * @param records in the topic's order, at least one
 */
record RoutedBatch(List<ProducerRecord<byte[], byte[]>> records) implements Header {
    /** Of the header. */
    static final String KEY = "tiderace.routed";

    private static final byte[] NOTHING = {};

    /** The header under which Streams carries it. */
    Headers asHeaders() {
        return new RecordHeaders(new Header[] {this});
    }

    @Override
    public String key() {
        return KEY;
    }

    @Override
    public byte[] value() {
        return NOTHING;
    }

    /** Sends the records of a batch where it is given one; what Streams sends for itself, its stores' changes, goes as it is. */
    static final class Sender extends KafkaProducer<byte[], byte[]> {
        Sender(Map<String, Object> settings) {
            super(settings, new ByteArraySerializer(), new ByteArraySerializer());
        }

        @Override
        public Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record, Callback callback) {
            if (!(record.headers().lastHeader(KEY) instanceof RoutedBatch batch)) {
                return super.send(record, callback);
            }
            Failures failures = new Failures(callback);
            Iterator<ProducerRecord<byte[], byte[]>> rest = batch.records.iterator();
            while (true) {
                ProducerRecord<byte[], byte[]> each = rest.next();
                boolean isLast = !rest.hasNext();
                Future<RecordMetadata> sent = super.send(each, isLast ? callback : failures);
                if (isLast || failures.areThere) {
                    return sent; // after a failure the producer would refuse the others with an error that says less
                }
            }
        }
    }

    /** Hands only failures on. */
    private static final class Failures implements Callback {
        private final Callback callback;
        private volatile boolean areThere;

        Failures(Callback callback) {
            this.callback = callback;
        }

        @Override
        public void onCompletion(RecordMetadata metadata, @Nullable Exception failure) {
            if (failure != null) {
                callback.onCompletion(metadata, failure);
                areThere = true;
            }
        }
    }
}
