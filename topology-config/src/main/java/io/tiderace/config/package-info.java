/**
 * What runs where: DM's source and task files, tiderace.yaml, the rules as data with their matching, and every topic's name and settings.
 *
 * <p>Hides YAML, DM's quirks and secrets. May use SnakeYAML, RE2/J and the Kafka admin client. Invariant: a configuration object
 * that exists is valid; whatever is wrong is reported all at once, with file, line, key and fix, before anything starts.
 */
@NullMarked
package io.tiderace.config;

import org.jspecify.annotations.NullMarked;
