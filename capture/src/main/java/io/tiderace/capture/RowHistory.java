package io.tiderace.capture;

import com.github.shyiko.mysql.binlog.event.TableMapEventData;

/**
 * How the log tells the rows of the past of a system-versioned table of MariaDB from the present ones, which alone are carried: by the time at which a
 * row ended. Source: MariaDB documentation, "System-Versioned Tables".
 *
 * @param rowEnd index in the log's columns of the one that holds that time
 * @param hidden columns that the log has at the end and the structure has not
 */
record RowHistory(int rowEnd, int hidden) {
    private static final int HIDDEN = 2;
    private static final int DIGITS = 6;

    /** Length of a TIMESTAMP(6) in a row image. */
    static final int BYTES = 7;

    /** The server has added a column for the begin and one for the end, behind all others. */
    static RowHistory hidden(int columns) {
        return new RowHistory(columns + 1, HIDDEN);
    }

    static RowHistory of(int rowEnd) {
        return new RowHistory(rowEnd, 0);
    }

    /** True when the log's columns have that time where it is expected; BIGINTs that number transactions are not carried. */
    boolean isOf(TableMapEventData map) {
        byte[] types = map.getColumnTypes();
        for (int i = Math.min(rowEnd, types.length - hidden); i <= rowEnd; i++) {
            if (types[i] != ColumnReader.TIMESTAMP2 || map.getColumnMetadata()[i] != DIGITS) {
                return false;
            }
        }
        return true;
    }

    /** True for the largest TIMESTAMP(6) there is: of 31 bits up to MariaDB 11.4, of 32 from 11.5. */
    static boolean isPresent(byte[] in, int at) {
        long seconds = Temporals.bigEndian(in, at, 4);
        return (seconds == 0x7fffffffL || seconds == 0xffffffffL) && Temporals.bigEndian(in, at + 4, 3) == 999_999;
    }
}
