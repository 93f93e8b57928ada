package io.tiderace.applier;

import io.tiderace.applier.JdbcDdlSession.Seat;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: only a request that waits, and that the server was not at in look after look, counts as lost. */
class AskingTest {
    private static final long SECOND = 1_000_000_000L;
    private final List<Asking> closed = new ArrayList<>();
    private final Asking asking = new Asking(connection(), new Seat("here:1", 7), closed::add);

    @Test
    void looksThatFindTheServerIdleAreCounted() {
        asking.begin();
        assertThat(look(false)).isEqualTo(1);
        assertThat(look(false)).isEqualTo(2);
        assertThat(look(false)).isEqualTo(3);
    }

    @Test
    void aServerThatIsAtItIsWaitedFor() {
        asking.begin();
        look(false);
        look(false);
        assertThat(look(true)).isZero();
        assertThat(look(false)).isEqualTo(1);
    }

    @Test
    void everyRequestIsJudgedByItself() {
        asking.begin();
        look(false);
        look(false);
        asking.end();
        asking.begin();
        assertThat(look(false)).isEqualTo(1);
    }

    @Test
    void whatWasAnsweredWhileTheOtherLookedIsNotLost() {
        asking.begin();
        long request = asking.request();
        asking.end();
        assertThat(asking.looked(request, false)).isZero();
        asking.begin();
        assertThat(asking.looked(request, false)).isZero();
        asking.end();
        assertThat(look(false)).isZero();
    }

    @Test
    void aLargeStatementIsGivenTheTimeItTakesOnASlowLine() {
        long before = System.nanoTime();
        assertThat(asking.isOverdue(before + 100 * SECOND, 4_000)).isFalse();
        asking.begin();
        assertThat(asking.isOverdue(before + 3 * SECOND, 4_000)).isFalse();
        assertThat(asking.isOverdue(before + 100 * SECOND, 4_000)).isTrue();
        asking.sends(12_800_000); // 100 s
        assertThat(asking.isOverdue(before + 100 * SECOND, 4_000)).isFalse();
        assertThat(asking.isOverdue(before + 300 * SECOND, 4_000)).isTrue();
        asking.close();
        assertThat(asking.isOverdue(before + 300 * SECOND, 4_000)).isFalse();
        assertThat(closed).containsExactly(asking);
    }

    private int look(boolean isAtWork) {
        return asking.looked(asking.request(), isAtWork);
    }

    /** Nothing is asked of it here. */
    private static Connection connection() {
        return (Connection) Proxy.newProxyInstance(
                Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    throw new UnsupportedOperationException(method.getName());
                });
    }
}
