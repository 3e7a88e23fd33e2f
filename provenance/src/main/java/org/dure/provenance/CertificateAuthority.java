package org.dure.provenance;

import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.SequencedSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509ExtensionUtils;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
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

  private static final String LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
  private static final Pattern HOST =
      Pattern.compile("(?=.{1,253}$)" + LABEL + "(\\." + LABEL + ")*");
  private static final List<String> LOOPBACK = List.of("localhost", "127.0.0.1", "::1");

  private final PrivateKey key;
  private final X509Certificate certificate;
  private final InstantSource clock;
  private final SecureRandom random = new SecureRandom();

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
    X500Name name =
        new X500NameBuilder().addRDN(BCStyle.O, "Dure").addRDN(BCStyle.CN, study).build();
    Instant now = clock.instant();
    SecureRandom random = new SecureRandom();
    X509Certificate certificate =
        issue(
            pair.getPrivate(),
            new X509v3CertificateBuilder(
                name,
                serial(random),
                Date.from(now.minus(CLOCK_DIFFERENCE).truncatedTo(ChronoUnit.SECONDS)),
                Date.from(now.plus(validity).truncatedTo(ChronoUnit.SECONDS)),
                name,
                information(pair.getPublic())),
            extensions -> {
              extensions.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
              extensions.addExtension(
                  Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
              extensions.addExtension(
                  Extension.subjectKeyIdentifier,
                  false,
                  utilities().createSubjectKeyIdentifier(information(pair.getPublic())));
            });
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
    SequencedSet<String> all = new LinkedHashSet<>();
    Stream.concat(LOOPBACK.stream(), hosts.stream())
        .forEach(host -> all.add(canonical(host.toLowerCase(Locale.ROOT))));
    GeneralName[] names =
        all.stream().map(CertificateAuthority::alternativeName).toArray(GeneralName[]::new);
    return issueLeaf(
        "hub",
        publicKey,
        validity,
        extensions -> {
          extensions.addExtension(
              Extension.extendedKeyUsage,
              false,
              new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
          extensions.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
        });
  }

  /// Certifies a region.
  public X509Certificate issueRegion(CertificateRequest request, Duration validity) {
    return issueLeaf(
        request.region(),
        request.publicKey(),
        validity,
        extensions ->
            extensions.addExtension(
                Extension.extendedKeyUsage,
                false,
                new ExtendedKeyUsage(KeyPurposeId.id_kp_clientAuth)));
  }

  private X509Certificate issueLeaf(
      String name, PublicKey publicKey, Duration validity, Extensions ofRole) {
    Instant now = clock.instant();
    Instant end = certificate.getNotAfter().toInstant();
    if (now.isAfter(end)) {
      throw new DureException(
          ErrorCode.CERTIFICATE_INVALID,
          "the study's authority expired on %s: it can certify nobody".formatted(end));
    }
    Instant until = now.plus(validity).isBefore(end) ? now.plus(validity) : end;
    SubjectPublicKeyInfo information = information(publicKey);
    return issue(
        key,
        new X509v3CertificateBuilder(
            X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded()),
            serial(random),
            Date.from(now.minus(CLOCK_DIFFERENCE).truncatedTo(ChronoUnit.SECONDS)),
            Date.from(until.truncatedTo(ChronoUnit.SECONDS)),
            new X500NameBuilder().addRDN(BCStyle.CN, name).build(),
            information),
        extensions -> {
          extensions.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
          extensions.addExtension(
              Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
          extensions.addExtension(
              Extension.subjectKeyIdentifier,
              false,
              utilities().createSubjectKeyIdentifier(information));
          extensions.addExtension(
              Extension.authorityKeyIdentifier,
              false,
              utilities().createAuthorityKeyIdentifier(information(certificate.getPublicKey())));
          ofRole.addTo(extensions);
        });
  }

  @FunctionalInterface
  private interface Extensions {
    void addTo(X509v3CertificateBuilder builder) throws IOException;
  }

  private static X509Certificate issue(
      PrivateKey key, X509v3CertificateBuilder builder, Extensions extensions) {
    try {
      extensions.addTo(builder);
      byte[] der = builder.build(new JcaContentSignerBuilder("Ed25519").build(key)).getEncoded();
      return Certificates.certificate(der, "a new certificate");
    } catch (IOException | OperatorCreationException e) {
      throw new DureException(ErrorCode.INTERNAL, "cannot issue a certificate", e);
    }
  }

  /// One spelling for each IP address.
  private static String canonical(String host) {
    try {
      return InetAddress.ofLiteral(host).getHostAddress().replaceAll("%.*", "");
    } catch (IllegalArgumentException e) {
      return host;
    }
  }

  private static GeneralName alternativeName(String host) {
    try {
      InetAddress address = InetAddress.ofLiteral(host);
      return new GeneralName(GeneralName.iPAddress, address.getHostAddress().replaceAll("%.*", ""));
    } catch (IllegalArgumentException e) {
      if (!HOST.matcher(host).matches()) {
        throw new DureException(
            ErrorCode.CONFIGURATION_INVALID,
            "\"%s\" is neither a host's name nor an IP address".formatted(host));
      }
      return new GeneralName(GeneralName.dNSName, host);
    }
  }

  private static SubjectPublicKeyInfo information(PublicKey key) {
    return SubjectPublicKeyInfo.getInstance(key.getEncoded());
  }

  private static BigInteger serial(SecureRandom random) {
    return new BigInteger(127, random).setBit(126);
  }

  private static X509ExtensionUtils utilities() {
    try {
      return new JcaX509ExtensionUtils();
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has SHA-1, which only names keys here", e);
    }
  }
}
