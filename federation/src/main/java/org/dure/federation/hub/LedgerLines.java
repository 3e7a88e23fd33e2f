package org.dure.federation.hub;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// The lines of a ledger's events. A ledger may be anybody's: no more of it is in memory than the
/// longest event.
final class LedgerLines {
  /// More than any event has.
  static final int MOST_BYTES = 16 << 20;

  private LedgerLines() {}

  /// Hands out every line, in order.
  ///
  /// @throws DureException with [ErrorCode#ARTIFACT_CORRUPT] naming an event that is too long
  static void each(Path file, Consumer<byte[]> reader) {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      ByteArrayOutputStream line = new ByteArrayOutputStream(512);
      long number = 1;
      for (int value = in.read(); value >= 0; value = in.read()) {
        if (value == '\n') {
          reader.accept(line.toByteArray());
          line.reset();
          number++;
        } else if (line.size() == MOST_BYTES) {
          throw new DureException(
              ErrorCode.ARTIFACT_CORRUPT,
              "%s: event %d is longer than the %d bytes of any"
                  .formatted(file, number, MOST_BYTES));
        } else {
          line.write(value);
        }
      }
      if (line.size() > 0) {
        reader.accept(line.toByteArray());
      }
    } catch (IOException e) {
      throw DureException.io("read", file, e);
    }
  }
}
