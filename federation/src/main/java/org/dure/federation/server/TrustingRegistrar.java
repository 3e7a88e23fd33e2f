package org.dure.federation.server;

import java.security.cert.X509Certificate;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// See [Registrar#trusting].
final class TrustingRegistrar implements Registrar {
  @Override
  public Holding holding(X509Certificate certificate) {
    return new Valid();
  }

  @Override
  public void spoke(X509Certificate certificate) {
    // There are no records.
  }

  @Override
  public byte[] enrol(byte[] request) {
    throw nobody();
  }

  @Override
  public byte[] renew(X509Certificate present, byte[] request) {
    throw nobody();
  }

  private static DureException nobody() {
    return new DureException(ErrorCode.INVITATION_INVALID, "this hub enrols nobody");
  }
}
