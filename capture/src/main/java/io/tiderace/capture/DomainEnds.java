package io.tiderace.capture;

import io.tiderace.schemas.GtidSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Looks in a MariaDB server's log for the very transactions that were captured last, one a domain. A number alone does not tell: a server that was
 * written to by itself gave it to another transaction, and one restored from a backup has a log that begins later. Source of the rules: MariaDB
 * documentation, "Global Transaction ID".
 */
final class DomainEnds implements LogScan.Visitor {
    private final Map<String, Gtid> wanted = new TreeMap<>();
    private final Map<String, String> instead = new HashMap<>();

    /**
     * @param captured up to and including these
     * @param before what the log's stretch that will be visited follows on
     */
    DomainEnds(GtidSet captured, GtidSet before) {
        gtids(captured).forEach(gtid -> wanted.put(gtid.domain, gtid));
        for (Gtid gtid : gtids(before)) {
            if (!wanted.remove(gtid.domain, gtid)) {
                instead.put(gtid.domain, "its log begins after " + gtid.text);
            }
        }
    }

    private record Gtid(String domain, long sequence, String text) {
        static Gtid of(String text) {
            return new Gtid(
                    text.substring(0, text.indexOf('-')),
                    Long.parseUnsignedLong(text.substring(text.lastIndexOf('-') + 1)),
                    text);
        }
    }

    private static List<Gtid> gtids(GtidSet set) {
        List<Gtid> result = new ArrayList<>();
        for (String text : set.toString().split(",")) {
            if (!text.isEmpty()) {
                result.add(Gtid.of(text));
            }
        }
        return result;
    }

    @Override
    public boolean transaction(LogScan.Transaction transaction) {
        if (transaction.gtid() == null || wanted.isEmpty()) {
            return true;
        }
        Gtid met = Gtid.of(transaction.gtid());
        Gtid last = wanted.get(met.domain);
        if (met.equals(last)) {
            wanted.remove(met.domain);
        } else if (last != null && Long.compareUnsigned(met.sequence, last.sequence) >= 0) {
            instead.merge(
                    met.domain,
                    "it has " + transaction.where(),
                    (first, later) -> first.startsWith("it has") ? first : later);
        }
        return true;
    }

    /** The captured transactions that the log has not, each with what it has in their place; empty when all are there. */
    List<String> missing() {
        return wanted.values().stream()
                .map(gtid -> gtid.text + " (" + instead.getOrDefault(gtid.domain, "it has none of this domain") + ")")
                .toList();
    }
}
