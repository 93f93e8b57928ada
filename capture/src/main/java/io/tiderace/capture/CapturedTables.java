package io.tiderace.capture;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tiderace.config.BlockAllowList;
import io.tiderace.config.TaskConfig;
import io.tiderace.schemas.TableName;
import io.tiderace.schemas.TideraceException.ConfigException;
import io.tiderace.schemas.TideraceException.DataException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which tables a source is captured for: the tasks' block-allow lists. Stored, because tables that a later list accepts and the stored ones do not
 * are new to the source. A list stands for its tables whatever their number: one that it accepts is captured from its creation on.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record CapturedTables(List<Share> shares) {
    private static final ObjectMapper JSON = new ObjectMapper();

    CapturedTables {
        shares = List.copyOf(shares);
    }

    /**
     * What one task takes.
     *
     * @param copies false when it wants changes only
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Share(String task, boolean copies, BlockAllowList.Definition tables) {
        BlockAllowList list() {
            return BlockAllowList.compile(tables.patterns(), tables.caseSensitive());
        }
    }

    static CapturedTables of(String sourceId, List<TaskConfig> tasks) {
        List<Share> shares = new ArrayList<>();
        for (TaskConfig task : tasks) {
            TaskConfig.Instance instance = task.instance(sourceId);
            if (instance != null) {
                boolean copies = task.mode() != TaskConfig.Mode.INCREMENTAL;
                shares.add(new Share(task.name(), copies, instance.tables().definition()));
            }
        }
        return new CapturedTables(shares);
    }

    /**
     * The tables that are accepted now and were not before.
     *
     * @param before null when nothing was stored
     * @param existing every table of the source
     * @return for each whether its rows are to be copied
     * @throws ConfigException when a task takes a table whose rows lie behind it in the relay topic
     */
    Map<TableName, Boolean> added(String sourceId, @Nullable CapturedTables before, Collection<TableName> existing) {
        Map<TableName, Boolean> added = new TreeMap<>();
        if (before == null || before.equals(this)) {
            return added;
        }
        List<Compiled> now = compile();
        List<Compiled> then = before.compile();
        for (TableName table : existing) {
            boolean wasCaptured = then.stream().anyMatch(share -> share.list.accepts(table));
            for (Compiled share : now) {
                if (!share.list.accepts(table)) {
                    continue;
                }
                if (!wasCaptured) {
                    added.merge(table, share.copies, Boolean::logicalOr);
                } else if (share.isWidened(then, table)) {
                    throw behind(sourceId, share.task, table);
                }
            }
        }
        return added;
    }

    private record Compiled(String task, boolean copies, BlockAllowList list) {
        /** True when the task read the relay topic before, and not this table of it. */
        boolean isWidened(List<Compiled> before, TableName table) {
            return before.stream().anyMatch(share -> share.task.equals(task) && !share.list.accepts(table));
        }
    }

    private List<Compiled> compile() {
        return shares.stream()
                .map(share -> new Compiled(share.task(), share.copies(), share.list()))
                .toList();
    }

    private static ConfigException behind(String sourceId, String task, TableName table) {
        return new ConfigException(
                "TR-C044",
                "task " + task + " now takes table " + table + " of source " + sourceId
                        + ", which was captured for another task already: its rows lie in the relay topic behind the place to which"
                        + " this task has read",
                "leave the block-allow list of task " + task
                        + " as it was, and take the table with a task of another name: it reads the relay topic from its beginning");
    }

    byte[] toJson() {
        try {
            return JSON.writeValueAsBytes(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("block-allow lists cannot be written as JSON", e);
        }
    }

    static CapturedTables ofJson(String sourceId, byte[] json) {
        try {
            return JSON.readValue(json, CapturedTables.class);
        } catch (IOException e) {
            throw new DataException(
                    "TR-C001",
                    "the stored block-allow lists of source " + sourceId + " cannot be read: " + e.getMessage(),
                    "write the record by hand as docs/formats.md says, or start the source anew under another source-id",
                    e);
        }
    }
}
