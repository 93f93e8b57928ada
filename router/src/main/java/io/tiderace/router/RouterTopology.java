package io.tiderace.router;

import io.tiderace.config.Topics;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.state.StoreBuilder;

/**
 * A task as a Streams topology: for each source {@code relay -> rules -> apply} on its own, so that Streams spreads sources over threads
 * and processes.
 */
final class RouterTopology {
    private RouterTopology() {}

    /** A source's part in the topology. */
    record Leg(TransactionRouter.Source source, String applyTopic) {}

    static Topology of(List<Leg> legs) {
        Topology topology = new Topology();
        for (Leg leg : legs) {
            String id = leg.source.id();
            topology.addSource(
                    "relay " + id, new ByteArrayDeserializer(), new ByteArrayDeserializer(), leg.source.relayTopic());
            topology.addProcessor("rules " + id, new Rule(leg), "relay " + id);
            topology.addSink(
                    "apply " + id, leg.applyTopic, new ByteArraySerializer(), new ByteArraySerializer(), "rules " + id);
        }
        return topology;
    }

    /** Name of a source's store; with the application's id before it and {@code -changelog} after it, a topic. */
    static String storeName(String sourceId) {
        return "progress" + new Topics("").relay(sourceId).substring("relay".length());
    }

    private record Rule(Leg leg) implements ProcessorSupplier<byte[], byte[], byte[], byte[]> {
        @Override
        public Processor<byte[], byte[], byte[], byte[]> get() {
            return new RuleProcessor(leg.source, leg.applyTopic, storeName(leg.source.id()));
        }

        @Override
        public Set<StoreBuilder<?>> stores() {
            return Set.of(ProgressStore.builder(storeName(leg.source.id())));
        }
    }
}
