package io.tiderace.capture;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

/** The reader is said to wait when nothing is there, and only as long as nothing comes. */
class SourceSocketTest {
    private static final long HOUR = 3_600_000_000_000L;

    @Test
    @Timeout(60)
    void tellsOfArrivalsAndOfWaitingForThem() throws IOException, InterruptedException {
        List<String> told = new ArrayList<>();
        SourceSilence silence = new SourceSilence();
        silence.begin();
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                SourceSocket socket = new SourceSocket(silence, () -> told.add("drained"))) {
            socket.connect(server.getLocalSocketAddress());
            try (Socket peer = server.accept()) {
                InputStream in = socket.getInputStream();
                peer.getOutputStream().write(new byte[] {1, (byte) 200});
                while (in.available() < 2) {
                    Thread.sleep(1);
                }
                assertThat(in.read()).isEqualTo(1);
                assertThat(in.read()).isEqualTo(200);
                assertThat(told).isEmpty();
                assertThat(silence.tooLongMs(System.nanoTime() + HOUR)).isZero();
                Thread reader = new Thread(
                        () -> assertThatCode(() -> assertThat(in.read()).isEqualTo(-1))
                                .doesNotThrowAnyException());
                reader.start();
                while (silence.tooLongMs(System.nanoTime() + HOUR) == 0) {
                    Thread.sleep(1);
                }
                peer.shutdownOutput();
                reader.join();
                assertThat(told).containsExactly("drained");
                assertThat(silence.tooLongMs(System.nanoTime() + HOUR)).isZero();
            }
        }
    }
}
