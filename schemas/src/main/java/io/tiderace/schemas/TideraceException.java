package io.tiderace.schemas;

import org.jspecify.annotations.Nullable;

/**
 * An error that somebody outside the program can cure. Each kind is named for who must act and has the exit code of the command that
 * ends with it; each error has a code of its own, listed in docs/errors.md with cause, effect and cure. Anything else thrown is a bug.
 */
public abstract sealed class TideraceException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String code;
    private final String problem;
    private final String cure;

    private TideraceException(String code, String problem, String cure, @Nullable Throwable cause) {
        super(code + ": " + problem + "\n  fix: " + cure, cause);
        this.code = code;
        this.problem = problem;
        this.cure = cure;
    }

    /** For example {@code TR-A012}; the letter is the module: S, T (topology-config), C, R, A, L (cli). */
    public final String code() {
        return code;
    }

    /** What happened, where, to which object. */
    public final String problem() {
        return problem;
    }

    /** What the operator can do, as commands or settings where possible. */
    public final String cure() {
        return cure;
    }

    public abstract int exitCode();

    /** Configuration is wrong; nothing was started. */
    public static final class ConfigException extends TideraceException {
        private static final long serialVersionUID = 1L;

        public ConfigException(String code, String problem, String cure) {
            super(code, problem, cure, null);
        }

        public ConfigException(String code, String problem, String cure, Throwable cause) {
            super(code, problem, cure, cause);
        }

        @Override
        public int exitCode() {
            return 2;
        }
    }

    /** The source refuses, or holds what cannot be carried. */
    public static final class SourceException extends TideraceException {
        private static final long serialVersionUID = 1L;

        public SourceException(String code, String problem, String cure) {
            super(code, problem, cure, null);
        }

        public SourceException(String code, String problem, String cure, Throwable cause) {
            super(code, problem, cure, cause);
        }

        @Override
        public int exitCode() {
            return 3;
        }
    }

    /** The target refuses. */
    public static final class TargetException extends TideraceException {
        private static final long serialVersionUID = 1L;

        public TargetException(String code, String problem, String cure) {
            super(code, problem, cure, null);
        }

        public TargetException(String code, String problem, String cure, Throwable cause) {
            super(code, problem, cure, cause);
        }

        @Override
        public int exitCode() {
            return 3;
        }
    }

    /** Source, target, Kafka or registry did not answer, or not well, for as long as retrying was allowed. */
    public static final class RetriesExhaustedException extends TideraceException {
        private static final long serialVersionUID = 1L;

        public RetriesExhaustedException(String code, String problem, String cure) {
            super(code, problem, cure, null);
        }

        public RetriesExhaustedException(String code, String problem, String cure, Throwable cause) {
            super(code, problem, cure, cause);
        }

        @Override
        public int exitCode() {
            return 4;
        }
    }

    /** A change cannot be carried as it is, or records are missing or repeated. */
    public static final class DataException extends TideraceException {
        private static final long serialVersionUID = 1L;

        public DataException(String code, String problem, String cure) {
            super(code, problem, cure, null);
        }

        public DataException(String code, String problem, String cure, Throwable cause) {
            super(code, problem, cure, cause);
        }

        @Override
        public int exitCode() {
            return 5;
        }
    }
}
