package org.dure.provenance;

import java.io.IOException;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PublicKey;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.ASN1String;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// A region's request to be certified by a study's authority (PKCS #10, RFC 2986): its name, its
/// public key, and the proof that it holds the private one, which never travels. Immutable.
///
/// Nothing else in a request counts: extensions that it asks for are ignored, the authority decides
/// them.
public final class CertificateRequest {
  private static final Pattern REGION = Pattern.compile("[a-z0-9-]{1,32}");

  private final String region;
  private final PublicKey publicKey;
  private final byte[] der;

  private CertificateRequest(String region, PublicKey publicKey, byte[] der) {
    this.region = region;
    this.publicKey = publicKey;
    this.der = der;
  }

  /// @param region 1 to 32 of `a` to `z`, `0` to `9` and `-`
  /// @param key the region's Ed25519 key
  /// @throws DureException with [ErrorCode#CONFIGURATION_INVALID] if the name is not such
  public static CertificateRequest create(String region, KeyPair key) {
    checkRegion(region, "a region", ErrorCode.CONFIGURATION_INVALID);
    X500Name subject = new X500NameBuilder().addRDN(BCStyle.CN, region).build();
    try {
      byte[] der =
          new JcaPKCS10CertificationRequestBuilder(subject, key.getPublic())
              .build(new JcaContentSignerBuilder("Ed25519").build(key.getPrivate()))
              .getEncoded();
      return new CertificateRequest(region, key.getPublic(), der);
    } catch (OperatorCreationException | IOException e) {
      throw new DureException(ErrorCode.INTERNAL, "cannot make a certificate request", e);
    }
  }

  /// @param place of the text, for errors
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if it is no request of a region with an
  ///     Ed25519 key, with [ErrorCode#SIGNATURE_INVALID] if its sender does not hold the key
  public static CertificateRequest parse(String pem, String place) {
    byte[] der = Pem.decodeOne(pem, Pem.CERTIFICATE_REQUEST, place);
    PKCS10CertificationRequest request;
    String region;
    byte[] key;
    try {
      request = new PKCS10CertificationRequest(der);
      region = commonName(request.getSubject(), place);
      key = request.getSubjectPublicKeyInfo().getEncoded();
    } catch (DureException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // BouncyCastle meets hostile bytes with exceptions of many types.
      throw new DureException(
          ErrorCode.INPUT_MALFORMED, place + ": not a PKCS #10 certificate request", e);
    }
    checkRegion(region, place, ErrorCode.INPUT_MALFORMED);
    PublicKey publicKey = KeyFiles.publicKey(key, place);
    if (!provesPossession(request, publicKey)) {
      throw new DureException(
          ErrorCode.SIGNATURE_INVALID,
          "%s: the request for \"%s\" is not signed with the key that it names"
              .formatted(place, region));
    }
    return new CertificateRequest(region, publicKey, der);
  }

  public static CertificateRequest read(Path file) {
    return parse(Pem.read(file), file.toString());
  }

  public void write(Path file) {
    AtomicFiles.write(file, pem());
  }

  public String pem() {
    return Pem.encode(Pem.CERTIFICATE_REQUEST, der);
  }

  public String region() {
    return region;
  }

  public PublicKey publicKey() {
    return publicKey;
  }

  private static void checkRegion(String region, String place, ErrorCode code) {
    if (!REGION.matcher(region).matches()) {
      throw new DureException(
          code,
          "%s: \"%s\" is not a region's name; expected 1 to 32 of a-z, 0-9 and -"
              .formatted(place, region));
    }
  }

  private static String commonName(X500Name subject, String place) {
    RDN[] names = subject.getRDNs(BCStyle.CN);
    if (names.length != 1
        || subject.getRDNs().length != 1
        || names[0].isMultiValued()
        || !(names[0].getFirst().getValue() instanceof ASN1String name)) {
      throw Pem.malformed(
          place, "the subject is \"%s\"; expected CN=<region> and nothing else".formatted(subject));
    }
    return name.getString();
  }

  private static boolean provesPossession(PKCS10CertificationRequest request, PublicKey key) {
    try {
      return request.isSignatureValid(new JcaContentVerifierProviderBuilder().build(key));
    } catch (OperatorCreationException | PKCSException | RuntimeException e) {
      return false;
    }
  }
}
