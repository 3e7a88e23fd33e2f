package org.dure.federation.server;

import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.security.cert.CertificateEncodingException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.dure.core.ArtifactStore;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.FolderArtifactStore;
import org.dure.core.WeightSource;
import org.dure.core.runtime.BackgroundTask;
import org.dure.core.runtime.ReceiveBudget;
import org.dure.federation.hub.Hub;
import org.dure.federation.hub.LogHeadMac;
import org.dure.federation.log.RoundStore;
import org.dure.federation.log.SqliteRoundStore;
import org.dure.federation.protocol.CommonPreparation;
import org.dure.federation.protocol.Study;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.wire.TlsIdentity;

/// A hub at work: the state machine, its folder, and one port.
///
/// The folder holds `study.toml`, the log `rounds.sqlite`, `published/` (weights, momentum, the
/// common preparation) and `received/REGION/` (deltas). A hub that dies in any way goes on where it
/// was when it is started on the same folder. Thread-safe.
public final class HubServer implements AutoCloseable {
  private static final Duration TICK = Duration.ofMillis(250);

  /// What a hub is started with.
  ///
  /// @param folder the hub's own
  /// @param address to listen on; port 0 takes a free one
  /// @param identity the hub's certificate and the authority of the study
  /// @param initial the weights before the first round, asked for only when they are needed
  /// @param preparation what is made of the regions' parts before the first round; empty where the
  ///     study prepares nothing in common
  /// @param registrar who may speak, and who is enrolled
  public record Setup(
      Study study,
      Path folder,
      InetSocketAddress address,
      TlsIdentity identity,
      Supplier<WeightSource> initial,
      Optional<CommonPreparation> preparation,
      InstantSource clock,
      Registrar registrar) {
    /// A hub at which nobody enrols, and certificates hold as long as their dates do.
    public Setup(
        Study study,
        Path folder,
        InetSocketAddress address,
        TlsIdentity identity,
        Supplier<WeightSource> initial,
        Optional<CommonPreparation> preparation,
        InstantSource clock) {
      this(study, folder, address, identity, initial, preparation, clock, Registrar.trusting());
    }
  }

  private final RoundStore log;
  private final HubService service;
  private final HubRoutes routes;
  private final BackgroundTask ticker;

  private HubServer(RoundStore log, HubService service, HubRoutes routes) {
    this.log = log;
    this.service = service;
    this.routes = routes;
    this.ticker =
        BackgroundTask.every(
            TICK, "hub-clock", this::tick, failure -> service.health().unkept(failure));
  }

  /// Opens or begins the study in the folder, and listens.
  ///
  /// @throws DureException with [ErrorCode#HOME_IN_USE] if another hub works on the folder,
  ///     [ErrorCode#HOME_CONFLICT] if the folder is of another study, [ErrorCode#PORT_TAKEN], or
  ///     [ErrorCode#CERTIFICATE_INVALID] if the hub's own certificate does not hold
  public static HubServer start(Setup setup) {
    setup.identity().checkValidity(setup.clock());
    return start(setup, SqliteRoundStore.open(setup.folder()));
  }

  /// As [#start(Setup)] with the log elsewhere; the hub closes it.
  public static HubServer start(Setup setup, RoundStore log) {
    try {
      setup.identity().checkValidity(setup.clock());
      AtomicFiles.sweep(setup.folder());
      Hub.Surroundings around = surroundings(setup, log);
      Hub hub = Hub.open(setup.study(), around, setup.clock().millis(), (stage, happening) -> {});
      Path copy = setup.folder().resolve("study.toml");
      if (!Files.exists(copy)) {
        AtomicFiles.write(copy, setup.study().toml());
      }
      HubService service = new HubService(hub, around, setup.clock(), HubServer::make);
      return new HubServer(
          log,
          service,
          new HubRoutes(
              service,
              new HubChunks(service, around.published(), setup.folder().resolve("received")),
              setup.address(),
              setup.identity(),
              setup.registrar(),
              setup.clock()));
    } catch (RuntimeException e) {
      log.close();
      throw e;
    }
  }

  /// What fails of it is seen to and shown by [HubService].
  private static void make(Runnable step) {
    var unused = BackgroundTask.once("hub-work", step::run, failure -> {});
  }

  private static Hub.Surroundings surroundings(Setup setup, RoundStore log) {
    Path received = setup.folder().resolve("received");
    Map<String, ArtifactStore> stores = new ConcurrentHashMap<>();
    Function<String, ArtifactStore> byRegion =
        region ->
            stores.computeIfAbsent(region, name -> new FolderArtifactStore(received.resolve(name)));
    return new Hub.Surroundings(
        log,
        new FolderArtifactStore(setup.folder().resolve("published")),
        byRegion,
        setup.initial(),
        setup.preparation(),
        authority(setup.identity()),
        LogHeadMac.of(setup.folder()));
  }

  private static String authority(TlsIdentity identity) {
    try {
      return Base64.getEncoder().encodeToString(identity.authority().getEncoded());
    } catch (CertificateEncodingException e) {
      throw new DureException(ErrorCode.CERTIFICATE_INVALID, "unreadable authority", e);
    }
  }

  private void tick() {
    service.tick();
    routes.sweep();
  }

  /// From the next connection on the hub shows this identity; connections that are open stay.
  ///
  /// @throws DureException with [ErrorCode#CERTIFICATE_INVALID]; the identity before then stays
  public void renew(TlsIdentity identity) {
    routes.renew(identity);
  }

  /// The memory of what is on its way.
  ReceiveBudget budget() {
    return routes.budget();
  }

  /// The port that it listens on.
  public int port() {
    return routes.port();
  }

  public StudyStatus status() {
    return service.status();
  }

  /// Why the study pauses, e.g. a full disk; it goes on by itself when that is mended.
  public Optional<DureException> pauseReason() {
    return Optional.ofNullable(service.health().now());
  }

  /// Admits a region that the study file does not name; one that is admitted already stays as it
  /// is. In the log, so for good.
  ///
  /// @param language BCP 47 code
  public void enrol(String region, String language) {
    service.enrol(region, language);
  }

  /// Takes back a region's key: nothing is taken under it from here on, on any route. In the log,
  /// so for good; revoking again changes nothing.
  ///
  /// @param key of the region's certificate
  /// @param reason for people
  public void revoke(String region, PublicKey key, String reason) {
    service.revoke(region, key, reason);
  }

  /// Takes back what a region that was revoked has contributed, with all that was made since. In
  /// the log, so once and for good.
  ///
  /// @param decision by what name the log knows it
  /// @param from the first round to take back; 0 for the first that the region contributed to
  /// @param reason for people
  /// @return what was taken back, without its time; empty if the log has the decision, or there is
  ///     nothing to take back
  public Optional<StudyStatus.Return> undo(
      String decision, String region, int from, String reason) {
    return service
        .undo(decision, region, from, reason)
        .map(
            event ->
                new StudyStatus.Return(
                    event.base() + 1,
                    event.round(),
                    event.cause().byRule(),
                    event.cause().region(),
                    event.cause().reason(),
                    0));
  }

  /// Whether a round counts no more: what was made from it is not of the study.
  public boolean isTakenBack(int round) {
    return service.isTakenBack(round);
  }

  /// Digest of the study.
  public String study() {
    return service.study();
  }

  /// Writes the study's log so far as files; see [Ledger].
  public void exportLedger(Path folder) {
    service.export(folder);
  }

  /// Stops listening, lets the folder go, and leaves no thread behind.
  @Override
  public void close() {
    // In this order, and each whatever becomes of those before it.
    try (log;
        routes) {
      ticker.close();
      service.close();
    }
  }
}
