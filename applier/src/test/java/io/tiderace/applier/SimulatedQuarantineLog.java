package io.tiderace.applier;

import io.tiderace.applier.SimulatedTarget.Crash;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** The quarantine topic in memory; whoever writes may die before its records are registered. */
final class SimulatedQuarantineLog implements QuarantineLog {
    private final Random random;
    private final SimulatedSource source;
    private final List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();

    SimulatedQuarantineLog(Random random, SimulatedSource source) {
        this.random = random;
        this.source = source;
    }

    @Override
    public List<Long> append(List<Entry> entries) {
        List<Long> offsets = new ArrayList<>();
        for (Entry entry : entries) {
            offsets.add((long) records.size());
            records.addAll(source.records(entry.offset(), 1));
        }
        if (random.nextInt(20) == 0) {
            throw new Crash();
        }
        return offsets;
    }

    @Override
    public List<ConsumerRecord<byte[], byte[]>> read(List<Long> offsets) {
        return offsets.stream().map(offset -> records.get(offset.intValue())).toList();
    }

    /** Records written, those of attempts that came to nothing included. */
    int size() {
        return records.size();
    }

    @Override
    public void close() {}
}
