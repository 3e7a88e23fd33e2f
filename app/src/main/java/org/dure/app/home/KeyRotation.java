package org.dure.app.home;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Signatures;
import org.dure.core.runtime.FolderLock;
import org.dure.federation.client.EnrolmentLink;
import org.dure.federation.region.ExportLog;
import org.dure.federation.wire.TlsIdentity;
import org.dure.provenance.CertificateRequest;
import org.dure.provenance.Certificates;
import org.dure.provenance.EnrolmentAnswer;
import org.dure.provenance.KeyFiles;

/// A region's change to a new key.
///
/// The next key and its certificate lie beside the present ones (`key-next.pem`,
/// `certificate-next.pem`) until no node is at work; then the export log is handed over from the
/// old key to the new, and they take the present ones' place. `certificate-next.pem` is the last
/// to be written and the last to go: a crash at any point is mended by the next [#settle].
public final class KeyRotation {
  private final RegionLayout home;
  private final RegionHome region;
  private final Path nextKey;
  private final Path nextCertificate;

  public KeyRotation(RegionLayout home, RegionHome region) {
    this.home = home;
    this.region = region;
    this.nextKey = home.nextKey();
    this.nextCertificate = home.path().resolve("certificate-next.pem");
  }

  /// Whether a new certificate waits to be taken up.
  public boolean isPending() {
    return Files.exists(nextCertificate);
  }

  /// Gets a certificate for a new key, unless one waits already.
  ///
  /// @throws DureException if the hub refuses or cannot be reached
  public X509Certificate renew() throws InterruptedException {
    if (isPending()) {
      return Certificates.read(nextCertificate).getFirst();
    }
    TlsIdentity present = Identities.region(home);
    KeyPair next = KeyFiles.obtain(nextKey);
    String request = CertificateRequest.create(region.region(), next).pem();
    EnrolmentAnswer answer;
    try (EnrolmentLink link = EnrolmentLink.of(region.hub(), present, region.way())) {
      answer = EnrolmentAnswer.parse(link.renew(request.getBytes(StandardCharsets.US_ASCII)));
    } catch (IOException e) {
      throw RegionEnrolment.unreachable(region.hub(), region.way(), e);
    }
    X509Certificate renewed = Certificates.parse(answer.certificate(), "the answer").getFirst();
    Certificates.check(
        renewed,
        List.of(present.authority()),
        Certificates.Role.REGION,
        InstantSource.system().instant());
    if (!renewed.getPublicKey().equals(next.getPublic())
        || !Certificates.name(renewed).equals(region.region())) {
      throw new DureException(
          ErrorCode.PEER_MISBEHAVED, "the hub's certificate is for another key or name");
    }
    Certificates.write(nextCertificate, List.of(renewed));
    return renewed;
  }

  /// As [#settle], unless a node is at work, which will do it.
  ///
  /// @return whether it was done
  public boolean settleIfIdle() {
    try {
      settle();
      return true;
    } catch (DureException e) {
      if (e.code() == ErrorCode.HOME_IN_USE) {
        return false;
      }
      throw e;
    }
  }

  /// Takes up the new key, if one waits.
  ///
  /// @throws DureException with [ErrorCode#HOME_IN_USE] if a node is at work
  public void settle() {
    if (!isPending()) {
      // A renewal that was killed while it made the key.
      AtomicFiles.sweepBeside(nextKey);
      return;
    }
    try (FolderLock lock = FolderLock.of(home.node(), "node")) {
      if (Files.exists(nextKey)) {
        KeyPair present = KeyFiles.read(home.key());
        ExportLog.handOver(
            home.node().resolve("exports.jsonl"),
            Signatures.signer(present.getPrivate(), present.getPublic()),
            KeyFiles.read(nextKey).getPublic(),
            region.region(),
            InstantSource.system());
        Consent.handOver(home, KeyFiles.read(nextKey));
        move(nextKey, home.key());
      }
      move(nextCertificate, home.certificate());
    }
  }

  private static void move(Path from, Path to) {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw DureException.io("replace", to, e);
    }
  }
}
