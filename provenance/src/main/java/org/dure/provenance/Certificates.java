package org.dure.provenance;

import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// X.509 certificates as files, and the one check of a study's certificates that says why.
///
/// A study has one level: its authority signs hub and regions, nobody between. Stateless and
/// thread-safe.
public final class Certificates {
  /// What a certificate lets its holder be, by its extended key usage (RFC 5280 section 4.2.1.12).
  public enum Role {
    /// Answers connections.
    HUB("1.3.6.1.5.5.7.3.1"),
    /// Makes connections.
    REGION("1.3.6.1.5.5.7.3.2");

    private final String keyUsage;

    Role(String keyUsage) {
      this.keyUsage = keyUsage;
    }

    String keyUsage() {
      return keyUsage;
    }
  }

  private Certificates() {}

  /// The PEM text of certificates, in their order.
  public static String pem(List<X509Certificate> certificates) {
    return certificates.stream()
        .map(certificate -> Pem.encode(Pem.CERTIFICATE, encoded(certificate)))
        .collect(Collectors.joining());
  }

  /// The certificates of a PEM text, at least one.
  ///
  /// @param place of the text, for errors
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED]
  public static List<X509Certificate> parse(String pem, String place) {
    List<X509Certificate> certificates = new ArrayList<>();
    for (byte[] der : Pem.decode(pem, Pem.CERTIFICATE, place)) {
      certificates.add(certificate(der, place));
    }
    return List.copyOf(certificates);
  }

  public static List<X509Certificate> read(Path file) {
    return parse(Pem.read(file), file.toString());
  }

  public static void write(Path file, List<X509Certificate> certificates) {
    AtomicFiles.write(file, pem(certificates));
  }

  /// Checks that a certificate was issued by one of the trusted authorities for that role and is
  /// valid at `now`.
  ///
  /// @throws DureException with [ErrorCode#CERTIFICATE_INVALID] that says which of these it is not
  public static void check(
      X509Certificate certificate, List<X509Certificate> trusted, Role role, Instant now) {
    X509Certificate authority = issuer(certificate, trusted);
    checkDates(certificate, now);
    checkDates(authority, now);
    if (authority.getBasicConstraints() < 0) {
      throw invalid(authority, "is not the certificate of an authority");
    }
    try {
      List<String> usages = certificate.getExtendedKeyUsage();
      if (usages == null || !usages.contains(role.keyUsage())) {
        throw invalid(certificate, "is not one of a " + (role == Role.HUB ? "hub" : "region"));
      }
    } catch (CertificateParsingException e) {
      throw invalid(certificate, "has an unreadable key usage: " + e.getMessage());
    }
  }

  /// The name that a certificate is made out to: the common name of its subject.
  ///
  /// @throws DureException with [ErrorCode#CERTIFICATE_INVALID] unless it has exactly one
  public static String name(X509Certificate certificate) {
    try {
      List<Rdn> names =
          new LdapName(certificate.getSubjectX500Principal().getName())
              .getRdns().stream().filter(rdn -> rdn.getType().equalsIgnoreCase("CN")).toList();
      if (names.size() == 1 && names.getFirst().getValue() instanceof String name) {
        return name;
      }
    } catch (InvalidNameException e) {
      throw invalid(certificate, "has an unreadable subject: " + e.getMessage());
    }
    throw invalid(certificate, "has no single common name");
  }

  /// The names and addresses that a hub's certificate is valid for.
  public static List<String> hosts(X509Certificate certificate) {
    try {
      Collection<List<?>> names = certificate.getSubjectAlternativeNames();
      return names == null
          ? List.of()
          : names.stream().map(name -> String.valueOf(name.get(1))).toList();
    } catch (CertificateParsingException e) {
      throw invalid(certificate, "has unreadable names: " + e.getMessage());
    }
  }

  static X509Certificate certificate(byte[] der, String place) {
    try {
      ByteArrayInputStream in = new ByteArrayInputStream(der);
      X509Certificate certificate =
          (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
      if (in.available() > 0) {
        throw Pem.malformed(place, "has bytes behind the certificate");
      }
      return certificate;
    } catch (CertificateException e) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%s: not an X.509 certificate: %s".formatted(place, e.getMessage()),
          e);
    }
  }

  private static X509Certificate issuer(
      X509Certificate certificate, List<X509Certificate> trusted) {
    boolean sameName = false;
    for (X509Certificate authority : trusted) {
      if (authority.getSubjectX500Principal().equals(certificate.getIssuerX500Principal())) {
        sameName = true;
        try {
          certificate.verify(authority.getPublicKey());
          return authority;
        } catch (GeneralSecurityException e) {
          // An authority of the same name but another key: another may follow.
          continue;
        }
      }
    }
    throw invalid(
        certificate,
        sameName
            ? "is foreign: an authority of the same name but with another key issued it"
            : "is foreign: %s issued it, which is not trusted here"
                .formatted(certificate.getIssuerX500Principal().getName()));
  }

  static void checkDates(X509Certificate certificate, Instant now) {
    Instant from = certificate.getNotBefore().toInstant();
    Instant until = certificate.getNotAfter().toInstant();
    if (now.isAfter(until)) {
      throw invalid(
          certificate,
          "has expired: it was valid until %s, and the clock says %s".formatted(until, now));
    }
    if (now.isBefore(from)) {
      throw invalid(
          certificate,
          "is not valid yet: it is from %s on, and the clock says %s".formatted(from, now));
    }
  }

  private static DureException invalid(X509Certificate certificate, String why) {
    return new DureException(
        ErrorCode.CERTIFICATE_INVALID,
        "the certificate of %s (serial %s) %s"
            .formatted(
                certificate.getSubjectX500Principal().getName(),
                certificate.getSerialNumber().toString(16),
                why));
  }

  private static byte[] encoded(X509Certificate certificate) {
    try {
      return certificate.getEncoded();
    } catch (CertificateException e) {
      throw new DureException(ErrorCode.INTERNAL, "cannot encode a certificate", e);
    }
  }
}
