package io.tiderace.schemas;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.JsonProperties;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/** A table's structure as the Avro schema of its row changes, and back. */
final class RowSchemas {
    static final String KIND = "tiderace.record";

    private RowSchemas() {}

    static Schema row(String sourceId, TableStructure table) {
        String namespace = namespace(sourceId, table.name());
        Schema value = Schema.createRecord("Value", null, namespace, false, valueFields(table));
        Schema image = Schema.createUnion(Schema.create(Schema.Type.NULL), value);
        Schema row = Schema.createRecord(
                "Envelope",
                null,
                namespace,
                false,
                List.of(
                        new Schema.Field("txn", Schema.create(Schema.Type.LONG)),
                        new Schema.Field("txn_row", Schema.create(Schema.Type.LONG)),
                        new Schema.Field("before", image, null, JsonProperties.NULL_VALUE),
                        new Schema.Field("after", image, null, JsonProperties.NULL_VALUE),
                        new Schema.Field("op", Schema.create(Schema.Type.STRING)),
                        new Schema.Field("ts_ms", Schema.create(Schema.Type.LONG)),
                        new Schema.Field("source", source(namespace))));
        row.addProp(KIND, "row");
        row.addProp("mysql.schema", table.name().schema());
        row.addProp("mysql.table", table.name().table());
        row.addProp("mysql.primary_key", table.primaryKey());
        return row;
    }

    static Schema key(String sourceId, TableStructure table) {
        List<Schema.Field> fields = new ArrayList<>();
        for (String name : table.primaryKey()) {
            Column column = table.columns().get(table.indexOf(name));
            fields.add(new Schema.Field(avroName(column.name()), Schema.create(type(column.type()))));
        }
        return Schema.createRecord("Key", null, namespace(sourceId, table.name()), false, fields);
    }

    static TableStructure table(Schema row) {
        List<Column> columns = new ArrayList<>();
        for (Schema.Field field :
                row.getField("before").schema().getTypes().get(1).getFields()) {
            String name = field.getProp("mysql.name");
            columns.add(new Column(
                    name == null ? field.name() : name,
                    MySqlType.parse(field.getProp("mysql.type")),
                    field.getProp("mysql.charset"),
                    field.getProp("mysql.collation"),
                    field.schema().getType() == Schema.Type.UNION,
                    Boolean.TRUE.equals(field.getObjectProp("mysql.generated"))));
        }
        List<String> key = new ArrayList<>();
        if (row.getObjectProp("mysql.primary_key") instanceof List<?> names) {
            names.forEach(name -> key.add(name.toString()));
        }
        return new TableStructure(new TableName(row.getProp("mysql.schema"), row.getProp("mysql.table")), columns, key);
    }

    private static List<Schema.Field> valueFields(TableStructure table) {
        List<Schema.Field> fields = new ArrayList<>();
        for (Column column : table.columns()) {
            Schema type = Schema.create(type(column.type()));
            String name = avroName(column.name());
            Schema.Field field = column.nullable()
                    ? new Schema.Field(
                            name,
                            Schema.createUnion(Schema.create(Schema.Type.NULL), type),
                            null,
                            JsonProperties.NULL_VALUE)
                    : new Schema.Field(name, type);
            field.addProp("mysql.type", column.type().text());
            addProp(field, "mysql.name", name.equals(column.name()) ? null : column.name());
            addProp(field, "mysql.charset", column.charset());
            addProp(field, "mysql.collation", column.collation());
            addProp(field, "mysql.generated", column.generated() ? true : null);
            fields.add(field);
        }
        return fields;
    }

    private static void addProp(Schema.Field field, String name, @Nullable Object value) {
        if (value != null) {
            field.addProp(name, value);
        }
    }

    private static Schema source(String namespace) {
        Schema string = Schema.create(Schema.Type.STRING);
        Schema number = Schema.create(Schema.Type.LONG);
        return Schema.createRecord(
                "Source",
                null,
                namespace,
                false,
                List.of(
                        new Schema.Field("db", string),
                        new Schema.Field("table", string),
                        new Schema.Field("server_id", number),
                        new Schema.Field(
                                "gtid",
                                Schema.createUnion(Schema.create(Schema.Type.NULL), string),
                                null,
                                JsonProperties.NULL_VALUE),
                        new Schema.Field("file", string),
                        new Schema.Field("pos", number),
                        new Schema.Field("row", Schema.create(Schema.Type.INT)),
                        new Schema.Field("ts_ms", number),
                        new Schema.Field("snapshot", string)));
    }

    private static Schema.Type type(MySqlType type) {
        return switch (type.wire()) {
            case INT -> Schema.Type.INT;
            case LONG -> Schema.Type.LONG;
            case FLOAT -> Schema.Type.FLOAT;
            case DOUBLE -> Schema.Type.DOUBLE;
            case STRING -> Schema.Type.STRING;
            case BYTES -> Schema.Type.BYTES;
        };
    }

    private static String namespace(String sourceId, TableName table) {
        return "tiderace." + avroName(sourceId) + "." + avroName(table.schema()) + "." + avroName(table.table());
    }

    /**
     * Avro names are ASCII letters, digits and '_', not beginning with a digit (Avro specification, "Names"): every other byte of the
     * UTF-8 form becomes {@code _xHH}, and so does an '_' before an 'x', so that no two columns share a name. The name as it is stands in
     * the properties.
     */
    static String avroName(String name) {
        byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
        StringBuilder result = new StringBuilder(utf8.length);
        for (int i = 0; i < utf8.length; i++) {
            char c = (char) (utf8[i] & 0xff);
            boolean looksEncoded = c == '_' && i + 3 < utf8.length && utf8[i + 1] == 'x';
            boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c == '_' && !looksEncoded);
            boolean digit = c >= '0' && c <= '9';
            if (letter || (digit && !result.isEmpty())) {
                result.append(c);
            } else {
                result.append("_x").append(Character.forDigit(c >> 4, 16)).append(Character.forDigit(c & 15, 16));
            }
        }
        return result.toString();
    }

    /** Parses a schema as the registry gives it. */
    static Schema parse(String json) {
        return new Schema.Parser().parse(json);
    }
}
