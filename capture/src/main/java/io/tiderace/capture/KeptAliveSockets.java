package io.tiderace.capture;

import com.mysql.cj.conf.PropertySet;
import com.mysql.cj.protocol.StandardSocketFactory;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketOption;
import jdk.net.ExtendedSocketOptions;

/**
 * Connections to the source on which an answer may take any time, and rows come as fast as Kafka takes them: no time-out of ours ends them. Whether the other end
 * still has the connection its TCP tells, which is asked where nothing passes; a system left to itself asks after two hours.
 */
public final class KeptAliveSockets extends StandardSocketFactory {
    static final int IDLE_SECONDS = 10;
    static final int INTERVAL_SECONDS = 2;
    static final int PROBES = 4;

    @Override
    protected void configureSocket(Socket socket, PropertySet properties) throws IOException {
        super.configureSocket(socket, properties);
        socket.setKeepAlive(true);
        set(socket, ExtendedSocketOptions.TCP_KEEPIDLE, IDLE_SECONDS);
        set(socket, ExtendedSocketOptions.TCP_KEEPINTERVAL, INTERVAL_SECONDS);
        set(socket, ExtendedSocketOptions.TCP_KEEPCOUNT, PROBES);
    }

    /** Not every system lets a program say so. */
    private static void set(Socket socket, SocketOption<Integer> option, int value) throws IOException {
        if (socket.supportedOptions().contains(option)) {
            socket.setOption(option, value);
        }
    }
}
