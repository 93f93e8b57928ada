package io.tiderace.router;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.query.Position;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a {@link RelayProgress} exactly in step with Streams' transactions, at next to no cost per record.
 *
 * <p>The array of the progress lies in Streams' cache by reference. Streams writes what changed in its cache to the changelog topic as part of
 * every commit, whoever asks for it and also when a task is moved or closed (StreamTask.prepareCommit), in the transaction that holds the
 * forwarded records and the consumed offset. This store sees the array then, on its way from the cache to the changelog, and marks it
 * clean; the processor puts it into the cache again after the next record it changes. If the cache is too small the array is only
 * written more often.
 */
final class ProgressStore implements KeyValueStore<Bytes, byte[]> {
    private static final byte CLEAN = 0;
    private static final byte IN_CACHE = 1;
    private static final byte[] PROGRESS = {0};
    private static final byte[] FOLDED = {1};

    private final KeyValueStore<Bytes, byte[]> memory;

    private ProgressStore(String name) {
        this.memory = Stores.inMemoryKeyValueStore(name).get();
    }

    /** The store of one source; its changelog stays small enough to be read whole at every start. */
    static StoreBuilder<KeyValueStore<byte[], byte[]>> builder(String name) {
        KeyValueBytesStoreSupplier supplier = new KeyValueBytesStoreSupplier() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public KeyValueStore<Bytes, byte[]> get() {
                return new ProgressStore(name);
            }

            @Override
            public String metricsScope() {
                return "in-memory";
            }
        };
        return Stores.keyValueStoreBuilder(supplier, Serdes.ByteArray(), Serdes.ByteArray())
                .withCachingEnabled()
                .withLoggingEnabled(Map.of("segment.bytes", "1048576", "min.cleanable.dirty.ratio", "0.1"));
    }

    static RelayProgress restore(KeyValueStore<byte[], byte[]> store) {
        return new RelayProgress(store.get(PROGRESS));
    }

    static byte @Nullable [] folded(KeyValueStore<byte[], byte[]> store) {
        return store.get(FOLDED);
    }

    /** To be called after every change of the progress. */
    static void save(KeyValueStore<byte[], byte[]> store, RelayProgress progress) {
        byte[] saved = progress.save();
        if (saved[0] == CLEAN) {
            saved[0] = IN_CACHE;
            store.put(PROGRESS, saved);
        }
    }

    static void saveFolded(KeyValueStore<byte[], byte[]> store, byte[] lastCommit) {
        store.put(FOLDED, lastCommit);
    }

    @Override
    public void put(Bytes key, byte[] value) {
        if (value != null && value.length == RelayProgress.BYTES && key.get()[0] == PROGRESS[0]) {
            value[0] = CLEAN;
        }
        memory.put(key, value);
    }

    @Override
    public byte[] putIfAbsent(Bytes key, byte[] value) {
        return memory.putIfAbsent(key, value);
    }

    @Override
    public void putAll(List<KeyValue<Bytes, byte[]>> entries) {
        memory.putAll(entries);
    }

    @Override
    public byte[] delete(Bytes key) {
        return memory.delete(key);
    }

    @Override
    public byte[] get(Bytes key) {
        return memory.get(key);
    }

    @Override
    public KeyValueIterator<Bytes, byte[]> range(Bytes from, Bytes to) {
        return memory.range(from, to);
    }

    @Override
    public KeyValueIterator<Bytes, byte[]> all() {
        return memory.all();
    }

    @Override
    public long approximateNumEntries() {
        return memory.approximateNumEntries();
    }

    @Override
    public String name() {
        return memory.name();
    }

    @Override
    public void init(StateStoreContext context, StateStore root) {
        memory.init(context, root);
    }

    @Override
    public void flush() {
        memory.flush();
    }

    @Override
    public void close() {
        memory.close();
    }

    @Override
    public boolean persistent() {
        return memory.persistent();
    }

    @Override
    public boolean isOpen() {
        return memory.isOpen();
    }

    @Override
    public Position getPosition() {
        return memory.getPosition();
    }
}
