package io.tiderace.capture;

import com.github.shyiko.mysql.binlog.event.Event;
import com.github.shyiko.mysql.binlog.event.EventHeaderV4;
import com.github.shyiko.mysql.binlog.event.EventType;
import com.github.shyiko.mysql.binlog.event.TableMapEventData;
import com.github.shyiko.mysql.binlog.event.deserialization.EventHeaderV4Deserializer;
import com.github.shyiko.mysql.binlog.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Events are cut as the client would cut them, and a table map that comes again is not read again. */
class RawEventDeserializerTest {
    private static final int TABLE_MAP = 19;

    private final RawEventDeserializer deserializer = new RawEventDeserializer();

    @Test
    void headersAreReadAsTheClientReadsThem() throws IOException {
        byte[] event = event(TABLE_MAP, tableMap(7, "shop", 3));
        EventHeaderV4 expected = new EventHeaderV4Deserializer().deserialize(new ByteArrayInputStream(event.clone()));
        EventHeaderV4 header = read(event).getHeader();
        assertThat(header).hasToString(expected.toString());
        assertThat(header.getTimestamp()).isEqualTo(0xfedcba98L * 1000);
        assertThat(header.getServerId()).isEqualTo(0xf1e2d3c4L);
        assertThat(header.getNextPosition()).isEqualTo(0xffeeddccL);
        assertThat(header.getFlags()).isEqualTo(0x8180);
    }

    @Test
    void anEventOfAnUnknownKindIsSaidToBeOne() throws IOException {
        assertThat(deserializer
                        .nextEvent(new ByteArrayInputStream(event(255, new byte[3])))
                        .getHeader()
                        .<EventType>getEventType())
                .isEqualTo(EventType.UNKNOWN);
    }

    @Test
    void aTableMapOfTheSameBytesIsTheSameObject() throws IOException {
        TableMapEventData first = map(tableMap(7, "shop", 3));
        assertThat(map(tableMap(7, "shop", 3))).isSameAs(first);
    }

    @Test
    void aTableMapThatDiffersInAnyByteIsReadAnew() throws IOException {
        TableMapEventData first = map(tableMap(7, "shop", 3));
        assertThat(map(tableMap(7, "ship", 3)).getDatabase()).isEqualTo("ship");
        assertThat(map(tableMap(7, "shop", 8)).getColumnTypes()).containsExactly(8);
        assertThat(map(tableMap(7 + (1 << 20), "shop", 3)).getTableId()).isEqualTo(7 + (1 << 20));
        assertThat(map(tableMap(7, "shop", 3))).isNotSameAs(first);
    }

    private TableMapEventData map(byte[] body) throws IOException {
        return read(event(TABLE_MAP, body)).getData();
    }

    private Event read(byte[] event) throws IOException {
        return deserializer.nextEvent(new ByteArrayInputStream(event));
    }

    private static byte[] event(int type, byte[] body) {
        byte[] head = {
            (byte) 0x98,
            (byte) 0xba,
            (byte) 0xdc,
            (byte) 0xfe, // time
            (byte) type,
            (byte) 0xc4,
            (byte) 0xd3,
            (byte) 0xe2,
            (byte) 0xf1, // server id
            (byte) (19 + body.length),
            0,
            0,
            0, // length
            (byte) 0xcc,
            (byte) 0xdd,
            (byte) 0xee,
            (byte) 0xff, // next position
            (byte) 0x80,
            (byte) 0x81 // flags
        };
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(head);
        out.writeBytes(body);
        return out.toByteArray();
    }

    /** A table of one nullable column without metadata. */
    private static byte[] tableMap(int id, String schema, int columnType) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {(byte) id, (byte) (id >> 8), (byte) (id >> 16), 0, 0, 0, 1, 0});
        out.write(schema.length());
        out.writeBytes(schema.getBytes(StandardCharsets.UTF_8));
        out.writeBytes(new byte[] {0, 1, 't', 0, 1, (byte) columnType, 0, 1});
        return out.toByteArray();
    }
}
