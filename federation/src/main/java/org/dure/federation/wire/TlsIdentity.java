package org.dure.federation.wire;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Signatures;
import org.dure.core.Signer;
import org.dure.federation.protocol.WireNames;

/// Who a process is on the belt, and whom it believes.
///
/// A region signs its messages with the same Ed25519 key that its certificate holds; the hub only
/// needs the key for TLS, where any algorithm will do.
///
/// @param privateKey of the first certificate
/// @param chain the certificate, then those that issued it, without the authority's own
/// @param authority the study's certificate authority: only what it issued is believed
public record TlsIdentity(
    PrivateKey privateKey, List<X509Certificate> chain, X509Certificate authority) {
  private static final char[] IN_MEMORY = "in memory only".toCharArray();

  /// @throws DureException with [ErrorCode#CERTIFICATE_INVALID] if there is no certificate
  public TlsIdentity {
    chain = List.copyOf(chain);
    if (chain.isEmpty()) {
      throw new DureException(
          ErrorCode.CERTIFICATE_INVALID, "no certificate: expected one issued by the study");
    }
  }

  public X509Certificate certificate() {
    return chain.getFirst();
  }

  public PublicKey publicKey() {
    return certificate().getPublicKey();
  }

  /// Signs with the certificate's key.
  ///
  /// @throws DureException with [ErrorCode#CERTIFICATE_INVALID] if the key is not Ed25519
  public Signer signer() {
    if (!isEd25519(publicKey())) {
      throw new DureException(
          ErrorCode.CERTIFICATE_INVALID,
          "the certificate of %s holds a key of type %s: expected Ed25519"
              .formatted(commonName(certificate()), publicKey().getAlgorithm()));
    }
    return Signatures.signer(privateKey, publicKey());
  }

  public static boolean isEd25519(PublicKey key) {
    return key.getAlgorithm().equals("EdDSA") || key.getAlgorithm().equals("Ed25519");
  }

  /// @throws DureException with [ErrorCode#CERTIFICATE_INVALID] if the own certificate does not
  ///     hold now
  public void checkValidity(InstantSource clock) {
    X509Certificate own = certificate();
    if (!holds(clock)) {
      throw new DureException(
          ErrorCode.CERTIFICATE_INVALID,
          ("the certificate of %s holds from %s to %s, and this machine's clock says %s: set the clock"
                  + " if it is wrong, else ask the hub's operator for a new one")
              .formatted(
                  commonName(own),
                  own.getNotBefore().toInstant(),
                  own.getNotAfter().toInstant(),
                  clock.instant()));
    }
  }

  /// Whether the own certificate holds now.
  public boolean holds(InstantSource clock) {
    Instant now = clock.instant();
    X509Certificate own = certificate();
    return !now.isBefore(own.getNotBefore().toInstant())
        && !now.isAfter(own.getNotAfter().toInstant());
  }

  /// A context that shows the own certificate and believes only the authority.
  public SSLContext context() {
    try {
      KeyStore own = KeyStore.getInstance("PKCS12");
      own.load(null, IN_MEMORY);
      own.setKeyEntry("own", privateKey, IN_MEMORY, chain.toArray(X509Certificate[]::new));
      KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
      keys.init(own, IN_MEMORY);
      SSLContext context = SSLContext.getInstance("TLSv1.3");
      context.init(keys.getKeyManagers(), trust().getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new DureException(
          ErrorCode.CERTIFICATE_INVALID,
          "key and certificate of %s do not work together: %s"
              .formatted(commonName(certificate()), e.getMessage()),
          e);
    }
  }

  private TrustManagerFactory trust() throws GeneralSecurityException, IOException {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, IN_MEMORY);
    trusted.setCertificateEntry("authority", authority);
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(trusted);
    return trust;
  }

  /// The common name of the certificate's subject; empty if it has none.
  public static String commonName(X509Certificate certificate) {
    return WireNames.commonName(certificate.getSubjectX500Principal().getName());
  }
}
