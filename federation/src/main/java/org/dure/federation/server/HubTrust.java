package org.dure.federation.server;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.function.Consumer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.RejectReason;

/// What a hub lets through the handshake: regions' certificates that the study's authority issued.
/// Whether they still hold is the [PeerAuthenticator]'s to say.
///
/// It names no authority that it accepts, so that a client that was told to show a foreign
/// certificate does show it and hears that it is foreign, and a stranger does not learn the study's
/// name.
final class HubTrust extends X509ExtendedTrustManager {
  private final X509Certificate authority;
  private final Consumer<RejectReason> refused;

  /// @param refused told about every handshake that fails here
  HubTrust(X509Certificate authority, Consumer<RejectReason> refused) {
    this.authority = authority;
    this.refused = refused;
  }

  private void check(X509Certificate[] chain) throws CertificateException {
    try {
      PeerAuthenticator.checkIssued(chain[0], authority);
    } catch (MessageRejected e) {
      refused.accept(e.refusal());
      throw new CertificateException(e.reason(), e);
    }
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    check(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    throw new CertificateException("a hub calls nobody");
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    throw new CertificateException("a hub calls nobody");
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    throw new CertificateException("a hub calls nobody");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
