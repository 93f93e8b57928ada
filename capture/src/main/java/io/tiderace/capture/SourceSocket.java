package io.tiderace.capture;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;

/**
 * The connection that the log comes through. Tells when its reader, which has read all that came, is about to wait, and when it has waited.
 * Costs a look at the socket a read of it, so the reader should have a buffer of its own.
 */
final class SourceSocket extends Socket {
    private final SourceSilence silence;
    private final Runnable onDrained;

    /** @param silence told when it begins and ends */
    SourceSocket(SourceSilence silence, Runnable onDrained) {
        this.silence = silence;
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
            boolean isDrained = in.available() == 0;
            if (isDrained) {
                onDrained.run();
                silence.listens(System.nanoTime());
            }
            try {
                return in.read(into, at, length);
            } finally {
                if (isDrained) {
                    silence.hears();
                }
            }
        }
    }
}
