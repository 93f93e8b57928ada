package io.tiderace.capture;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

import static org.assertj.core.api.Assertions.assertThat;

/** The list against a plain one: the same records in the same order, and bytes that follow from them. */
class RelayRecordsPropertyTest {
    @Property
    void cuttingAndJoiningLosesNothing(
            @ForAll @Size(max = 60) List<@IntRange(min = 0, max = 9) Integer> lengths,
            @ForAll @IntRange(max = 60) int at) {
        RelayRecords records = of(lengths);
        List<byte[]> before = values(records);
        int cut = Math.min(at, lengths.size());
        RelayRecords rest = records.cut(cut);
        assertThat(values(records)).isEqualTo(before.subList(0, cut));
        assertThat(values(rest)).isEqualTo(before.subList(cut, before.size()));
        assertThat(records.bytes()).isEqualTo(of(lengths.subList(0, cut)).bytes());
        assertThat(rest.bytes())
                .isEqualTo(of(lengths.subList(cut, lengths.size())).bytes());

        records.addAll(rest);
        assertThat(values(records)).isEqualTo(before);
        for (int i = 0; i < records.count(); i++) {
            int length = lengths.get(i);
            assertThat(records.key(i)).isEqualTo(length % 2 == 0 ? null : new byte[length]);
        }
        assertThat(records.bytes()).isEqualTo(of(lengths).bytes());
    }

    @Property
    void replacingTheLastChangesItAlone(
            @ForAll @Size(min = 1, max = 40) List<@IntRange(min = 0, max = 9) Integer> lengths) {
        RelayRecords records = of(lengths);
        List<byte[]> before = values(records);
        byte[] other = new byte[33];
        records.replace(records.count() - 1, other);
        assertThat(values(records).subList(0, before.size() - 1)).isEqualTo(before.subList(0, before.size() - 1));
        assertThat(records.value(records.count() - 1)).isSameAs(other);
        assertThat(records.bytes()).isEqualTo(of(lengths).bytes() + 33 - before.get(before.size() - 1).length);
        records.clear();
        assertThat(records.count()).isZero();
        assertThat(records.bytes()).isZero();
    }

    /** Every other record has a key. */
    private static RelayRecords of(List<Integer> lengths) {
        RelayRecords records = new RelayRecords();
        for (int length : lengths) {
            records.add(length % 2 == 0 ? null : new byte[length], new byte[length * 3]);
        }
        return records;
    }

    private static List<byte[]> values(RelayRecords records) {
        List<byte[]> values = new ArrayList<>();
        for (int i = 0; i < records.count(); i++) {
            values.add(records.value(i));
        }
        return values;
    }
}
