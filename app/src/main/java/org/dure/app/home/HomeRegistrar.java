package org.dure.app.home;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.dure.core.DureException;
import org.dure.core.Printable;
import org.dure.core.runtime.BackgroundTask;
import org.dure.federation.protocol.Study;
import org.dure.federation.server.HubServer;
import org.dure.federation.server.Registrar;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.wire.TlsIdentity;
import org.dure.provenance.CertificateRequest;
import org.dure.provenance.Certificates;
import org.dure.provenance.EnrolmentAnswer;
import org.dure.provenance.EnrolmentRequest;
import org.dure.provenance.Register;
import org.jspecify.annotations.Nullable;

/// The running hub's side of the [Register] in its home: answers who may speak, and carries what
/// the operator decides into the hub within a second. Thread-safe.
public final class HomeRegistrar implements Registrar, AutoCloseable {
  private static final Duration LOOK = Duration.ofMillis(400);

  private final Path home;
  private final Study study;
  private final Register register;
  private final Consumer<String> say;
  private final Set<String> asking = new HashSet<>();

  /// What is in the hub's log by now.
  private final Set<String> carried = new HashSet<>();

  private final InstantSource clock;
  private volatile @Nullable HubServer serving;
  private @Nullable BackgroundTask looker;
  private String shown = "";

  /// @param say told what the operator should know
  public HomeRegistrar(Path home, Study study, InstantSource clock, Consumer<String> say) {
    this.home = home;
    this.study = study;
    this.clock = clock;
    this.register = Register.of(home, clock);
    this.say = say;
  }

  /// From now on decisions reach that hub.
  public void serve(HubServer hub) {
    shown = serial(register.hubCertificate());
    serving = hub;
    looker =
        BackgroundTask.every(
            LOOK, "registrar", () -> look(hub), failure -> say.accept(failure.report()));
  }

  private static String serial(X509Certificate certificate) {
    return certificate.getSerialNumber().toString(16);
  }

  private void look(HubServer hub) {
    Register.Picture now = register.picture();
    announce(now);
    try {
      carry(now, hub);
    } finally {
      renew(hub);
    }
  }

  private void announce(Register.Picture now) {
    // What is gone may come again, and is news then.
    asking.retainAll(now.requests().stream().map(Register.Request::key).toList());
    for (Register.Request request : now.requests()) {
      if (asking.add(request.key())) {
        String folder = Printable.shellWord(home);
        say.accept(
            "%s asks to be admitted: compare its key with dure hub requests --home %s, then dure hub"
                    .formatted(request.region(), folder)
                + " approve --home %s --region %s".formatted(folder, request.region()));
      }
    }
  }

  /// Each decision is carried until it is in the hub's log, whatever becomes of the others;
  /// carrying one again would change nothing.
  ///
  /// @throws DureException why the first could not be carried yet, e.g. [ErrorCode#DISK_FULL]
  private synchronized void carry(Register.Picture now, HubServer hub) {
    @Nullable DureException failure = null;
    Set<String> known = new HashSet<>();
    for (Register.Issued issued : now.issued()) {
      known.add(decision(issued));
    }
    carried.retainAll(known);
    for (Register.Issued issued : now.issued()) {
      try {
        carry(issued, hub);
      } catch (DureException e) {
        failure = failure == null ? e : failure;
      }
    }
    for (Register.Undoing undoing : now.undoings()) {
      try {
        undo(undoing, now, hub);
      } catch (DureException e) {
        failure = failure == null ? e : failure;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /// Once the hub has heard of the region's end: it takes nothing back from one that is in.
  private void undo(Register.Undoing undoing, Register.Picture now, HubServer hub) {
    boolean heard =
        now.issued().stream()
            .filter(issued -> issued.holder().region().equals(undoing.region()))
            .filter(issued -> issued.standing().state() == Register.State.REVOKED)
            .allMatch(issued -> carried.contains(issued.serial() + " revoked"));
    if (!heard) {
      return;
    }
    Optional<StudyStatus.Return> undone =
        hub.undo(undoing.id(), undoing.region(), undoing.from(), undoing.reason());
    register.carried(undoing);
    say.accept(
        undone
            .map(
                span ->
                    ("rounds %d to %d are taken back because of %s: the study goes on with round %d"
                            + " from the weights before them")
                        .formatted(span.from(), span.to(), undoing.region(), span.to() + 1))
            .orElse("there is nothing of %s to take back".formatted(undoing.region())));
  }

  private void carry(Register.Issued issued, HubServer hub) {
    if (issued.holder().role() != Certificates.Role.REGION) {
      return;
    }
    boolean revoked = isRevoked(issued);
    String decision = decision(issued);
    if (carried.contains(decision)) {
      return;
    }
    if (revoked) {
      hub.revoke(
          issued.holder().region(), issued.x509().getPublicKey(), issued.standing().reason());
      say.accept(
          "%s is revoked: %s"
              .formatted(issued.holder().region(), Printable.line(issued.standing().reason())));
    } else if (!issued.holder().language().isEmpty()) {
      hub.enrol(issued.holder().region(), issued.holder().language());
    }
    carried.add(decision);
  }

  private static boolean isRevoked(Register.Issued issued) {
    return issued.standing().state() == Register.State.REVOKED;
  }

  private static String decision(Register.Issued issued) {
    return isRevoked(issued) ? issued.serial() + " revoked" : issued.serial();
  }

  /// Takes up the hub's own renewed certificate, and renews it by itself when less than a third of
  /// its time is left.
  private void renew(HubServer hub) {
    X509Certificate own = register.hubCertificate();
    if (Renewal.isDue(own, clock.instant())) {
      Register.Issued renewed = register.renewHub(List.of());
      say.accept("the hub's certificate was renewed: it is valid until " + renewed.validity().to());
      own = register.hubCertificate();
    }
    if (!serial(own).equals(shown)) {
      TlsIdentity identity = Identities.hub(home);
      hub.renew(identity);
      shown = serial(own);
      say.accept("the hub shows its new certificate");
    }
  }

  @Override
  public Holding holding(X509Certificate certificate) {
    Optional<Register.Issued> found = register.lately().of(certificate);
    if (found.isEmpty()) {
      // It may have been issued a moment ago.
      found = register.picture().of(certificate);
    }
    if (found.isEmpty() || !found.get().records(certificate)) {
      return new Unknown();
    }
    return switch (found.get().standing().state()) {
      case VALID -> new Valid();
      case SUPERSEDED -> new Superseded();
      case REVOKED -> new Revoked(found.get().standing().reason());
    };
  }

  @Override
  public void spoke(X509Certificate certificate) {
    register.spoke(certificate);
  }

  @Override
  public byte[] enrol(byte[] request) {
    EnrolmentAnswer answer = register.enrol(EnrolmentRequest.parse(request), study.toml());
    HubServer hub = serving;
    if (answer.granted() && hub != null) {
      // The region may speak as soon as it has this answer.
      carry(register.picture(), hub);
    }
    return answer.bytes();
  }

  @Override
  public byte[] renew(X509Certificate present, byte[] request) {
    String pem = new String(request, StandardCharsets.US_ASCII);
    return register
        .renew(present, CertificateRequest.parse(pem, "the request"), study.toml())
        .bytes();
  }

  @Override
  public void close() {
    BackgroundTask running = looker;
    if (running != null) {
      running.close();
    }
  }
}
