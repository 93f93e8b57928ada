package io.tiderace.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tiderace.cli.SourceTables.TableColumn;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A row as a comparison sees it.
 *
 * @param hash of the columns that are compared as text
 * @param values of the columns that are compared by value
 * @param isJson which of them are JSON; the others are floating-point numbers
 */
record ComparedRow(String hash, List<@Nullable String> values, List<Boolean> isJson) {
    private static final ObjectMapper MAPPER =
            new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

    /** 1 and 1.0 are the same number. */
    private static final Comparator<JsonNode> BY_VALUE = (a, b) -> {
        if (a.isNumber() && b.isNumber()) {
            return a.decimalValue().compareTo(b.decimalValue()) == 0 || a.doubleValue() == b.doubleValue() ? 0 : 1;
        }
        return a.equals(b) ? 0 : 1;
    };

    static ComparedRow of(Map<String, @Nullable String> row, List<TableColumn> columns) {
        List<@Nullable String> values = new ArrayList<>();
        List<Boolean> isJson = new ArrayList<>();
        for (TableColumn column : columns) {
            if (CompareSql.isByValue(column)) {
                isJson.add(CompareSql.typeName(column).equals("json"));
                values.add(row.get("v" + values.size()));
            }
        }
        return new ComparedRow(String.valueOf(row.get("h")), values, isJson);
    }

    /** What two rows with one key become: equal to no row. */
    ComparedRow twice(ComparedRow other) {
        return new ComparedRow(hash + " and " + other.hash, values, isJson);
    }

    boolean isSame(ComparedRow other) {
        if (!hash.equals(other.hash) || values.size() != other.values.size()) {
            return false;
        }
        for (int i = 0; i < values.size(); i++) {
            String one = values.get(i);
            String two = other.values.get(i);
            if (Objects.equals(one, two)) {
                continue;
            }
            if (one == null || two == null || !(isJson.get(i) ? sameJson(one, two) : sameNumber(one, two))) {
                return false;
            }
        }
        return true;
    }

    private static boolean sameNumber(String one, String two) {
        return Double.parseDouble(one) == Double.parseDouble(two);
    }

    private static boolean sameJson(String one, String two) {
        try {
            return MAPPER.readTree(one).equals(BY_VALUE, MAPPER.readTree(two));
        } catch (JsonProcessingException e) {
            return false; // not JSON for us: then only the same text is the same
        }
    }
}
