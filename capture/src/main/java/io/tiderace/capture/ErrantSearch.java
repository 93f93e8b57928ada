package io.tiderace.capture;

import io.tiderace.capture.BinlogEvents.StatementEvent;
import io.tiderace.schemas.GtidSet;
import io.tiderace.schemas.TableName;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Looks in a server's log for transactions that the server captured before cannot have had: not captured, and standing before one of another origin
 * that was. Applied now, after what came later, they would make the target differ. What changes no captured table does not count. What comes after
 * everything captured is simply next: the new primary's own changes.
 */
final class ErrantSearch implements LogScan.Visitor {
    private static final int NAMED_MAX = 10;

    private final GtidSet captured;
    private final Predicate<TableName> isCaptured;
    private final List<Suspect> suspects = new ArrayList<>();
    private final GtidSet errant = GtidSet.empty();
    private final List<String> places = new ArrayList<>();

    ErrantSearch(GtidSet captured, Predicate<TableName> isCaptured) {
        this.captured = captured;
        this.isCaptured = isCaptured;
    }

    private record Suspect(String gtid, String origin, String place) {}

    /** Empty when the server may be taken. */
    GtidSet errant() {
        return errant;
    }

    /** Where the first of them are, and what they change. */
    List<String> places() {
        return places;
    }

    @Override
    public boolean transaction(LogScan.Transaction transaction) {
        String gtid = transaction.gtid();
        if (gtid == null) {
            return true;
        }
        String origin = origin(gtid);
        if (captured.contains(GtidSet.parse(gtid))) {
            convict(origin);
            return true;
        }
        List<TableName> changed = changed(transaction);
        if (!changed.isEmpty()) {
            suspects.add(new Suspect(gtid, origin, transaction.where() + " changes " + changed));
        }
        return true;
    }

    /** MariaDB's GTIDs name the server in their middle. */
    private static String origin(String gtid) {
        int colon = gtid.lastIndexOf(':');
        return colon < 0 ? gtid.substring(gtid.indexOf('-') + 1, gtid.lastIndexOf('-')) : gtid.substring(0, colon);
    }

    /** Transactions of one origin may stand in another order, where replicas commit in parallel. */
    private void convict(String origin) {
        suspects.removeIf(suspect -> {
            boolean isErrant = !suspect.origin.equals(origin);
            if (isErrant) {
                errant.add(suspect.gtid);
                if (places.size() < NAMED_MAX) {
                    places.add(suspect.place);
                }
            }
            return isErrant;
        });
    }

    private List<TableName> changed(LogScan.Transaction transaction) {
        List<TableName> result = new ArrayList<>();
        transaction.tables().keySet().stream().filter(isCaptured).forEach(result::add);
        for (StatementEvent statement : transaction.statements()) {
            String sql = StructureWindow.ddl(statement);
            if (sql != null) {
                StructureWindow.altered(sql, statement.getDatabase()).stream()
                        .filter(isCaptured)
                        .forEach(result::add);
                TableName truncated = Statements.firstTable(sql, statement.getDatabase());
                if (truncated != null && isCaptured.test(truncated) && !result.contains(truncated)) {
                    result.add(truncated);
                }
            }
        }
        return result;
    }
}
