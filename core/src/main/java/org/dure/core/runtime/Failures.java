package org.dure.core.runtime;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// Turns whatever was thrown into the numbered error that the user sees; a `dure` process without
/// memory ends here.
public final class Failures {
  private Failures() {}

  public static DureException of(Throwable thrown) {
    MemoryExhaustion.endIf(thrown);
    return switch (thrown) {
      case DureException known -> known;
      case UncheckedIOException io ->
          DureException.io("use", Path.of("a file"), new IOException(io.getMessage(), io));
      case ExecutionException wrapped when wrapped.getCause() != null -> of(wrapped.getCause());
      case Throwable memory when MemoryExhaustion.isIt(memory) ->
          new DureException(
              ErrorCode.MEMORY_SHORT, "memory is exhausted: " + memory.getMessage(), memory);
      default ->
          new DureException(
              ErrorCode.INTERNAL,
              "%s: %s".formatted(thrown.getClass().getSimpleName(), thrown.getMessage()),
              thrown);
    };
  }
}
