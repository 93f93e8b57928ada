package io.tiderace.tests;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.ObjIntConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Passes connections on to a port of this machine, and does to them what networks do: cuts them, refuses new ones, holds their bytes back or up, lets
 * them go half-open. Whoever listens to them can do so at a certain statement. What is held back is delivered late when {@link #heal} comes, after the client has given up maybe. Thread-safe.
 */
final class FaultProxy implements AutoCloseable {
    /** In the second byte of the abilities. */
    private static final int CLIENT_SSL = 0x08;

    private static final int BUFFER = 1 << 16;
    private static final int SLICE_MS = 20;
    private static final int ACCEPT_PAUSE_MS = 1_000;

    /** Hears what passes through one connection, before it does. */
    interface Tap {
        /** @param bytes of the client, each as a character */
        void request(String bytes);

        void answer();
    }

    private final ServerSocket listener;
    private final @Nullable Supplier<Tap> taps;
    private final Set<Link> links = ConcurrentHashMap.newKeySet();
    private volatile int target;
    private volatile boolean isClosed;
    private volatile boolean isRefusing;
    private volatile boolean isSilent;
    private volatile int delayMs;
    private volatile int bytesPerSecond;

    FaultProxy(int target) throws IOException {
        this(target, null);
    }

    /** @param taps one for each connection of a client of MySQL's protocol; it is told that the server has no TLS */
    FaultProxy(int target, @Nullable Supplier<Tap> taps) throws IOException {
        this.taps = taps;
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        this.target = target;
        start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** Where it leads, for a server that begins to listen after the proxy. */
    void leadTo(int port) {
        target = port;
    }

    /** Breaks every open connection, both sides being told. */
    void cut() {
        links.forEach(Link::reset);
    }

    /** Breaks every open connection and every new one until healed. */
    void refuse() {
        isRefusing = true;
        cut();
    }

    /** Nothing passes, in open connections and new ones, until healed. */
    void silence() {
        isSilent = true;
    }

    /** Nothing passes any more in the open connections, and neither side ever hears; new ones are as always. */
    void halfOpen() {
        links.forEach(link -> link.isDead = true);
    }

    /** Bytes come so much later. */
    void delay(int millis) {
        delayMs = millis;
    }

    /** So much passes a second, each way of each connection. */
    void throttle(int bytes) {
        bytesPerSecond = bytes;
    }

    /** All is as it should be, but for what was cut and what is half-open. */
    void heal() {
        isRefusing = false;
        isSilent = false;
        delayMs = 0;
        bytesPerSecond = 0;
    }

    @Override
    public void close() {
        isClosed = true;
        closeQuietly(listener);
        links.forEach(Link::reset);
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "fault-proxy");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!isClosed) {
            try {
                Socket client = listener.accept();
                start(() -> connect(client));
            } catch (IOException e) {
                if (!isClosed) {
                    System.err.println("the proxy at " + port() + " cannot accept a connection: " + e);
                    sleep(ACCEPT_PAUSE_MS);
                }
            }
        }
    }

    private void connect(Socket client) {
        Socket server = new Socket();
        Link link = new Link(client, server);
        if (isRefusing) {
            link.reset();
            return;
        }
        try {
            server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target), 10_000);
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
        } catch (IOException e) {
            link.reset(); // nobody listens there: the client hears it
            return;
        }
        links.add(link);
        if (isRefusing || isClosed) {
            link.reset();
            return;
        }
        if (taps == null) {
            start(() -> pump(link, client, server, (bytes, n) -> {}));
            start(() -> pump(link, server, client, (bytes, n) -> {}));
        } else {
            tap(link, client, server, taps.get());
        }
    }

    private void tap(Link link, Socket client, Socket server, Tap tap) {
        AtomicBoolean isGreeted = new AtomicBoolean();
        start(() -> pump(
                link, client, server, (bytes, n) -> tap.request(new String(bytes, 0, n, StandardCharsets.ISO_8859_1))));
        start(() -> pump(link, server, client, (bytes, n) -> {
            if (isGreeted.getAndSet(true)) {
                tap.answer();
            } else {
                withoutTls(bytes);
            }
        }));
    }

    /** The server's greeting: header, protocol, version and its end, session, salt, filler, abilities (MySQL's Protocol::HandshakeV10). */
    private static void withoutTls(byte[] greeting) {
        int versionEnd = 5;
        while (greeting[versionEnd] != 0) {
            versionEnd++;
        }
        greeting[versionEnd + 15] &= ~CLIENT_SSL;
    }

    private void pump(Link link, Socket from, Socket to, ObjIntConsumer<byte[]> heard) {
        byte[] buffer = new byte[BUFFER];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                awaitPassing(link);
                heard.accept(buffer, n);
                pass(buffer, n, out);
            }
            awaitPassing(link);
        } catch (IOException e) {
            // one side is gone, which the other hears when anything passes
            awaitPassing(link);
        }
        link.close();
    }

    private void pass(byte[] buffer, int count, OutputStream out) throws IOException {
        sleep(delayMs);
        int at = 0;
        while (at < count) {
            int rate = bytesPerSecond;
            int slice = rate == 0 ? count - at : Math.min(count - at, Math.max(1, rate * SLICE_MS / 1000));
            out.write(buffer, at, slice);
            at += slice;
            if (rate > 0) {
                sleep(SLICE_MS);
            }
        }
    }

    private void awaitPassing(Link link) {
        while ((isSilent || link.isDead) && !link.isReset && !isClosed) {
            sleep(SLICE_MS);
        }
    }

    private static void sleep(int millis) {
        if (millis > 0) {
            try {
                Thread.sleep(millis);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void closeQuietly(AutoCloseable closeable) {
        try {
            closeable.close();
        } catch (Exception e) {
            // it is closed, one way or another
        }
    }

    /** A connection through the proxy. */
    private final class Link {
        private final Socket client;
        private final Socket server;
        private volatile boolean isDead;
        private volatile boolean isReset;

        Link(Socket client, Socket server) {
            this.client = client;
            this.server = server;
        }

        void reset() {
            isReset = true;
            for (Socket socket : new Socket[] {client, server}) {
                try {
                    socket.setSoLinger(true, 0);
                } catch (IOException e) {
                    // closed already
                }
            }
            close();
        }

        void close() {
            links.remove(this);
            closeQuietly(client);
            closeQuietly(server);
        }
    }
}
