package io.tiderace.config;

/**
 * One upstream server: a DM source file.
 *
 * @param sourceId 1 to 32 bytes, the identity of the source everywhere
 * @param flavor DETECT asks the server
 * @param serverId replica id to use, 0 to choose one at random
 * @param enableGtid start and resume by GTID set instead of file and offset
 * @param caseSensitive OR-ed with the task's for matching rules
 */
public record SourceConfig(
        String sourceId, Flavor flavor, long serverId, boolean enableGtid, boolean caseSensitive, DatabaseConfig from) {
    public enum Flavor {
        DETECT,
        MYSQL,
        MARIADB
    }
}
