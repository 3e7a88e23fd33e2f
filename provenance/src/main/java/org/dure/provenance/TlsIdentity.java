package org.dure.provenance;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.CertPathBuilderException;
import java.security.cert.Certificate;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.TrustManagerFactory;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.jspecify.annotations.Nullable;

/// What one side of a TLS 1.3 connection with certificates on both sides needs.
///
/// Ed25519 keys are understood by the JDK, OpenSSL and curl; web browsers do not take them, so
// pages
/// for people are served elsewhere. Immutable and thread-safe.
///
/// @param key of the first certificate of `chain`
/// @param chain leaf first
/// @param trusted authorities whose certificates the other side may show
public record TlsIdentity(
    PrivateKey key, List<X509Certificate> chain, List<X509Certificate> trusted) {
  private static final String TLS = "TLSv1.3";

  public TlsIdentity {
    chain = List.copyOf(chain);
    trusted = List.copyOf(trusted);
    if (chain.isEmpty() || trusted.isEmpty()) {
      throw new DureException(
          ErrorCode.CERTIFICATE_INVALID, "TLS needs an own certificate and a trusted one");
    }
  }

  /// Key and chain in memory, under one alias.
  ///
  /// @param password of the key within the store
  public KeyStore keyStore(char[] password) {
    try {
      KeyStore store = emptyStore();
      store.setKeyEntry("identity", key, password, chain.toArray(Certificate[]::new));
      return store;
    } catch (GeneralSecurityException | IOException e) {
      throw unusable(e);
    }
  }

  /// The trusted authorities in memory.
  public KeyStore trustStore() {
    try {
      KeyStore store = emptyStore();
      for (int i = 0; i < trusted.size(); i++) {
        store.setCertificateEntry("authority-" + i, trusted.get(i));
      }
      return store;
    } catch (GeneralSecurityException | IOException e) {
      throw unusable(e);
    }
  }

  /// A context for either side. A server must still ask for the client's certificate
  /// (`setNeedClientAuth`), a client for the host's name to be checked, as `HttpClient` does.
  public SSLContext context() {
    char[] password = "in memory".toCharArray();
    try {
      KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
      keys.init(keyStore(password), password);
      TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(trustStore());
      SSLContext context = SSLContext.getInstance(TLS);
      context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw unusable(e);
    }
  }

  /// The certificate trouble behind a failed connection, in words; empty if it failed for another
  /// reason. Tells an own refusal from one by the other side, and expired from foreign. The side
  /// that refuses always knows why; the refused one may see no more than a closed connection.
  public static Optional<DureException> refusal(Throwable failure) {
    String told = null;
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      String why =
          switch (cause) {
            case CertificateExpiredException e ->
                "the other side's certificate has expired: " + e.getMessage();
            case CertificateNotYetValidException e ->
                "the other side's certificate is not valid yet: " + e.getMessage();
            case CertPathBuilderException _ ->
                "the other side's certificate is foreign: no authority trusted here issued it";
            case SSLPeerUnverifiedException e ->
                "the other side's certificate is made out to another host: " + e.getMessage();
            default -> null;
          };
      if (why != null) {
        return Optional.of(new DureException(ErrorCode.CERTIFICATE_INVALID, why, failure));
      }
      if (cause instanceof SSLException && cause.getMessage() != null && told == null) {
        told = toldBySsl(cause.getMessage());
      }
    }
    return Optional.ofNullable(told)
        .map(why -> new DureException(ErrorCode.CERTIFICATE_INVALID, why, failure));
  }

  /// JSSE has no types for these, only texts. A side whose certificate none of the other's
  /// authorities issued shows none at all (RFC 8446 section 4.4.2), so foreign and missing look
  // alike.
  private static @Nullable String toldBySsl(String message) {
    if (message.contains("Empty client certificate chain")) {
      return "the other side showed no certificate, or has none of an authority trusted here";
    }
    if (!message.contains("Received fatal alert")) {
      return null;
    }
    String refused = "the other side refused this side's certificate: ";
    if (message.contains("certificate_expired")) {
      return refused + "it has expired";
    }
    if (message.contains("certificate_unknown") || message.contains("unknown_ca")) {
      return refused + "it is foreign, or not valid by the clock there";
    }
    if (message.contains("certificate_required") || message.contains("bad_certificate")) {
      return refused + "none was shown, or none of an authority that is trusted there";
    }
    return null;
  }

  private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private static DureException unusable(Exception e) {
    return new DureException(
        ErrorCode.CERTIFICATE_INVALID,
        "key and certificates cannot be used for TLS: " + e.getMessage(),
        e);
  }
}
