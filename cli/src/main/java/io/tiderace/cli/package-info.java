/**
 * The {@code tiderace} command, and the servers it can bring along: a Kafka node and a schema registry in this process, MySQL and TiDB as
 * children of it (for the demonstration and for tests).
 *
 * <p>Hides how those servers are obtained, configured and stopped. Invariant: whatever is started here listens on the loopback interface
 * only and ends with this process, however it ends.
 */
@NullMarked
package io.tiderace.cli;

import org.jspecify.annotations.NullMarked;
