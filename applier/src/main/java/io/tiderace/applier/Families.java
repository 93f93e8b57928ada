package io.tiderace.applier;

import io.tiderace.schemas.TableName;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tables that foreign keys connect, directly or through others: a change of one may need rows of another, and with {@code ON DELETE CASCADE} and its like
 * change rows of any of them (MySQL manual, "FOREIGN KEY Constraints"). Names are compared without case, which only makes families larger. Immutable.
 */
final class Families {
    /**
     * A column of a foreign key.
     *
     * @param parentColumn that it refers to
     * @param followsDelete whether rows of the child change when the one that they refer to is deleted
     * @param followsUpdate the same when the column changes
     */
    record Link(TableName child, TableName parent, String parentColumn, boolean followsDelete, boolean followsUpdate) {}

    /**
     * What foreign keys are to one table.
     *
     * @param name of the family that it is in
     * @param hasFollowers whether deleting a row of it may change others
     * @param followed columns of which a change may change other rows, in lower case
     */
    record Family(String name, boolean hasFollowers, Set<String> followed) {}

    private final Map<String, String> names = new HashMap<>();
    private final Set<String> parents = new HashSet<>();
    private final Map<String, Set<String>> followed = new HashMap<>();

    private Families() {}

    static Families of(List<Link> links) {
        Families families = new Families();
        links.forEach(families::add);
        return families;
    }

    private void add(Link link) {
        String child = root(folded(link.child()));
        String parent = root(folded(link.parent()));
        String first =
                child.compareTo(parent) < 0 ? child : parent; // the name does not depend on the order of the links
        names.put(child, first);
        names.put(parent, first);
        if (link.followsDelete()) {
            parents.add(folded(link.parent()));
        }
        if (link.followsUpdate()) {
            followed.computeIfAbsent(folded(link.parent()), key -> new HashSet<>())
                    .add(link.parentColumn().toLowerCase(Locale.ROOT));
        }
    }

    /** Null when no foreign key concerns the table. */
    @Nullable
    Family of(TableName table) {
        String name = folded(table);
        return names.containsKey(name)
                ? new Family(root(name), parents.contains(name), Set.copyOf(followed.getOrDefault(name, Set.of())))
                : null;
    }

    private String root(String name) {
        String root = name;
        for (String next = names.get(root); next != null && !next.equals(root); next = names.get(root)) {
            root = next;
        }
        return root;
    }

    private static String folded(TableName table) {
        return table.toString().toLowerCase(Locale.ROOT);
    }
}
