package io.tiderace.applier;

import io.tiderace.applier.Histories.Shape;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: values of different keys are told apart, also small numbers, which are the most usual ones. */
class OrderKeysTest {
    @Test
    void equalNumbersInDifferentKeysAreNotTheSameKey() {
        RowMapping mapping = new Histories(Shape.INTEGER_KEY, 0).mapping;
        Set<Long> hashes = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            OrderKeys keys = new OrderKeys();
            keys.add(mapping, null, new @Nullable Object[] {i, i, i, 0});
            for (long hash : keys.toArray()) {
                hashes.add(hash);
            }
        }
        assertThat(hashes).hasSize(300);
    }
}
