package org.dure.provenance;

import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Instant;
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
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// Builds and signs the certificates of a study (RFC 5280).
///
/// Apart from [CertificateAuthority] because it needs BouncyCastle, whose signed archives take a
/// sixth of a hub's start to load, and a hub that starts issues nothing. Thread-safe.
///
/// @param key the authority's
/// @param authority its certificate
record CertificateIssuer(PrivateKey key, X509Certificate authority) {
  private static final String LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
  private static final Pattern HOST =
      Pattern.compile("(?=.{1,253}$)" + LABEL + "(\\." + LABEL + ")*");
  private static final List<String> LOOPBACK = List.of("localhost", "127.0.0.1", "::1");
  private static final SecureRandom RANDOM = new SecureRandom();

  /// From when until when.
  record Validity(Instant from, Instant until) {
    Date first() {
      return Date.from(from.truncatedTo(ChronoUnit.SECONDS));
    }

    Date last() {
      return Date.from(until.truncatedTo(ChronoUnit.SECONDS));
    }
  }

  /// The certificate of an authority's key, signed with that key.
  static X509Certificate authority(KeyPair pair, String study, Validity validity) {
    X500Name name =
        new X500NameBuilder().addRDN(BCStyle.O, "Dure").addRDN(BCStyle.CN, study).build();
    return issue(
        pair.getPrivate(),
        new X509v3CertificateBuilder(
            name, serial(), validity.first(), validity.last(), name, information(pair.getPublic())),
        extensions -> {
          extensions.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
          extensions.addExtension(
              Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
          extensions.addExtension(
              Extension.subjectKeyIdentifier,
              false,
              utilities().createSubjectKeyIdentifier(information(pair.getPublic())));
        });
  }

  /// @param hosts besides the loopback's
  /// @throws DureException with [ErrorCode#CONFIGURATION_INVALID] naming the host that is none
  X509Certificate hub(PublicKey publicKey, List<String> hosts, Validity validity) {
    SequencedSet<String> all = new LinkedHashSet<>();
    Stream.concat(LOOPBACK.stream(), hosts.stream())
        .forEach(host -> all.add(canonical(host.toLowerCase(Locale.ROOT))));
    GeneralName[] names =
        all.stream().map(CertificateIssuer::alternativeName).toArray(GeneralName[]::new);
    return leaf(
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

  X509Certificate region(CertificateRequest request, Validity validity) {
    return leaf(
        request.region(),
        request.publicKey(),
        validity,
        extensions ->
            extensions.addExtension(
                Extension.extendedKeyUsage,
                false,
                new ExtendedKeyUsage(KeyPurposeId.id_kp_clientAuth)));
  }

  private X509Certificate leaf(
      String name, PublicKey publicKey, Validity validity, Extensions ofRole) {
    SubjectPublicKeyInfo information = information(publicKey);
    return issue(
        key,
        new X509v3CertificateBuilder(
            X500Name.getInstance(authority.getSubjectX500Principal().getEncoded()),
            serial(),
            validity.first(),
            validity.last(),
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
              utilities().createAuthorityKeyIdentifier(information(authority.getPublicKey())));
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

  private static BigInteger serial() {
    return new BigInteger(127, RANDOM).setBit(126);
  }

  private static X509ExtensionUtils utilities() {
    try {
      return new JcaX509ExtensionUtils();
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has SHA-1, which only names keys here", e);
    }
  }
}
