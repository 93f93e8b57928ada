package io.tiderace.capture;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/** The reader is said to wait when nothing is there, and only then. */
class SourceSocketTest {
    @Test
    @Timeout(60)
    void tellsOfArrivalsAndOfWaitingForThem() throws IOException, InterruptedException {
        List<String> told = Collections.synchronizedList(new ArrayList<>());
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                SourceSocket socket = new SourceSocket(() -> told.add("arrived"), () -> told.add("drained"))) {
            socket.connect(server.getLocalSocketAddress());
            try (Socket peer = server.accept()) {
                InputStream in = socket.getInputStream();
                peer.getOutputStream().write(new byte[] {1, (byte) 200});
                while (in.available() < 2) {
                    Thread.sleep(1);
                }
                assertThat(in.read()).isEqualTo(1);
                assertThat(in.read()).isEqualTo(200);
                assertThat(told).containsExactly("arrived", "arrived");
                peer.shutdownOutput();
                assertThat(in.read()).isEqualTo(-1);
                assertThat(told.subList(2, told.size())).containsExactly("drained", "arrived");
            }
        }
    }
}
