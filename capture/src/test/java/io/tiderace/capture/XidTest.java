package io.tiderace.capture;

import com.github.shyiko.mysql.binlog.event.XAPrepareEventData;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: statements and prepare events of one XA transaction have one name. */
class XidTest {
    @Test
    void statementsAndEventsAgree() {
        XAPrepareEventData event = new XAPrepareEventData();
        event.setFormatID(0x7fffffff);
        event.setGtridLength(3);
        event.setBqualLength(2);
        event.setData(new byte[] {'a', (byte) 0xff, 0, 'x', '\''});
        Xid xid = Xid.of(event);
        assertThat(xid.text()).isEqualTo("X'61ff00',X'7827',2147483647");
        assertThat(Xid.of("XA START X'61ff00',X'7827',2147483647")).isEqualTo(xid);
        assertThat(Xid.of("xa rollback  X'61FF00' , X'7827' , 2147483647 ")).isEqualTo(xid);
        assertThat(Xid.of("XA COMMIT X'61ff00',X'7827',2147483647 ONE PHASE")).isEqualTo(xid);
        assertThat(Xid.of("XA COMMIT X'61ff00',X'',2147483647")).isNotEqualTo(xid);
    }

    @Test
    void whatIsNoXaStatementHasNoName() {
        assertThat(Xid.of("XA RECOVER")).isNull();
        assertThat(Xid.of("XA COMMIT 'a'")).isNull();
        assertThat(Xid.of("COMMIT")).isNull();
    }

    @Test
    void chunksHaveKeysOfTheirOwn() {
        Xid xid = new Xid("X'61',X'',1");
        assertThat(new String(HeldRows.key(xid, "uuid:7", 3), StandardCharsets.UTF_8))
                .isEqualTo("X'61',X'',1 uuid:7 3");
    }
}
