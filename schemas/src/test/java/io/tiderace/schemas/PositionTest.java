package io.tiderace.schemas;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class PositionTest {
    private static final String UUID = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

    @Test
    void aPositionCoversWhatLiesBeforeIt() {
        SourcePosition later = new SourcePosition("binlog.000010", 4, null);
        assertThat(later.covers(new SourcePosition("binlog.000009", 999, null))).isTrue();
        assertThat(later.covers(new SourcePosition("binlog.000010", 4, null))).isTrue();
        assertThat(later.covers(new SourcePosition("binlog.000010", 5, null))).isFalse();
        assertThat(new SourcePosition("binlog.1000000", 4, null).covers(new SourcePosition("binlog.999999", 5, null)))
                .isTrue();
    }

    @Test
    void gtidSetsDecideWhereBothSidesHaveOne() {
        SourcePosition here = new SourcePosition("other.000001", 4, UUID + ":1-5");
        assertThat(here.covers(new SourcePosition("binlog.000009", 999, UUID + ":1-5")))
                .isTrue();
        assertThat(here.covers(new SourcePosition("binlog.000001", 1, UUID + ":1-6")))
                .isFalse();
    }

    @Test
    void serversPrintGtidSetsWithLineBreaks() {
        assertThat(GtidSet.parse(UUID.toUpperCase(java.util.Locale.ROOT) + ":1-3:5,\n " + UUID + ":4"))
                .hasToString(UUID + ":1-5");
        assertThat(GtidSet.parse(UUID + ":1-3:tag:7-8:2")).hasToString(UUID + ":1-3," + UUID + ":tag:2:7-8");
    }

    @Test
    void mariaDbsPositionsStandForAllBeforeThem() {
        GtidSet set = GtidSet.parse("0-1-100,1-2-5");
        assertThat(set).hasToString("0-1-100,1-2-5");
        assertThat(set.contains(GtidSet.parse("0-9-99"))).isTrue();
        assertThat(set.contains(GtidSet.parse("0-1-101"))).isFalse();
        set.add("0-7-101");
        assertThat(set).hasToString("0-7-101,1-2-5");
    }

    @Test
    void whatIsNotAGtidIsNamed() {
        assertThatThrownBy(() -> GtidSet.parse("binlog.000001:4")).hasMessageContaining("binlog.000001:4");
        assertThatThrownBy(() -> GtidSet.parse(UUID + ":x-y")).hasMessageContaining("x-y");
    }
}
