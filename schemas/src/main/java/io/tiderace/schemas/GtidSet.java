package io.tiderace.schemas;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A set of transactions, of MySQL ({@code uuid[:tag]:1-5:7}, joined by commas) or of MariaDB ({@code domain-server-sequence}, which
 * stands for all of the domain up to that sequence). Not thread-safe. Sources: MySQL manual 19.1.3.1, MariaDB "Global Transaction ID".
 */
public final class GtidSet {
    /** Per origin (uuid, uuid:tag, or MariaDB domain): sorted, disjoint, non-adjacent ranges, both ends included. */
    private final Map<String, List<long[]>> ranges = new TreeMap<>();

    private final Map<String, String> mariaServers = new TreeMap<>();

    /** The origin that was added to last, with its ranges: as a rule the next transaction is of the same server. */
    private String lastOrigin = "";

    private List<long[]> lastRanges = List.of();

    /** Per origin: the text of all but the last range, valid while it covers all but one of them. */
    private final Map<String, Head> heads = new TreeMap<>();

    private record Head(int ranges, String text) {}

    private GtidSet() {}

    /**
     * Reads a set as the server prints it; blanks and line breaks are ignored.
     *
     * @throws IllegalArgumentException naming the part that cannot be read
     */
    public static GtidSet parse(String text) {
        GtidSet set = new GtidSet();
        for (String part : text.replaceAll("\\s", "").split(",")) {
            if (!part.isEmpty()) {
                set.addPart(part);
            }
        }
        return set;
    }

    public static GtidSet empty() {
        return new GtidSet();
    }

    /** Adds one transaction, or any set in text form. */
    public void add(String gtids) {
        if (addNext(gtids)) {
            return;
        }
        for (String part : gtids.replaceAll("\\s", "").split(",")) {
            if (!part.isEmpty()) {
                addPart(part);
            }
        }
    }

    /** Adds {@code uuid:number} where it continues the last range of the origin that was added to last; false for anything else. */
    private boolean addNext(String gtid) {
        int colon = lastOrigin.length();
        int digits = gtid.length() - colon - 1;
        if (colon == 0 || digits < 1 || digits > 18 || gtid.charAt(colon) != ':' || !gtid.startsWith(lastOrigin)) {
            return false;
        }
        long number = 0;
        for (int i = colon + 1; i < gtid.length(); i++) {
            int digit = gtid.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return false;
            }
            number = number * 10 + digit;
        }
        long[] last = lastRanges.get(lastRanges.size() - 1);
        if (number != last[1] + 1) {
            return false;
        }
        last[1] = number;
        return true;
    }

    /**
     * Notes that a transaction was the last one read. In a MariaDB set it becomes its domain's position whatever was there, because only the
     * transaction last in the log is where MariaDB goes on; in a MySQL set it is added.
     */
    public void advance(String gtid) {
        if (gtid.indexOf(':') < 0) {
            String domain = gtid.substring(0, gtid.indexOf('-'));
            ranges.remove(domain);
            mariaServers.remove(domain);
        }
        add(gtid);
    }

    public boolean isEmpty() {
        return ranges.isEmpty();
    }

    /** True when every transaction of {@code other} is in this set. */
    public boolean contains(GtidSet other) {
        return other.minus(this).isEmpty();
    }

    /** This set without the transactions of {@code other}. */
    public GtidSet minus(GtidSet other) {
        GtidSet result = new GtidSet();
        ranges.forEach((origin, mine) -> {
            List<long[]> left = subtract(mine, other.ranges.getOrDefault(origin, List.of()));
            if (!left.isEmpty()) {
                result.ranges.put(origin, left);
                String server = mariaServers.get(origin);
                if (server != null) {
                    result.mariaServers.put(origin, server);
                }
            }
        });
        return result;
    }

    /** This set together with {@code other}. */
    public GtidSet union(GtidSet other) {
        GtidSet result = parse(toString());
        result.add(other.toString());
        return result;
    }

    private void addPart(String part) {
        if (part.indexOf(':') < 0) {
            addMariaPosition(part);
            return;
        }
        String[] pieces = part.split(":");
        String uuid = pieces[0].toLowerCase(Locale.ROOT);
        if (!uuid.matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")) {
            throw new IllegalArgumentException("not a GTID: '" + part + "' does not begin with a server uuid");
        }
        String origin = uuid;
        for (int i = 1; i < pieces.length; i++) {
            String piece = pieces[i];
            if (piece.matches("[A-Za-z_]\\w{0,31}")) { // a tag, MySQL 8.3 and later
                origin = uuid + ":" + piece.toLowerCase(Locale.ROOT);
                continue;
            }
            int dash = piece.indexOf('-');
            long from = number(dash < 0 ? piece : piece.substring(0, dash), part);
            long to = dash < 0 ? from : number(piece.substring(dash + 1), part);
            List<long[]> list = ranges.computeIfAbsent(origin, key -> new ArrayList<>());
            insert(list, from, to);
            heads.remove(origin);
            lastOrigin = origin;
            lastRanges = list;
        }
    }

    private void addMariaPosition(String part) {
        String[] pieces = part.split("-");
        if (pieces.length != 3) {
            throw new IllegalArgumentException("not a GTID: '" + part + "'");
        }
        String domain = Long.toString(number(pieces[0], part));
        List<long[]> list = ranges.computeIfAbsent(domain, key -> new ArrayList<>());
        long sequence = number(pieces[2], part);
        if (list.isEmpty() || list.get(list.size() - 1)[1] <= sequence) {
            mariaServers.put(domain, Long.toString(number(pieces[1], part)));
        }
        insert(list, 1, sequence);
    }

    private static long number(String digits, String part) {
        try {
            return Long.parseLong(digits);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("not a GTID: '" + digits + "' in '" + part + "' is not a number", e);
        }
    }

    private static void insert(List<long[]> list, long from, long to) {
        if (!list.isEmpty()) {
            long[] last = list.get(list.size() - 1);
            if (from == last[1] + 1) { // the usual case: the next transaction of the same server
                last[1] = to;
                return;
            }
        }
        int i = 0;
        while (i < list.size() && list.get(i)[1] < from - 1) {
            i++;
        }
        long low = from;
        long high = to;
        while (i < list.size() && list.get(i)[0] <= high + 1) {
            low = Math.min(low, list.get(i)[0]);
            high = Math.max(high, list.get(i)[1]);
            list.remove(i);
        }
        list.add(i, new long[] {low, high});
    }

    private static List<long[]> subtract(List<long[]> from, List<long[]> what) {
        List<long[]> result = new ArrayList<>();
        for (long[] range : from) {
            long low = range[0];
            for (long[] hole : what) {
                if (hole[1] < low || hole[0] > range[1]) {
                    continue;
                }
                if (hole[0] > low) {
                    result.add(new long[] {low, hole[0] - 1});
                }
                low = hole[1] + 1;
            }
            if (low <= range[1]) {
                result.add(new long[] {low, range[1]});
            }
        }
        return result;
    }

    /** The set in its server's canonical text form. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        ranges.forEach((origin, list) -> {
            text.append(text.isEmpty() ? "" : ",").append(origin);
            String server = mariaServers.get(origin);
            if (server != null) {
                text.append('-').append(server).append('-').append(list.get(list.size() - 1)[1]);
                return;
            }
            Head head = heads.get(origin);
            if (head == null || head.ranges != list.size() - 1) {
                head = new Head(list.size() - 1, text(list.subList(0, list.size() - 1)));
                heads.put(origin, head);
            }
            text.append(head.text);
            append(text, list.get(list.size() - 1));
        });
        return text.toString();
    }

    private static String text(List<long[]> ranges) {
        StringBuilder text = new StringBuilder();
        ranges.forEach(range -> append(text, range));
        return text.toString();
    }

    private static void append(StringBuilder text, long[] range) {
        text.append(':').append(range[0]);
        if (range[1] > range[0]) {
            text.append('-').append(range[1]);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof GtidSet set && toString().equals(set.toString());
    }

    @Override
    public int hashCode() {
        return toString().hashCode();
    }
}
