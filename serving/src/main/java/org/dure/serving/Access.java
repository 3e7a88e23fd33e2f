package org.dure.serving;

import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.dure.core.runtime.HostGuard;

/// Who may ask a [ModelServer], and how they reach it.
///
/// @param guard under which names it may be asked, and by the pages of which origins
/// @param keys of which a client must show one under `/v1`
/// @param tls the server's certificate; without it the server speaks plain HTTP
public record Access(HostGuard guard, ApiKeys keys, Optional<SSLContext> tls) {
  /// Programs, and the server's own page, without a key.
  ///
  /// @param host where the server listens
  public static Access open(String host) {
    return new Access(HostGuard.of(host), ApiKeys.NONE, Optional.empty());
  }
}
