package org.dure.provenance;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// A server's certificate as two PEM files, as the authorities of the web hand them out: the
/// certificate with those that issued it, and its private key in PKCS #8 (RSA, elliptic curves or
/// Ed25519). Stateless.
public final class TlsFiles {
  private static final char[] IN_MEMORY = "in memory only".toCharArray();

  /// Kind of key to the signature that shows whether it is the certificate's.
  private static final Map<String, String> SIGNATURES =
      Map.of("RSA", "SHA256withRSA", "EC", "SHA256withECDSA", "EdDSA", "Ed25519");

  private TlsFiles() {}

  /// What shows that certificate to clients and asks them for none.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if a file is not what it should be,
  ///     [ErrorCode#KEY_EXPOSED] if others than the key's owner may read it, or
  ///     [ErrorCode#CERTIFICATE_INVALID] if it does not hold now or the key is another's
  public static SSLContext context(Path certificates, Path privateKey, Instant now) {
    List<X509Certificate> chain = Certificates.read(certificates);
    Certificates.checkDates(chain.getFirst(), now);
    PrivateKey key = key(privateKey);
    if (!belong(chain.getFirst(), key)) {
      throw new DureException(
          ErrorCode.CERTIFICATE_INVALID,
          "%s is not the key of the certificate in %s".formatted(privateKey, certificates));
    }
    try {
      KeyStore own = KeyStore.getInstance("PKCS12");
      own.load(null, IN_MEMORY);
      own.setKeyEntry("own", key, IN_MEMORY, chain.toArray(X509Certificate[]::new));
      KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
      keys.init(own, IN_MEMORY);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), null, null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new DureException(
          ErrorCode.CERTIFICATE_INVALID,
          "%s and %s do not work together: %s".formatted(certificates, privateKey, e.getMessage()),
          e);
    }
  }

  private static PrivateKey key(Path file) {
    KeyFiles.refuseExposed(file);
    String pem = Pem.read(file);
    if (pem.contains("RSA PRIVATE KEY") || pem.contains("EC PRIVATE KEY")) {
      throw Pem.malformed(
          file.toString(),
          "an old form of private key; openssl pkcs8 -topk8 -nocrypt -in FILE makes the expected one"
              + " of it");
    }
    byte[] der = Pem.decodeOne(pem, Pem.PRIVATE_KEY, file.toString());
    try {
      for (String kind : SIGNATURES.keySet()) {
        try {
          return KeyFactory.getInstance(kind).generatePrivate(new PKCS8EncodedKeySpec(der));
        } catch (InvalidKeySpecException e) {
          continue;
        }
      }
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has these kinds of keys", e);
    } finally {
      Arrays.fill(der, (byte) 0);
    }
    throw Pem.malformed(
        file.toString(), "no private key of RSA, of an elliptic curve or of Ed25519");
  }

  private static boolean belong(X509Certificate certificate, PrivateKey key) {
    try {
      Signature signature = Signature.getInstance(SIGNATURES.get(kind(key)));
      byte[] message = certificate.getEncoded();
      signature.initSign(key);
      signature.update(message);
      byte[] signed = signature.sign();
      signature.initVerify(certificate.getPublicKey());
      signature.update(message);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      // A key of another kind cannot even try.
      return false;
    }
  }

  private static String kind(PrivateKey key) {
    return key.getAlgorithm().equals("Ed25519") ? "EdDSA" : key.getAlgorithm();
  }
}
