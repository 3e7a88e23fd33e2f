package org.dure.federation.wire;

import java.io.IOException;

/// Where a chunk comes down, piece by piece; what has come stays when the rest does not.
public interface Landing {
  /// How many bytes have come.
  long begun();

  void write(byte[] bytes, int from, int length) throws IOException;
}
