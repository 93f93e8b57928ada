package io.tiderace.applier;

import io.tiderace.schemas.TableName;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A session each request of which is known to {@link AnswerWatch}. */
record WatchedSession(TargetSession session, Asking asking) implements TargetSession {
    @Override
    public long write(Write write) throws SQLException {
        asking.begin();
        try {
            return session.write(write);
        } finally {
            asking.end();
        }
    }

    @Override
    public List<Integer> missing(Write write) throws SQLException {
        asking.begin();
        try {
            return session.missing(write);
        } finally {
            asking.end();
        }
    }

    @Override
    public List<LaneRow> lanes(CheckpointKey key, boolean forUpdate) throws SQLException {
        asking.begin();
        try {
            return session.lanes(key, forUpdate);
        } finally {
            asking.end();
        }
    }

    @Override
    public @Nullable LaneRow lane(CheckpointKey key, int lane) throws SQLException {
        asking.begin();
        try {
            return session.lane(key, lane);
        } finally {
            asking.end();
        }
    }

    @Override
    public boolean updateLane(CheckpointKey key, LaneRow row) throws SQLException {
        asking.begin();
        try {
            return session.updateLane(key, row);
        } finally {
            asking.end();
        }
    }

    @Override
    public void putLane(CheckpointKey key, LaneRow row) throws SQLException {
        asking.begin();
        try {
            session.putLane(key, row);
        } finally {
            asking.end();
        }
    }

    @Override
    public void dropLanesFrom(CheckpointKey key, int lane) throws SQLException {
        asking.begin();
        try {
            session.dropLanesFrom(key, lane);
        } finally {
            asking.end();
        }
    }

    @Override
    public void openQuarantine(CheckpointKey key) throws SQLException {
        asking.begin();
        try {
            session.openQuarantine(key);
        } finally {
            asking.end();
        }
    }

    @Override
    public long lockQuarantine(CheckpointKey key) throws SQLException {
        asking.begin();
        try {
            return session.lockQuarantine(key);
        } finally {
            asking.end();
        }
    }

    @Override
    public Quarantine.Register quarantine(CheckpointKey key) throws SQLException {
        asking.begin();
        try {
            return session.quarantine(key);
        } finally {
            asking.end();
        }
    }

    @Override
    public void addQuarantined(CheckpointKey key, List<QuarantinedChange> changes) throws SQLException {
        asking.begin();
        try {
            session.addQuarantined(key, changes);
        } finally {
            asking.end();
        }
    }

    @Override
    public void removeQuarantined(CheckpointKey key, List<QuarantinedChange> changes) throws SQLException {
        asking.begin();
        try {
            session.removeQuarantined(key, changes);
        } finally {
            asking.end();
        }
    }

    @Override
    public void checkAtOnce() throws SQLException {
        asking.begin();
        try {
            session.checkAtOnce();
        } finally {
            asking.end();
        }
    }

    @Override
    public void leaveForeignKeys(boolean leave) throws SQLException {
        asking.begin();
        try {
            session.leaveForeignKeys(leave);
        } finally {
            asking.end();
        }
    }

    @Override
    public List<Families.Link> foreignKeys() throws SQLException {
        asking.begin();
        try {
            return session.foreignKeys();
        } finally {
            asking.end();
        }
    }

    @Override
    public @Nullable TargetTable table(TableName name) throws SQLException {
        asking.begin();
        try {
            return session.table(name);
        } finally {
            asking.end();
        }
    }

    @Override
    public void commit() throws SQLException {
        asking.begin();
        try {
            session.commit();
        } finally {
            asking.end();
        }
    }

    @Override
    public void rollback() {
        asking.begin();
        try {
            session.rollback();
        } finally {
            asking.end();
        }
    }

    @Override
    public void close() {
        asking.begin();
        try (asking) {
            session.close();
        }
    }
}
