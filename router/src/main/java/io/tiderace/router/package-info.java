/**
 * The second stage: a task's rules applied to a source's relay topic, giving the apply topic.
 *
 * <p>Hides Kafka Streams and the MySQL grammar. May use Kafka's clients and Streams, ANTLR with Debezium's MySQL grammar, and the
 * vocabulary of schemas and topology-config; never Avro, JDBC or another service. Invariant: of every source transaction the apply
 * topic holds exactly the records that the rules let pass, byte for byte, and one Commit that counts them; numbers never skip.
 */
@NullMarked
package io.tiderace.router;

import org.jspecify.annotations.NullMarked;
