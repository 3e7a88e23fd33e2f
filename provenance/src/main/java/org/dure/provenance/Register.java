package org.dure.provenance;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json.Lenient;
import org.dure.core.Json.Unwrapped;
import org.dure.core.Printable;
import org.dure.core.Signatures;

/// Who may take part in a study, as files in the hub's home: invitations, requests, and every
/// certificate that was issued, with its state.
///
/// The operator's commands and the running hub are different processes that meet only here: each
/// change is one file, written whole under a lock, and the hub notices it within a second. The
/// package's page has the format. Thread-safe.
public final class Register {
  /// How long an authority, and a certificate unless told otherwise, is valid.
  public static final Duration AUTHORITY_VALIDITY = Duration.ofDays(3_650);

  public static final Duration VALIDITY = Duration.ofDays(365);

  /// A region that never speaks with its new certificates gets no more than this many.
  private static final int MOST_VALID = 4;

  /// Certificates that a region gets within a day.
  private static final int MOST_OF_DAY = 8;

  private static final Duration DAY = Duration.ofDays(1);

  /// Superseded certificates of a region that are kept on record. One that is not is refused all
  /// the same, as unknown.
  private static final int MOST_SUPERSEDED = 4;

  /// Far more than a register can come to, and far below where counting on would overflow.
  private static final long MOST_NUMBER = 1L << 40;

  private static final String NOBODY = "0".repeat(64);

  /// What has become of a certificate.
  public enum State {
    VALID,
    /// The region has spoken with a newer one.
    SUPERSEDED,
    /// The operator ended it.
    REVOKED
  }

  /// An invitation, without its secret.
  ///
  /// @param id by what name a region refers to it
  /// @param verifier fingerprint of the key that follows from the secret, 64 hexadecimal digits
  /// @param created ISO 8601, UTC, as all times here
  /// @param expires when it can no longer be used for the first time
  /// @param key fingerprint of the key that used it; empty before
  public record Invited(
      int version,
      String id,
      String region,
      String language,
      String verifier,
      String created,
      String expires,
      String key) {
    private Invited usedBy(String fingerprint) {
      return new Invited(version, id, region, language, verifier, created, expires, fingerprint);
    }
  }

  /// A region asks to be certified.
  ///
  /// @param key fingerprint of its key, which the operator compares with the region's by telephone
  /// @param request PEM of a [CertificateRequest]
  public record Request(
      int version,
      String region,
      String language,
      String key,
      String invitation,
      String time,
      String request) {}

  /// A certificate that was issued.
  ///
  /// @param number of those that a region has, the one with the higher number is the newer,
  ///     whatever the clock said when each was issued; 0 in records of version 1, which are older
  ///     than all others, and among them the times count
  /// @param serial in hexadecimal digits
  /// @param holder to whom
  /// @param validity for how long
  /// @param standing what has become of it
  /// @param certificate PEM
  public record Issued(
      int version,
      @Lenient Long number,
      String serial,
      @Unwrapped Holder holder,
      @Unwrapped Validity validity,
      @Unwrapped Standing standing,
      String certificate) {
    static final Comparator<Issued> ORDER =
        Comparator.comparing(Issued::number)
            .thenComparing(issued -> Instant.parse(issued.validity.from));

    public Issued {
      number = Objects.requireNonNullElse(number, 0L);
      if (number < 0 || number > MOST_NUMBER) {
        throw new DureException(
            ErrorCode.ARTIFACT_CORRUPT,
            "number %d: expected 0 to %d".formatted(number, MOST_NUMBER));
      }
    }

    /// The certificate itself.
    public X509Certificate x509() {
      return Certificates.parse(certificate, "the register's certificate " + serial).getFirst();
    }

    /// Whether this is the record of exactly that certificate; for every request, so nothing is
    /// parsed.
    public boolean records(X509Certificate other) {
      return certificate.equals(Certificates.pem(List.of(other)));
    }

    private Issued with(State now, Instant time, String why) {
      return new Issued(
          version,
          number,
          serial,
          holder,
          validity,
          new Standing(now, time.toString(), why),
          certificate);
    }

    /// For how long it was issued.
    private Duration span() {
      return Duration.between(Instant.parse(validity.from), Instant.parse(validity.to))
          .minus(CertificateAuthority.CLOCK_DIFFERENCE);
    }

    /// Whether its time has not begun: it was issued while the hub's clock was ahead.
    private boolean isEarly(Instant now) {
      return now.isBefore(Instant.parse(validity.from));
    }

    private boolean isOf(String name) {
      return holder.role() == Certificates.Role.REGION && holder.region().equals(name);
    }

    private boolean isValidOf(String name) {
      return standing.state() == State.VALID && isOf(name);
    }
  }

  /// To whom a certificate was issued.
  ///
  /// @param region empty for the hub's own
  /// @param key fingerprint of the certified key
  public record Holder(Certificates.Role role, String region, String language, String key) {}

  public record Validity(String from, String to) {}

  /// What has become of a certificate.
  ///
  /// @param since when `state` began
  /// @param reason of a revocation, else empty
  public record Standing(State state, String since, String reason) {}

  /// The operator's decision to take back what a region contributed, until the hub has it in its
  /// log.
  ///
  /// @param id by what name the log knows it
  /// @param from the first round to take back; 0 for the first that the region contributed to
  /// @param reason for people
  public record Undoing(
      int version, String id, String region, int from, String reason, String time) {}

  /// Everything that the files say.
  ///
  /// @param issued in the order in which they were issued
  /// @param undoings in the order in which they were decided
  public record Picture(
      List<Invited> invited, List<Request> requests, List<Issued> issued, List<Undoing> undoings) {
    /// The record of a certificate.
    public Optional<Issued> of(X509Certificate certificate) {
      String serial = serial(certificate);
      return issued.stream().filter(one -> one.serial.equals(serial)).findFirst();
    }
  }

  private final Path home;
  private final RegisterFiles files;
  private final InstantSource clock;

  private Register(Path home, InstantSource clock) {
    this.home = home;
    this.clock = clock;
    this.files = new RegisterFiles(home.resolve("register"));
  }

  /// The register of a hub's home; one without authority gets it with the first
  /// [#initialise(String, List)].
  public static Register of(Path home, InstantSource clock) {
    return new Register(home, clock);
  }

  /// Makes authority, key and certificate of the hub, where they are not there yet.
  ///
  /// @param study 1 to 64 characters, part of the authority's name
  /// @param hosts names and addresses under which regions reach the hub, besides the loopback's
  /// @return whether anything was made
  public boolean initialise(String study, List<String> hosts) {
    return files.change(
        () -> {
          CertificateAuthority authority =
              CertificateAuthority.obtain(folder(), study, AUTHORITY_VALIDITY, clock);
          KeyPair key = KeyFiles.obtain(home.resolve("key.pem"));
          if (Files.exists(certificateFile()) && files.now().of(hubCertificate()).isPresent()) {
            return false;
          }
          certifyHub(authority, key.getPublic(), hosts);
          return true;
        });
  }

  private Issued certifyHub(CertificateAuthority authority, PublicKey key, List<String> hosts) {
    X509Certificate certificate = authority.issueHub(key, hosts, VALIDITY);
    Issued issued = record(certificate, Certificates.Role.HUB, "", "");
    files.write(issued);
    Certificates.write(certificateFile(), List.of(certificate));
    return issued;
  }

  private Path folder() {
    return home.resolve("authority");
  }

  private Path certificateFile() {
    return home.resolve("certificate.pem");
  }

  /// The authority, with which the holder of the hub's home certifies.
  ///
  /// @throws DureException if there is none yet
  public CertificateAuthority authority() {
    if (!Files.exists(folder())) {
      throw new DureException(
          ErrorCode.INPUT_MISSING,
          "%s is no hub's home: make one with dure hub init --home %s --study FILE"
              .formatted(home, Printable.shellWord(home)));
    }
    return CertificateAuthority.open(folder(), clock);
  }

  /// The hub's own certificate.
  public X509Certificate hubCertificate() {
    return Certificates.read(certificateFile()).getFirst();
  }

  private Issued record(
      X509Certificate certificate, Certificates.Role role, String region, String language) {
    long newest = files.now().issued().stream().mapToLong(Issued::number).max().orElse(0);
    return new Issued(
        2,
        newest + 1,
        serial(certificate),
        new Holder(role, region, language, KeyFiles.fingerprint(certificate.getPublicKey())),
        new Validity(
            certificate.getNotBefore().toInstant().toString(),
            certificate.getNotAfter().toInstant().toString()),
        new Standing(State.VALID, now().toString(), ""),
        Certificates.pem(List.of(certificate)));
  }

  private static String serial(X509Certificate certificate) {
    return certificate.getSerialNumber().toString(16);
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }

  /// What the files say now.
  public Picture picture() {
    return files.now();
  }

  /// What the files said at most a fifth of a second ago: for every request of a running hub.
  public Picture lately() {
    return files.lately();
  }

  /// Gives the hub a new certificate for the same key; the running hub takes it up.
  ///
  /// @param hosts empty for the names of the present certificate
  public Issued renewHub(List<String> hosts) {
    return files.change(
        () -> {
          X509Certificate old = hubCertificate();
          List<String> names = hosts.isEmpty() ? Certificates.hosts(old) : hosts;
          Issued issued = certifyHub(authority(), old.getPublicKey(), names);
          files.now().of(old).ifPresent(one -> files.write(one.with(State.SUPERSEDED, now(), "")));
          return issued;
        });
  }

  /// Invites a region.
  ///
  /// @param hub the address by which the region reaches it
  /// @return the code, whose secret is kept nowhere else
  public InvitationCode invite(URI hub, String region, String language, Duration validity) {
    Instant expires = now().plus(validity).truncatedTo(ChronoUnit.SECONDS);
    String authority = KeyFiles.fingerprint(authority().certificate().getPublicKey());
    InvitationCode code = InvitationCode.create(hub, authority, region, language, expires);
    return files.change(
        () -> {
          files.write(
              new Invited(
                  2,
                  code.id(),
                  region,
                  language,
                  code.verifier(),
                  now().toString(),
                  expires.toString(),
                  ""));
          return code;
        });
  }

  /// Takes a region's request, or says what has become of it. The same request may come any number
  /// of times.
  ///
  /// @param study the study's file, which an approved region gets
  /// @throws DureException with [ErrorCode#INVITATION_INVALID] alike for every invitation that does
  ///     not hold, with [ErrorCode#CERTIFICATE_INVALID] if the key was revoked
  public EnrolmentAnswer enrol(EnrolmentRequest asked, String study) {
    String authority = KeyFiles.fingerprint(authority().certificate().getPublicKey());
    Optional<Invited> found =
        files.now().invited().stream().filter(one -> one.id.equals(asked.invitation())).findFirst();
    boolean proved = asked.proves(found.map(Invited::verifier).orElse(NOBODY), authority);
    if (found.isEmpty() || !proved) {
      throw refused();
    }
    Invited invited = found.get();
    CertificateRequest request = CertificateRequest.parse(asked.request(), "the request");
    String key = KeyFiles.fingerprint(request.publicKey());
    boolean first = invited.key.isEmpty() && now().isBefore(Instant.parse(invited.expires));
    if (!request.region().equals(invited.region) || !(first || invited.key.equals(key))) {
      throw refused();
    }
    if (issuedFor(key).isPresent()) {
      return approved(files.change(() -> holdingNow(request).orElseThrow()), study);
    }
    if (!isAsking(key)) {
      file(invited.id, request, key);
    }
    return new EnrolmentAnswer(
        1, EnrolmentAnswer.WAITING, invited.region, invited.language, "", "", "", clock.millis());
  }

  private boolean isAsking(String key) {
    return files.now().requests().stream().anyMatch(request -> request.key.equals(key));
  }

  /// Looked at again where nobody else can change anything: of those who come at once with one
  /// invitation, the first has it. It is marked as used before the request is there; a hub that
  /// dies in between takes the request when the same key asks again.
  private void file(String invitation, CertificateRequest request, String key) {
    boolean unused =
        files.change(
            () -> {
              Invited invited =
                  files.now().invited().stream()
                      .filter(one -> one.id.equals(invitation))
                      .findFirst()
                      .orElseThrow(Register::refused);
              if (!invited.key.isEmpty() && !invited.key.equals(key)) {
                throw refused();
              }
              if (issuedFor(key).isPresent()) {
                return false;
              }
              files.write(invited.usedBy(key));
              files.write(
                  new Request(
                      1,
                      invited.region,
                      invited.language,
                      key,
                      invited.id,
                      now().toString(),
                      request.pem()));
              return true;
            });
  }

  /// The newest.
  private Optional<Issued> issuedFor(String key) {
    return files.now().issued().stream()
        .filter(one -> one.holder.role == Certificates.Role.REGION && one.holder.key.equals(key))
        .max(Issued.ORDER);
  }

  /// The certificate of that request's key; or, if it was issued while this machine's clock was
  /// ahead and its time has not begun, another for the same key in its place. Only while nobody
  /// else can change anything.
  private Optional<Issued> holdingNow(CertificateRequest request) {
    return issuedFor(KeyFiles.fingerprint(request.publicKey()))
        .map(
            issued -> {
              if (issued.standing.state != State.VALID || !issued.isEarly(now())) {
                return issued;
              }
              Issued instead = certify(request, issued.holder.language, issued.span());
              files.write(issued.with(State.SUPERSEDED, now(), ""));
              return instead;
            });
  }

  private static DureException refused() {
    return new DureException(
        ErrorCode.INVITATION_INVALID,
        "this invitation does not hold here: it is unknown, expired, withdrawn, or was used with"
            + " another key");
  }

  private static void requireValid(Issued issued) {
    if (issued.standing.state != State.VALID) {
      boolean revoked = issued.standing.state == State.REVOKED;
      throw new DureException(
          ErrorCode.CERTIFICATE_INVALID,
          "the certificate of this key is %s since %s%s%s"
              .formatted(
                  revoked ? "revoked" : "superseded",
                  issued.standing.since,
                  issued.standing.reason.isEmpty() ? "" : ": " + issued.standing.reason,
                  revoked
                      ? "; this cannot be undone: with an invitation and an empty home, and so with"
                          + " another key, the region can ask again"
                      : ""));
    }
  }

  private EnrolmentAnswer approved(Issued issued, String study) {
    requireValid(issued);
    return new EnrolmentAnswer(
        1,
        EnrolmentAnswer.APPROVED,
        issued.holder.region,
        issued.holder.language,
        issued.certificate,
        Certificates.pem(List.of(authority().certificate())),
        study,
        clock.millis());
  }

  /// Certifies the region that asks under that name.
  ///
  /// @param key the beginning of the fingerprint, or empty where only one asks
  /// @throws DureException with [ErrorCode#INPUT_MISSING] if nobody asks, with
  ///     [ErrorCode#CONFIGURATION_INVALID] if several do
  public Issued approve(String region, String key, Duration validity) {
    return files.change(
        () -> {
          List<Request> asking =
              files.now().requests().stream()
                  .filter(one -> one.region.equals(region) && one.key.startsWith(key))
                  .toList();
          if (asking.isEmpty()) {
            requireNotAdmitted(region, key);
            throw new DureException(
                ErrorCode.INPUT_MISSING,
                "no region \"%s\"%s asks to be admitted: those that ask are %s"
                    .formatted(
                        region,
                        key.isEmpty() ? "" : " with a key " + key + "...",
                        names(files.now().requests().stream().map(Request::region).toList())));
          }
          if (asking.size() > 1) {
            throw new DureException(
                ErrorCode.CONFIGURATION_INVALID,
                "%d keys ask for \"%s\" (%s): say which with --key"
                    .formatted(
                        asking.size(),
                        region,
                        String.join(", ", asking.stream().map(Request::key).toList())));
          }
          Request request = asking.getFirst();
          Issued issued =
              certify(
                  CertificateRequest.parse(request.request, "the request of " + region),
                  request.language,
                  validity);
          files.remove(request);
          return issued;
        });
  }

  private void requireNotAdmitted(String region, String key) {
    files.now().issued().stream()
        .filter(one -> one.isValidOf(region) && one.holder.key.startsWith(key))
        .max(Issued.ORDER)
        .ifPresent(
            issued -> {
              throw new DureException(
                  ErrorCode.INPUT_MISSING,
                  "%s is already admitted, until %s; nobody else asks for that name"
                      .formatted(region, issued.validity.to));
            });
  }

  /// Certifies a region whose request came by another way than an invitation.
  ///
  /// @param language BCP 47, or empty where the study's file says it
  public Issued admit(CertificateRequest request, String language) {
    return files.change(() -> certify(request, language, VALIDITY));
  }

  private Issued certify(CertificateRequest request, String language, Duration validity) {
    X509Certificate certificate = authority().issueRegion(request, validity);
    Issued issued = record(certificate, Certificates.Role.REGION, request.region(), language);
    files.write(issued);
    return issued;
  }

  /// Ends every certificate, request and invitation of a region.
  ///
  /// @return the certificates that were valid
  /// @throws DureException with [ErrorCode#INPUT_MISSING] if the region has none of these
  public List<Issued> revoke(String region, String reason) {
    return files.change(() -> end(region, reason));
  }

  /// As [#revoke], of a region for which others wait: one that was never certified ends too. Of it
  /// a certificate is on record, revoked, of a key that nobody has.
  public List<Issued> revokeAwaited(String region, String reason) {
    return files.change(
        () -> {
          if (files.now().issued().stream().anyMatch(one -> one.isOf(region))) {
            return end(region, reason);
          }
          if (hasAny(region)) {
            List<Issued> unused = end(region, reason);
          }
          CertificateRequest nobodys = CertificateRequest.create(region, Signatures.newKeyPair());
          files.write(certify(nobodys, "", VALIDITY).with(State.REVOKED, now(), reason));
          return List.of();
        });
  }

  /// As [#revoke], also for a region that was revoked before; and what it contributed is to be
  /// taken back, with all that was made since.
  ///
  /// @param from the first round to take back; 0 for the first that the region contributed to
  /// @return the certificates that were valid
  /// @throws DureException with [ErrorCode#INPUT_MISSING] if there never was such a region
  public List<Issued> revokeAndUndo(String region, String reason, int from) {
    return files.change(
        () -> {
          boolean before =
              files.now().issued().stream()
                  .anyMatch(
                      one ->
                          one.holder.region.equals(region) && one.standing.state == State.REVOKED);
          List<Issued> ended = before && !hasAny(region) ? List.of() : end(region, reason);
          files.write(
              new Undoing(1, UUID.randomUUID().toString(), region, from, reason, now().toString()));
          return ended;
        });
  }

  /// The hub has that decision in its log, or there was nothing to take back.
  public void carried(Undoing undoing) {
    boolean unused =
        files.change(
            () -> {
              files.remove(undoing);
              return true;
            });
  }

  /// Whether there is anything of a region that could still be ended.
  private boolean hasAny(String region) {
    Picture now = files.now();
    return now.issued().stream().anyMatch(one -> one.isValidOf(region))
        || now.requests().stream().anyMatch(one -> one.region.equals(region))
        || now.invited().stream().anyMatch(one -> one.region.equals(region));
  }

  private List<Issued> end(String region, String reason) {
    Picture now = files.now();
    List<Issued> ended =
        now.issued().stream()
            .filter(one -> one.isValidOf(region))
            .map(one -> one.with(State.REVOKED, now(), reason))
            .toList();
    List<Request> asking =
        now.requests().stream().filter(one -> one.region.equals(region)).toList();
    List<Invited> invited =
        now.invited().stream().filter(one -> one.region.equals(region)).toList();
    if (ended.isEmpty() && asking.isEmpty() && invited.isEmpty()) {
      throw new DureException(
          ErrorCode.INPUT_MISSING,
          "region \"%s\" has nothing to revoke: there are certificates of %s"
              .formatted(region, names(regions(now))));
    }
    ended.forEach(files::write);
    asking.forEach(files::remove);
    invited.forEach(files::remove);
    return ended;
  }

  private static List<String> regions(Picture now) {
    return now.issued().stream()
        .filter(
            one -> one.holder.role == Certificates.Role.REGION && one.standing.state == State.VALID)
        .map(issued -> issued.holder.region())
        .toList();
  }

  private static String names(List<String> names) {
    return names.isEmpty() ? "none" : String.join(", ", new TreeSet<>(names));
  }

  /// Certifies a region's next key, proven by its present certificate.
  ///
  /// @param present looked at again here, at the moment in which the next one is made: a request
  ///     may have been on its way since before its sender was shut out
  /// @throws DureException with [ErrorCode#CERTIFICATE_INVALID] if the present certificate holds no
  ///     more, if the request is for another region, or the region has asked too often without
  ///     using what it got
  public EnrolmentAnswer renew(X509Certificate present, CertificateRequest request, String study) {
    return files.change(
        () -> {
          Issued old =
              files
                  .now()
                  .of(present)
                  .orElseThrow(
                      () ->
                          new DureException(
                              ErrorCode.CERTIFICATE_INVALID, "the certificate is not on record"));
          requireValid(old);
          if (!request.region().equals(old.holder.region)) {
            throw new DureException(
                ErrorCode.CERTIFICATE_INVALID,
                "a request for \"%s\" with the certificate of \"%s\""
                    .formatted(request.region(), old.holder.region));
          }
          Optional<Issued> before = holdingNow(request);
          if (before.isPresent()) {
            return approved(before.get(), study);
          }
          long valid =
              files.now().issued().stream().filter(one -> one.isValidOf(old.holder.region)).count();
          if (valid >= MOST_VALID) {
            throw new DureException(
                ErrorCode.CERTIFICATE_INVALID,
                "%s has %d valid certificates and has not spoken with the last: no more are issued"
                    .formatted(old.holder.region, valid));
          }
          checkPace(old.holder.region);
          EnrolmentAnswer answer =
              approved(certify(request, old.holder.language, old.span()), study);
          prune(old.holder.region);
          return answer;
        });
  }

  /// @throws DureException with [ErrorCode#CERTIFICATE_INVALID] if the region was certified too
  ///     often
  private void checkPace(String region) {
    long lately =
        files.now().issued().stream().filter(one -> one.isOf(region) && isOfToday(one)).count();
    if (lately >= MOST_OF_DAY) {
      throw new DureException(
          ErrorCode.CERTIFICATE_INVALID,
          "%s was certified %d times within a day: no more are issued until tomorrow"
              .formatted(region, lately));
    }
  }

  private boolean isOfToday(Issued issued) {
    Instant time = Instant.parse(issued.validity.from).plus(CertificateAuthority.CLOCK_DIFFERENCE);
    return time.isAfter(now().minus(DAY)) && time.isBefore(now().plus(DAY));
  }

  /// Forgets of the certificates that the region has replaced itself all but those of today, which
  /// count, and the newest.
  private void prune(String region) {
    List<Issued> replaced =
        files.now().issued().stream()
            .filter(one -> one.isOf(region) && one.standing.state == State.SUPERSEDED)
            .sorted(Issued.ORDER)
            .toList();
    replaced.subList(0, Math.max(0, replaced.size() - MOST_SUPERSEDED)).stream()
        .filter(one -> !isOfToday(one))
        .forEach(files::remove);
  }

  /// The region has spoken with this certificate: those that it had before end.
  public void spoke(X509Certificate certificate) {
    Picture now = files.now();
    Issued present = now.of(certificate).orElse(null);
    if (present == null || present.standing.state != State.VALID || older(now, present).isEmpty()) {
      return;
    }
    boolean unused =
        files.change(
            () -> {
              older(files.now(), present)
                  .forEach(one -> files.write(one.with(State.SUPERSEDED, now(), "")));
              return true;
            });
  }

  private static List<Issued> older(Picture now, Issued present) {
    return now.issued().stream()
        .filter(
            one -> one.isValidOf(present.holder.region) && Issued.ORDER.compare(one, present) < 0)
        .toList();
  }
}
