package org.dure.app.process;

import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// The Java that runs this: earlier 25.x can corrupt zstd blocks under G1, later ones are untried.
public final class Jdk {
  private static final Runtime.Version LEAST = Runtime.Version.parse("25.0.3");

  private Jdk() {}

  public static boolean isSupported() {
    Runtime.Version version = Runtime.version();
    return version.feature() == LEAST.feature() && version.compareToIgnoreOptional(LEAST) >= 0;
  }

  /// @throws DureException with [ErrorCode#JDK_UNSUPPORTED], or with
  ///     [ErrorCode#LOCALE_UNSUPPORTED] where arguments and names of files would lose letters
  public static void check() {
    if (!isSupported()) {
      throw new DureException(
          ErrorCode.JDK_UNSUPPORTED,
          "this is Java %s: expected 25.0.3 or newer, below 26".formatted(Runtime.version()));
    }
    String encoding = System.getProperty("sun.jnu.encoding", "unknown");
    if (!encoding.equalsIgnoreCase("UTF-8")) {
      throw new DureException(
          ErrorCode.LOCALE_UNSUPPORTED,
          "the locale here is of %s, not of UTF-8: Korean on the command line would be lost"
              .formatted(encoding));
    }
  }
}
