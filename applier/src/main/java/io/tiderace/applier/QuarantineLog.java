package io.tiderace.applier;

import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** The topic that holds the records of changes in quarantine. Thread-safe. */
interface QuarantineLog extends AutoCloseable {
    /**
     * A record of the apply topic that is to be copied.
     *
     * @param offset in the apply topic
     */
    record Entry(long offset, String reason) {}

    /** Copies records to the end of the topic, in this order; returns when they are there, with the offset of each. */
    List<Long> append(List<Entry> entries) throws InterruptedException;

    /** The records at these offsets of the topic, in this order. */
    List<ConsumerRecord<byte[], byte[]>> read(List<Long> offsets) throws InterruptedException;

    @Override
    void close();
}
