package org.dure.federation;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.dure.core.Signatures;
import org.dure.federation.wire.TlsIdentity;

/// A certificate authority for tests: X.509 version 3 with Ed25519 (RFC 5280, RFC 8410), written
/// out by hand so that expired and foreign certificates are easily had.
public final class TestAuthority {
  /// A name of the hub that only a proxy knows (RFC 2606).
  public static final String HUB_NAME = "hub.example";

  private static final byte[] ED25519 = sequence(tagged(6, new byte[] {43, 101, 112}));

  private final KeyPair key = Signatures.newKeyPair();
  private final String name;
  public final X509Certificate certificate;

  public TestAuthority(String name) {
    this.name = name;
    this.certificate = sign(name, key, Instant.now().plus(Duration.ofDays(9)), true);
  }

  /// A hub that answers on loopback.
  public TlsIdentity hub() {
    return identity("hub", Instant.now().plus(Duration.ofDays(1)));
  }

  public TlsIdentity region(String region) {
    return identity(region, Instant.now().plus(Duration.ofDays(1)));
  }

  public TlsIdentity identity(String commonName, Instant until) {
    KeyPair own = Signatures.newKeyPair();
    X509Certificate issued = sign(commonName, own, until, false);
    return new TlsIdentity(own.getPrivate(), List.of(issued), certificate);
  }

  private X509Certificate sign(String subject, KeyPair own, Instant until, boolean authority) {
    byte[] constraints =
        sequence(
            oid(29, 19),
            tagged(1, new byte[] {-1}),
            tagged(4, authority ? sequence(tagged(1, new byte[] {-1})) : sequence()));
    byte[] names =
        sequence(
            oid(29, 17),
            tagged(
                4,
                sequence(
                    tagged(0x82, "localhost".getBytes(StandardCharsets.US_ASCII)),
                    tagged(0x82, HUB_NAME.getBytes(StandardCharsets.US_ASCII)),
                    tagged(0x87, new byte[] {127, 0, 0, 1}))));
    byte[] body =
        sequence(
            tagged(0xa0, tagged(2, new byte[] {2})),
            tagged(2, BigInteger.valueOf(1 + (System.nanoTime() & 0xffffff)).toByteArray()),
            ED25519,
            name(name),
            sequence(time(until.minus(Duration.ofDays(30))), time(until)),
            name(subject),
            own.getPublic().getEncoded(),
            tagged(
                0xa3,
                authority
                    ? sequence(constraints, usage(true))
                    : sequence(constraints, names, usage(false), role(subject))));
    try {
      Signature signature = Signature.getInstance("Ed25519");
      signature.initSign(key.getPrivate());
      signature.update(body);
      byte[] bits = join(new byte[1], signature.sign());
      byte[] der = sequence(body, ED25519, tagged(3, bits));
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(der));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /// RFC 5280 section 4.2.1.3: certificates are signed with an authority's key, else messages.
  private static byte[] usage(boolean authority) {
    return sequence(
        oid(29, 15),
        tagged(1, new byte[] {-1}),
        tagged(4, tagged(3, new byte[] {authority ? (byte) 1 : 7, authority ? (byte) 6 : -128})));
  }

  /// RFC 5280 section 4.2.1.12: the hub answers connections, all others make them.
  private static byte[] role(String subject) {
    byte[] purpose = {43, 6, 1, 5, 5, 7, 3, (byte) (subject.equals("hub") ? 1 : 2)};
    return sequence(oid(29, 37), tagged(4, sequence(tagged(6, purpose))));
  }

  private static byte[] name(String commonName) {
    byte[] text = tagged(12, commonName.getBytes(StandardCharsets.UTF_8));
    return sequence(tagged(0x31, sequence(oid(4, 3), text)));
  }

  /// 2.5.A.B
  private static byte[] oid(int a, int b) {
    return tagged(6, new byte[] {85, (byte) a, (byte) b});
  }

  private static byte[] time(Instant instant) {
    String text =
        DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC).format(instant);
    return tagged(24, text.getBytes(StandardCharsets.US_ASCII));
  }

  private static byte[] sequence(byte[]... parts) {
    return tagged(0x30, parts);
  }

  private static byte[] tagged(int tag, byte[]... parts) {
    byte[] content = join(parts);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    if (content.length < 128) {
      out.write(content.length);
    } else if (content.length < 256) {
      out.write(0x81);
      out.write(content.length);
    } else {
      out.write(0x82);
      out.write(content.length >> 8);
      out.write(content.length);
    }
    out.writeBytes(content);
    return out.toByteArray();
  }

  private static byte[] join(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
