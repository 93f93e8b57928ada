package io.tiderace.capture;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;

/**
 * The connection that the log comes through. Tells when something has come, and when its reader, which has read all that came, is about to wait.
 * Costs a look at the socket a read of it, so the reader should have a buffer of its own.
 */
final class SourceSocket extends Socket {
    private final Runnable onArrival;
    private final Runnable onDrained;

    SourceSocket(Runnable onArrival, Runnable onDrained) {
        this.onArrival = onArrival;
        this.onDrained = onDrained;
    }

    @Override
    public InputStream getInputStream() throws IOException {
        return new Watched(super.getInputStream());
    }

    private final class Watched extends FilterInputStream {
        Watched(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int at, int length) throws IOException {
            if (in.available() == 0) {
                onDrained.run();
            }
            int count = in.read(into, at, length);
            onArrival.run();
            return count;
        }
    }
}
