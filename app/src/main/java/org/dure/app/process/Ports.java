package org.dure.app.process;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// The ports that Dure uses unless told otherwise.
public final class Ports {
  public static final int SERVE = 8400;
  public static final int CONSOLE = 8401;
  public static final int HUB = 8402;

  private static final int TRIES = 20;
  private static final long TRY_MILLIS = 250;

  private Ports() {}

  /// Whether a program could listen there now, on this machine's own address.
  public static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return socket.isBound();
    } catch (IOException e) {
      return false;
    }
  }

  /// Waits a moment for what a killed run left behind to go away.
  ///
  /// @param option by which the user chooses another port
  /// @throws DureException with [ErrorCode#PORT_TAKEN]
  public static void awaitFree(int port, String option) {
    for (int attempt = 0; !isFree(port); attempt++) {
      if (attempt == TRIES) {
        throw new DureException(
            ErrorCode.PORT_TAKEN,
            "another program listens on port %d: give %s another one, or 0 for any"
                .formatted(port, option));
      }
      try {
        Thread.sleep(TRY_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new DureException(ErrorCode.INTERNAL, "interrupted", e);
      }
    }
  }

  /// The error with the option that chooses another port, if it is [ErrorCode#PORT_TAKEN].
  ///
  /// @param option as a person would give it
  public static DureException naming(DureException e, String option) {
    return e.code() == ErrorCode.PORT_TAKEN
        ? new DureException(
            e.code(), "%s; choose another with %s".formatted(e.getMessage(), option), e)
        : e;
  }

  /// A port that is free now, where any will do.
  public static int orAnyFree(int port) {
    if (port != 0) {
      return port;
    }
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new DureException(ErrorCode.PORT_TAKEN, "no free port on this machine", e);
    }
  }
}
