package org.dure.app.home;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.PrivateFiles;
import org.dure.federation.client.EnrolmentLink;
import org.dure.federation.client.HttpProxy;
import org.dure.federation.protocol.Study;
import org.dure.provenance.CertificateRequest;
import org.dure.provenance.Certificates;
import org.dure.provenance.EnrolmentAnswer;
import org.dure.provenance.EnrolmentRequest;
import org.dure.provenance.InvitationCode;
import org.dure.provenance.KeyFiles;

/// How a region joins a study with an invitation: asks until it is approved, then keeps what it was
/// given. Broken off at any moment, the same again goes on.
public final class RegionEnrolment {
  private static final Duration PAUSE = Duration.ofSeconds(2);
  private static final Duration MUCH = Duration.ofHours(12);

  private final RegionLayout home;
  private final InvitationCode code;
  private final String proxy;
  private final InstantSource clock;
  private final PrintWriter out;

  /// @param proxy as given; empty for what the environment says
  public RegionEnrolment(
      RegionLayout home, InvitationCode code, String proxy, InstantSource clock, PrintWriter out) {
    this.home = home;
    this.code = code;
    this.proxy = proxy;
    this.clock = clock;
    this.out = out;
  }

  private RegionHome told() {
    return new RegionHome(code.hub(), code.region(), code.language(), code.authority(), proxy);
  }

  /// @throws DureException why the region cannot join
  public void join() throws InterruptedException {
    checkHome();
    if (clock.instant().isAfter(code.expires()) && !Files.exists(home.key())) {
      throw new DureException(
          ErrorCode.INVITATION_INVALID,
          "the invitation expired on %s; this machine's clock says %s"
              .formatted(code.expires(), clock.instant()));
    }
    PrivateFiles.closeHome(home.path());
    KeyPair key = KeyFiles.obtain(home.key());
    CertificateRequest request = CertificateRequest.create(code.region(), key);
    say("region %s (%s) asks %s to be admitted", code.region(), code.language(), code.hub());
    say("  key of the hub's authority: %s", HubHome.spoken(code.authority()));
    say("  key of this region:         %s", HubHome.spoken(KeyFiles.fingerprint(key.getPublic())));
    EnrolmentAnswer answer = ask(EnrolmentRequest.of(code, request).bytes());
    keep(answer, key);
    say("admitted; the certificate is in %s", home.path());
  }

  private void say(String format, Object... values) {
    out.printf(format + "%n", values);
    out.flush();
  }

  private void checkHome() {
    if (!RegionHome.isIn(home)) {
      return;
    }
    RegionHome there = RegionHome.read(home);
    if (!there.region().equals(code.region()) || !there.authority().equals(code.authority())) {
      throw new DureException(
          ErrorCode.HOME_CONFLICT,
          "%s is the home of region %s of the study at %s: use another folder for this invitation"
              .formatted(home.path(), there.region(), there.hub()));
    }
  }

  private EnrolmentAnswer ask(byte[] request) throws InterruptedException {
    Optional<HttpProxy> way = told().way();
    boolean waiting = false;
    String away = "";
    try (EnrolmentLink link = EnrolmentLink.pinned(code.hub(), code.authority(), way, clock)) {
      while (true) {
        try {
          EnrolmentAnswer answer = EnrolmentAnswer.parse(link.enrol(request));
          checkClock(answer);
          if (answer.granted()) {
            return answer;
          }
          if (!waiting) {
            waiting = true;
            say(
                "waiting for approval: read this region's key to the hub's operator by telephone;"
                    + " Ctrl-C and the same command again go on");
          }
          away = "";
        } catch (IOException e) {
          if (!waiting) {
            throw unreachable(code.hub(), way, e);
          }
          String now = String.valueOf(e.getMessage());
          if (!now.equals(away)) {
            say("the hub is away (%s): trying again", now);
            away = now;
          }
        }
        Thread.sleep(PAUSE);
      }
    }
  }

  static DureException unreachable(URI hub, Optional<HttpProxy> way, IOException e) {
    String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return new DureException(
        ErrorCode.PEER_UNREACHABLE,
        "the hub %s cannot be reached%s: %s; if there is a proxy on the way, say --proxy URL"
            .formatted(
                hub,
                way.map(proxy -> " through %s:%d".formatted(proxy.host(), proxy.port())).orElse(""),
                why),
        e);
  }

  private void checkClock(EnrolmentAnswer answer) {
    Duration off = Duration.between(Instant.ofEpochMilli(answer.now()), clock.instant());
    if (off.abs().compareTo(MUCH) > 0) {
      say(
          "this machine's clock is %d hours %s the hub's: set it, certificates bear two days",
          off.abs().toHours(), off.isNegative() ? "behind" : "ahead of");
    }
  }

  private void keep(EnrolmentAnswer answer, KeyPair key) {
    X509Certificate authority = Certificates.parse(answer.authority(), "the answer").getFirst();
    X509Certificate own = Certificates.parse(answer.certificate(), "the answer").getFirst();
    if (!KeyFiles.fingerprint(authority.getPublicKey()).equals(code.authority())
        || !own.getPublicKey().equals(key.getPublic())
        || !Certificates.name(own).equals(code.region())) {
      throw new DureException(
          ErrorCode.PEER_MISBEHAVED, "the hub's certificate is for another key, name or authority");
    }
    Certificates.check(own, List.of(authority), Certificates.Role.REGION, clock.instant());
    Study study = Study.recorded(answer.study());
    AtomicFiles.write(RegionHome.study(home), answer.study());
    Certificates.write(home.authority(), List.of(authority));
    told().write(home);
    Certificates.write(home.certificate(), List.of(own));
    say(
        "study %s: %d rounds of %d steps",
        study.name(), study.schedule().rounds(), study.schedule().steps());
  }
}
