package io.tiderace.config;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.kafka.common.internals.Topic;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: any name makes a topic that Kafka takes, and no two names share one. Method: names of characters that the encoding itself uses. */
class TopicsPropertyTest {
    private static final Topics TOPICS = new Topics("tiderace.");

    @Property(tries = 20_000)
    void noTwoNamesShareATopic(@ForAll("names") String one, @ForAll("names") String other) {
        assertThat(Topics.encode(one).equals(Topics.encode(other))).isEqualTo(one.equals(other));
    }

    @Property
    void kafkaTakesTheTopic(@ForAll("names") String task, @ForAll("names") String sourceId) {
        Topic.validate(TOPICS.apply(task, sourceId));
        Topic.validate(TOPICS.relay(sourceId));
    }

    @Example
    void usualNamesStayLegible() {
        assertThat(TOPICS.relay("mysql-replica_01")).isEqualTo("tiderace.relay.mysql-replica_01");
        assertThat(TOPICS.apply("t-Ë!s`t", "a.b")).isEqualTo("tiderace.apply.t-_xc3_x8b_x21s_x60t.a.b");
        assertThat(TOPICS.shardDdl("a_x41")).isEqualTo("tiderace.shard-ddl.a_x5fx41");
        assertThat(new Topics("prod.").routerApplication("t")).isEqualTo("prod.router.t");
    }

    @Provide
    Arbitrary<String> names() {
        return Arbitraries.of("_", "x", "X", "5", "f", "F", "4", "1", ".", "-", "é", "😀", " ", "a")
                .list()
                .ofMinSize(1)
                .ofMaxSize(8)
                .map(parts -> String.join("", parts));
    }
}
