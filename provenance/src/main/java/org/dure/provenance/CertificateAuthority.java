package org.dure.provenance;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Signatures;

/// The authority of one study: an Ed25519 key that certifies the study's hub and its regions
/// (RFC 5280), and nothing else in the world.
///
/// Whoever holds its folder decides who takes part. It signs leaves only (path length 0); a leaf
/// never outlives it. Serial numbers are 127 random bits. A certificate is valid from two days
/// before it was issued, so that a clock that is hours or a day wrong does no harm. Thread-safe.
public final class CertificateAuthority {
  private static final String KEY_FILE = "ca-key.pem";
  private static final String CERTIFICATE_FILE = "ca.pem";

  /// By how much a certificate is valid before it was issued.
  public static final Duration CLOCK_DIFFERENCE = Duration.ofDays(2);

  private final PrivateKey key;
  private final X509Certificate certificate;
  private final InstantSource clock;

  private CertificateAuthority(PrivateKey key, X509Certificate certificate, InstantSource clock) {
    this.key = key;
    this.certificate = certificate;
    this.clock = clock;
  }

  /// Makes a study's authority in a folder of its own, which appears whole or not at all.
  ///
  /// @param study 1 to 64 characters, part of the authority's name
  /// @throws DureException with [ErrorCode#HOME_CONFLICT] if the folder is there already
  public static CertificateAuthority create(
      Path folder, String study, Duration validity, InstantSource clock) {
    if (study.isBlank() || study.length() > 64) {
      throw new DureException(
          ErrorCode.CONFIGURATION_INVALID,
          "\"%s\" cannot name a study's authority; expected 1 to 64 characters".formatted(study));
    }
    if (Files.exists(folder)) {
      throw new DureException(
          ErrorCode.HOME_CONFLICT,
          "cannot make an authority in %s: the folder is there, and keys are never overwritten"
              .formatted(folder));
    }
    KeyPair pair = Signatures.newKeyPair();
    Instant now = clock.instant();
    X509Certificate certificate =
        CertificateIssuer.authority(
            pair,
            study,
            new CertificateIssuer.Validity(now.minus(CLOCK_DIFFERENCE), now.plus(validity)));
    AtomicFiles.folder(
        folder,
        part -> {
          KeyFiles.writePrivate(part.resolve(KEY_FILE), pair.getPrivate());
          Certificates.write(part.resolve(CERTIFICATE_FILE), List.of(certificate));
        });
    return new CertificateAuthority(pair.getPrivate(), certificate, clock);
  }

  /// The authority of a folder.
  ///
  /// @throws DureException if key or certificate are missing, malformed or do not belong together
  public static CertificateAuthority open(Path folder, InstantSource clock) {
    KeyPair pair = KeyFiles.read(folder.resolve(KEY_FILE));
    Path file = folder.resolve(CERTIFICATE_FILE);
    List<X509Certificate> certificates = Certificates.read(file);
    X509Certificate certificate = certificates.getFirst();
    if (certificates.size() != 1 || !certificate.getPublicKey().equals(pair.getPublic())) {
      throw new DureException(
          ErrorCode.CERTIFICATE_INVALID,
          "%s is not the certificate of the key in %s".formatted(file, KEY_FILE));
    }
    return new CertificateAuthority(pair.getPrivate(), certificate, clock);
  }

  /// The authority of a folder; a new one if there is no such folder.
  public static CertificateAuthority obtain(
      Path folder, String study, Duration validity, InstantSource clock) {
    return Files.exists(folder) ? open(folder, clock) : create(folder, study, validity, clock);
  }

  /// What hub and regions trust.
  public X509Certificate certificate() {
    return certificate;
  }

  /// Certifies the study's hub.
  ///
  /// @param publicKey Ed25519
  /// @param hosts names and addresses under which it is reached, besides the loopback's
  /// @throws DureException with [ErrorCode#CONFIGURATION_INVALID] naming the host that is none
  public X509Certificate issueHub(PublicKey publicKey, List<String> hosts, Duration validity) {
    return issuer().hub(publicKey, hosts, from(clock.instant(), validity));
  }

  /// Certifies a region.
  public X509Certificate issueRegion(CertificateRequest request, Duration validity) {
    return issuer().region(request, from(clock.instant(), validity));
  }

  private CertificateIssuer issuer() {
    return new CertificateIssuer(key, certificate);
  }

  private CertificateIssuer.Validity from(Instant now, Duration validity) {
    Instant end = certificate.getNotAfter().toInstant();
    if (now.isAfter(end)) {
      throw new DureException(
          ErrorCode.CERTIFICATE_INVALID,
          "the study's authority expired on %s: it can certify nobody".formatted(end));
    }
    Instant until = now.plus(validity).isBefore(end) ? now.plus(validity) : end;
    return new CertificateIssuer.Validity(now.minus(CLOCK_DIFFERENCE), until);
  }
}
