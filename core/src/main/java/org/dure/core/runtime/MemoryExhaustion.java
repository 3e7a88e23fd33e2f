package org.dure.core.runtime;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.dure.core.ErrorCode;
import org.jspecify.annotations.Nullable;

/// How a process ends that has no memory left: at once, with one line on the standard error and the
/// status of [ErrorCode#MEMORY_SHORT]. What its threads were doing is broken off anywhere, so no
/// clean-up of theirs can be relied on; whoever supervises it starts it again as after a kill.
///
/// HotSpot's own `ExitOnOutOfMemoryError` ends with status 3, which here means that something was
/// refused. Everything needed is made beforehand. Thread-safe.
public final class MemoryExhaustion {
  private static final int MOST_CAUSES = 16;
  private static final int STATUS = ErrorCode.MEMORY_SHORT.type().exitStatus();

  private static final byte[] LINE =
      "error %d (%s): this process has no memory left and ends at once%n  %s%n"
          .formatted(
              ErrorCode.MEMORY_SHORT.number(),
              ErrorCode.MEMORY_SHORT.name(),
              ErrorCode.MEMORY_SHORT.advice())
          .getBytes(StandardCharsets.UTF_8);

  /// What libtorch says where it can have no more, as a plain RuntimeException.
  private static final String[] NATIVE = {"you tried to allocate", "std::bad_alloc"};

  private static volatile @Nullable FileOutputStream errors;

  private MemoryExhaustion() {}

  /// From now on this process ends when its memory is exhausted; others, such as one that runs
  /// tests, go on.
  public static void endsThisProcess() {
    errors = new FileOutputStream(FileDescriptor.err);
    Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, thrown) -> {
          endIf(thrown);
          if (before == null) {
            System.err.print("Exception in thread \"" + thread.getName() + "\" ");
            thrown.printStackTrace();
          } else {
            before.uncaughtException(thread, thrown);
          }
        });
  }

  /// Ends this process if it was thrown because memory is exhausted. To be called by whatever
  /// catches everything, first of all.
  public static void endIf(Throwable thrown) {
    if (errors != null && isIt(thrown)) {
      say();
      Runtime.getRuntime().halt(STATUS);
    }
  }

  /// Whether it was thrown, or was caused by something that was, because the heap, direct buffers,
  /// native memory or threads are exhausted.
  public static boolean isIt(Throwable thrown) {
    Throwable cause = thrown;
    for (int depth = 0; cause != null && depth < MOST_CAUSES; depth++) {
      if (cause instanceof OutOfMemoryError || isNative(cause)) {
        return true;
      }
      cause = cause.getCause();
    }
    return false;
  }

  private static boolean isNative(Throwable thrown) {
    String message = thrown.getClass() == RuntimeException.class ? thrown.getMessage() : null;
    for (int i = 0; message != null && i < NATIVE.length; i++) {
      if (message.contains(NATIVE[i])) {
        return true;
      }
    }
    return false;
  }

  private static void say() {
    FileOutputStream out = errors;
    try {
      if (out != null) {
        out.write(LINE);
      }
    } catch (IOException | OutOfMemoryError e) {
      // The status says it as well.
      return;
    }
  }
}
