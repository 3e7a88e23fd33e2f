package org.dure.federation.log;

import java.util.Optional;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// The durable log of a study: events, numbered from 1, never changed.
///
/// [#append] returns only when the event would survive a power failure. One process at a time has
/// the store. Thread-safe.
public interface RoundStore extends AutoCloseable {
  /// Adds the event `number`, which must be the one after the last.
  ///
  /// @throws DureException with [ErrorCode#INTERNAL] if it is not, or [ErrorCode#DISK_FULL]; the
  ///     log is then as before
  void append(long number, byte[] event);

  /// Number of the last event; 0 for an empty log.
  long last();

  /// Hands out the events from number `from` on, in their order.
  void read(long from, Reader reader);

  /// One event.
  ///
  /// @throws DureException with [ErrorCode#INTERNAL] if there is none of that number
  default byte[] event(long number) {
    byte[][] found = {new byte[0]};
    readWhile(
        number,
        (at, bytes) -> {
          found[0] = bytes;
          return false;
        });
    if (found[0].length == 0) {
      throw new DureException(ErrorCode.INTERNAL, "the log has no event " + number);
    }
    return found[0];
  }

  /// As [#read], for as long as the reader wants more.
  default void readWhile(long from, PartialReader reader) {
    try {
      read(
          from,
          (number, event) -> {
            if (!reader.accept(number, event)) {
              throw Found.FOUND;
            }
          });
    } catch (Found e) {
      return;
    }
  }

  /// Ends a reading early.
  final class Found extends RuntimeException {
    static final Found FOUND = new Found();

    private Found() {
      super(null, null, false, false);
    }
  }

  /// Keeps small state that belongs beside the log, such as counts, and replaces what was kept
  /// under the name. Notes may be lost in a crash that loses no event.
  void note(String name, byte[] value);

  Optional<byte[]> noted(String name);

  @Override
  void close();

  /// Takes one event, and says whether it wants another.
  @FunctionalInterface
  interface PartialReader {
    boolean accept(long number, byte[] event);
  }

  /// Takes one event.
  @FunctionalInterface
  interface Reader {
    void accept(long number, byte[] event);
  }
}
