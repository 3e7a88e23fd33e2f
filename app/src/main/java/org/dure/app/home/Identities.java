package org.dure.app.home;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.PrivateFiles;
import org.dure.federation.wire.TlsIdentity;
import org.dure.provenance.CertificateRequest;
import org.dure.provenance.Certificates;
import org.dure.provenance.KeyFiles;
import org.dure.provenance.Register;

/// Keys and certificates of the belt, as files.
///
/// A hub's home holds the study's authority (`authority/`) and the hub's own key and certificate. A
/// region's home holds its key, which never leaves it, the certificate that the hub's operator gave
/// for its request, and the authority's certificate.
public final class Identities {
  private static final InstantSource CLOCK = InstantSource.system();

  private Identities() {}

  /// Makes what a hub needs, where it is not there yet.
  ///
  /// @param hosts names and addresses under which regions reach the hub, besides the loopback's
  public static void initialiseHub(Path home, String study, List<String> hosts) {
    PrivateFiles.closeHome(home);
    Register register = Register.of(home, CLOCK);
    if (!register.initialise(study, hosts)
        && Renewal.isDue(register.hubCertificate(), CLOCK.instant())) {
      Register.Issued unused = register.renewHub(List.of());
    }
  }

  /// What a hub shows to regions.
  public static TlsIdentity hub(Path home) {
    Register register = Register.of(home, CLOCK);
    return new TlsIdentity(
        KeyFiles.read(home.resolve("key.pem")).getPrivate(),
        List.of(register.hubCertificate()),
        register.authority().certificate());
  }

  /// Makes a region's key, where there is none, and the request that the hub's operator certifies.
  public static CertificateRequest request(RegionLayout region, String name) {
    return CertificateRequest.create(name, KeyFiles.obtain(region.key()));
  }

  /// Certifies a region: writes its certificate and the authority's into `folder`, for the region's
  /// operator to copy into the region's home.
  public static void admit(Path hubHome, CertificateRequest request, Path folder) {
    Register register = Register.of(hubHome, CLOCK);
    X509Certificate certificate = register.admit(request, "").x509();
    RegionLayout region = new RegionLayout(folder);
    Certificates.write(region.certificate(), List.of(certificate));
    Certificates.write(region.authority(), List.of(register.authority().certificate()));
  }

  /// Whether the region holds a certificate that is on this hub's record.
  public static boolean isAdmitted(Path hubHome, RegionLayout region) {
    return Files.exists(region.certificate())
        && Files.exists(region.authority())
        && Register.of(hubHome, CLOCK)
            .picture()
            .of(Certificates.read(region.certificate()).getFirst())
            .isPresent();
  }

  /// What a region shows to the hub.
  public static TlsIdentity region(RegionLayout region) {
    PrivateFiles.closeHome(region.path());
    if (!Files.exists(region.certificate())) {
      throw new DureException(
          ErrorCode.CERTIFICATE_INVALID,
          ("%s has no certificate: join with dure region init; or, by hand, make a request with dure"
                  + " node request, let the hub's operator admit it with dure hub admit, and copy the"
                  + " two files here")
              .formatted(region.path()));
    }
    X509Certificate certificate = Certificates.read(region.certificate()).getFirst();
    X509Certificate authority = Certificates.read(region.authority()).getFirst();
    Certificates.check(certificate, List.of(authority), Certificates.Role.REGION, CLOCK.instant());
    return new TlsIdentity(
        KeyFiles.read(region.key()).getPrivate(), List.of(certificate), authority);
  }

  /// Fingerprint of the key of the authority that a region's home knows.
  ///
  /// @throws DureException with [ErrorCode#CERTIFICATE_INVALID] if it has no certificate
  public static String authority(RegionLayout region) {
    return KeyFiles.fingerprint(region(region).authority().getPublicKey());
  }

  /// The public key by which people check what a region signed.
  public static void publish(RegionLayout region, Path file) {
    String pem = KeyFiles.pem(KeyFiles.read(region.key()).getPublic());
    AtomicFiles.write(file, pem);
  }
}
