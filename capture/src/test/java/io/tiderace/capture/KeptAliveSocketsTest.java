package io.tiderace.capture;

import com.mysql.cj.conf.DefaultPropertySet;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Goal: a connection whose other end is gone is missed within half a minute. */
class KeptAliveSocketsTest {
    @Test
    void theOtherEndIsAskedSoonAndOften() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket socket = new KeptAliveSockets()
                        .connect("127.0.0.1", server.getLocalPort(), new DefaultPropertySet(), 0)) {
            assertThat(socket.getKeepAlive()).isTrue();
            assertThat(socket.supportedOptions()).contains(ExtendedSocketOptions.TCP_KEEPIDLE);
            int idle = socket.getOption(ExtendedSocketOptions.TCP_KEEPIDLE);
            int probing = socket.getOption(ExtendedSocketOptions.TCP_KEEPINTERVAL)
                    * socket.getOption(ExtendedSocketOptions.TCP_KEEPCOUNT);
            assertThat(idle + probing).isLessThan(20);
        }
    }
}
