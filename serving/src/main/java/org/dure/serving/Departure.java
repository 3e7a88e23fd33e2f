package org.dure.serving;

import io.javalin.http.Context;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.BufferUtil;

/// Notices that a client has closed its connection although it is only being written to, or not
/// even that: reads ahead, without waiting, after the request's last byte. What a client sends
/// ahead for its next request is given back to the connection. A client that closes only its
/// sending side counts as gone, as with Go's HTTP server. Not thread-safe.
final class Departure implements BooleanSupplier {
  /// The client has closed its connection: nobody reads the answer.
  static final class ClientGone extends RuntimeException {
    ClientGone() {
      super("the client has left", null, false, false);
    }
  }

  private final Connection connection;
  private boolean gone;
  private boolean spoke;

  Departure(Context ctx) {
    this.connection =
        ServletContextRequest.getServletContextRequest(ctx.req())
            .getConnectionMetaData()
            .getConnection();
  }

  @Override
  public boolean getAsBoolean() {
    if (!gone && !spoke) {
      look();
    }
    return gone;
  }

  private void look() {
    EndPoint endPoint = connection.getEndPoint();
    ByteBuffer one = BufferUtil.allocate(1);
    try {
      int read = endPoint.fill(one);
      gone = read < 0 || !endPoint.isOpen();
      if (read > 0 && connection instanceof Connection.UpgradeTo next) {
        spoke = true;
        next.onUpgradeTo(one);
      }
    } catch (IOException e) {
      gone = true;
    }
  }
}
