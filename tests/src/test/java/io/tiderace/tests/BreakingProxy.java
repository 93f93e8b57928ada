package io.tiderace.tests;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/** Passes connections on to a MySQL server, and breaks those that read its log after so many bytes, in the middle of whatever comes then. */
final class BreakingProxy implements AutoCloseable {
    private static final int COM_BINLOG_DUMP = 0x12;
    private static final int COM_BINLOG_DUMP_GTID = 0x1e;

    private final ServerSocket listener;
    private final int target;
    private final int wanted;
    private final LongSupplier bytesUntilBreak;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger breaks = new AtomicInteger();

    /**
     * @param wanted so many breaks there are; a connection that ends before it breaks is none
     * @param bytesUntilBreak asked once for each connection that reads the log while breaks are left
     */
    BreakingProxy(int target, int wanted, LongSupplier bytesUntilBreak) throws IOException {
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        this.target = target;
        this.wanted = wanted;
        this.bytesUntilBreak = bytesUntilBreak;
        new Thread(this::accept, "proxy").start();
    }

    int port() {
        return listener.getLocalPort();
    }

    /** How many connections were broken. */
    int breaks() {
        return breaks.get();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
                open.add(client);
                open.add(server);
                AtomicBoolean isDump = new AtomicBoolean();
                new Thread(() -> up(client, server, isDump), "proxy-up").start();
                new Thread(() -> down(client, server, isDump), "proxy-down").start();
            } catch (IOException e) {
                // closed: the test is over
            }
        }
    }

    private void up(Socket client, Socket server, AtomicBoolean isDump) {
        byte[] buffer = new byte[1 << 16];
        try (client;
                server) {
            InputStream in = client.getInputStream();
            OutputStream out = server.getOutputStream();
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                boolean isCommand = n > 4 && buffer[3] == 0;
                if (isCommand && (buffer[4] == COM_BINLOG_DUMP || buffer[4] == COM_BINLOG_DUMP_GTID)) {
                    isDump.set(true);
                }
                out.write(buffer, 0, n);
            }
        } catch (IOException e) {
            // broken, as it should be
        }
    }

    private void down(Socket client, Socket server, AtomicBoolean isDump) {
        byte[] buffer = new byte[1 << 16];
        long left = Long.MAX_VALUE;
        try (client;
                server) {
            InputStream in = server.getInputStream();
            OutputStream out = client.getOutputStream();
            boolean isCounted = false;
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                if (isDump.get() && !isCounted) {
                    isCounted = true;
                    left = breaks.get() < wanted ? bytesUntilBreak.getAsLong() : Long.MAX_VALUE;
                }
                out.write(buffer, 0, (int) Math.min(n, left));
                left -= Math.min(n, left);
                if (left == 0) {
                    breaks.incrementAndGet();
                    return;
                }
            }
        } catch (IOException e) {
            // broken, as it should be
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : open) {
            socket.close();
        }
    }
}
