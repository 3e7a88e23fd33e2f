package org.dure.federation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.dure.core.ArtifactStore;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;
import org.dure.core.Weights;
import org.dure.federation.client.HubLink;
import org.dure.federation.hub.Hub;
import org.dure.federation.hub.TestHub;
import org.dure.federation.log.RoundStore;
import org.dure.federation.protocol.CommonPreparation;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.MissingFragments;
import org.dure.federation.protocol.Phase;
import org.dure.federation.protocol.Receipt;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.SecretView;
import org.dure.federation.protocol.SignedMessage;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.protocol.UploadKind;
import org.dure.federation.region.ExportLog;
import org.dure.federation.region.ExportPolicy;
import org.dure.federation.region.NodeStore;
import org.dure.federation.region.Outbox;
import org.dure.federation.region.RegionRounds;
import org.dure.federation.region.Transfers;
import org.dure.federation.server.SteppedService;
import org.dure.federation.wire.Landing;
import org.jspecify.annotations.Nullable;

/// A whole study on one thread and one seed: hub and regions die and come back, requests and
/// answers are lost, doubled and come late, the clock jumps, the hub's disk is full or loses its
/// weights. Regions speak with the hub's service, whose long steps are made some time after they
/// became due. After every action the invariants are checked.
final class Simulation {
  /// After so many actions nothing goes wrong any more.
  private static final int CALM = 250;

  /// How often an operator takes rounds back.
  private static final int MOST_UNDOINGS = 5;

  private static final long HOURS = 6 * 3_600_000L;

  private record Late(Hub.Peer peer, SignedMessage signed) {}

  private final Study study;
  private final Path folder;
  private final SplittableRandom random;
  private final Mishaps mishaps;
  private final TestHub hub;
  private SteppedService service;
  private final Map<String, Region> regions = new TreeMap<>();
  private final List<Late> late = new ArrayList<>();
  private final Invariants invariants;
  private final List<String> revoked = new ArrayList<>();
  private @Nullable Intruder intruder;
  private boolean operated;
  private String hostile = "";
  private int undoings;

  /// @param trouble probability that something goes wrong, at each occasion
  Simulation(
      Study study, Path folder, long seed, double trouble, Optional<CommonPreparation> common) {
    this.study = study;
    this.folder = folder;
    this.random = new SplittableRandom(seed);
    this.mishaps = new Mishaps(random);
    this.hub = new TestHub(study, new MortalStore(mishaps), common);
    this.service = new SteppedService(hub);
    this.invariants = new Invariants(study, hub);
    // Members of a secret sum keep each other's keys, which only real ones survive.
    this.hub.quick = study.secret().isEmpty() && !hasRealKeys(seed);
    study.regions().forEach(region -> regions.put(region.name(), new Region(region.name())));
    mishaps.happenWith(trouble);
  }

  /// Whether the regions of this schedule sign as they would outside of simulations.
  static boolean hasRealKeys(long seed) {
    return Math.floorMod(seed, 500) == 1;
  }

  /// Also lets newcomers in, takes a key back, and sets regions' folders back to old copies; for
  /// studies whose bits may depend on time.
  Simulation withAnOperator() {
    operated = true;
    return this;
  }

  /// This region sends what it likes: backwards, a hundred times as long, as large as numbers go.
  Simulation withHostile(String region) {
    hostile = region;
    invariants.hostile(region);
    return this;
  }

  /// Runs until every region is finished; trouble stops some time before that.
  ///
  /// @return digest of the list of the final weights
  String run() {
    int actions = 0;
    while (regions.values().stream().anyMatch(region -> !region.finished)) {
      assertThat(++actions).as("a study that ends").isLessThan(20_000);
      if (actions == CALM) {
        mishaps.happenWith(0);
      }
      act();
      invariants.check(regions.keySet());
    }
    hub.published.list().forEach(hub.published::remove);
    String before = hub.digestOfWeights();
    restartHub();
    service.settle();
    assertThat(hub.digestOfWeights()).isEqualTo(before);
    assertThat(hub.digestsOfWeights())
        .as("the weights, made again")
        .allMatch(hub.published::contains);
    return before;
  }

  RoundStore log() {
    return hub.log;
  }

  private void act() {
    Intruder here = intruder;
    if (here != null && random.nextInt(8) == 0) {
      intrude(here);
      return;
    }
    int action = random.nextInt(20);
    if (action == 0 && mishaps.happens()) {
      restartHub();
    } else if (action == 1 && mishaps.happens()) {
      region().die();
    } else if (action == 2 && !late.isEmpty()) {
      replay();
    } else if (action == 3) {
      hub.now += mishaps.happens() ? random.nextLong(-HOURS, HOURS) : random.nextLong(0, 6_000);
    } else if (action == 4 && mishaps.happens()) {
      hub.published.list().forEach(hub.published::remove);
      restartHub();
    } else if (action == 5 && operated && mishaps.happens()) {
      operate();
    } else if (action < 8) {
      atHub(service::tick);
    } else if (action < 10) {
      atHub(service::work);
    } else {
      region().step();
    }
  }

  /// What people do while a study runs.
  private void operate() {
    switch (random.nextInt(5)) {
      case 0 -> {
        atHub(() -> service.enrol("zz", "vi"));
        if (hub.hub.isMember("zz")) {
          regions.computeIfAbsent("zz", Region::new);
        }
      }
      case 1 -> revoke(region());
      case 2 -> takeBack();
      case 3 -> region().backUp();
      default -> region().setBack();
    }
  }

  /// Also a hub that dies over it has either logged it or not.
  private void revoke(Region gone) {
    if (regions.size() > study.patience().quorum() + 1 && !gone.name.equals("zz")) {
      atHub(() -> service.revoke(gone.name, hub.key(gone.name).getPublic()));
      revoked.add(gone.name);
      if (hub.isOut(gone.name)) {
        gone.exports.close();
        regions.remove(gone.name);
      }
    }
  }

  /// Also a decision that is in the log already, or about somebody who is not out, as at each
  /// start.
  private void takeBack() {
    if (!revoked.isEmpty() && undoings < MOST_UNDOINGS) {
      String gone = revoked.get(random.nextInt(revoked.size()));
      String decision = "decision " + (random.nextBoolean() ? undoings : undoings++);
      int from = random.nextInt(4);
      atHub(() -> service.undo(decision, gone, from));
      regions.values().forEach(region -> region.finished = false);
    }
  }

  /// One region is not what it seems: it contributes as expected until a round, in which it sends
  /// what ruins the weights, and is found out in the next.
  ///
  /// @param begin the round; in it the region is revoked instead if it never `attacks`
  private record Intruder(String name, int begin, boolean attacks) {}

  /// The study with an intruder, or with the same region honest and leaving when it would attack.
  Simulation withAnIntruder(String name, int begin, boolean attacks) {
    regions.remove(name).exports.close();
    intruder = new Intruder(name, begin, attacks);
    return this;
  }

  /// Takes its turn, in which nothing goes wrong.
  private void intrude(Intruder one) {
    double trouble = mishaps.pause();
    service.work();
    hub.hello(one.name);
    StudyView view = hub.view(one.name);
    int round = view.progress().round();
    if (round >= one.begin + (one.attacks ? 1 : 0)) {
      service.revoke(one.name, hub.key(one.name).getPublic());
      if (one.attacks) {
        service.undo("found out", one.name, one.begin);
      }
      intruder = null;
    } else if (view.progress().phase() == Phase.TRAINING && !view.member().delivered()) {
      float value = round < one.begin ? 0.01f * round : 1e9f;
      Message.Contribution made = hub.contribution(one.name, value, 100);
      Receipt unused =
          service.receive(hub.peer(one.name), SignedMessage.sign(made, hub.signer(one.name)));
    }
    mishaps.happenWith(trouble);
  }

  private Region region() {
    return List.copyOf(regions.values()).get(random.nextInt(regions.size()));
  }

  private void restartHub() {
    while (true) {
      try {
        hub.reopen();
        service = new SteppedService(hub);
        return;
      } catch (DureException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.DISK_FULL);
      } catch (Mishaps.Death e) {
        // It starts once more.
      }
    }
  }

  /// Something at the hub, which may die or find its disk full in the middle.
  private boolean atHub(Runnable action) {
    try {
      action.run();
      return true;
    } catch (Mishaps.Death e) {
      restartHub();
    } catch (DureException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.DISK_FULL);
    }
    return false;
  }

  private void replay() {
    Late message = late.get(random.nextInt(late.size()));
    try {
      atHub(() -> service.receive(message.peer, message.signed));
    } catch (MessageRejected e) {
      assertThat(e.refusal())
          .isIn(
              RejectReason.WRONG_SEQUENCE,
              RejectReason.WRONG_ROUND,
              RejectReason.TOO_LATE,
              RejectReason.TAKEN_BACK,
              RejectReason.REGION_FORKED,
              RejectReason.KEY_REVOKED,
              RejectReason.NO_HELLO);
    }
  }

  /// A region's process.
  private final class Region {
    private final String name;
    private RegionRounds work;
    private ExportLog exports;
    private boolean greeted;
    private boolean finished;

    Region(String name) {
      this.name = name;
      start();
    }

    private void start() {
      Path home = folder.resolve(name);
      AtomicFiles.sweep(home);
      NodeStore files = new NodeStore(home);
      exports =
          ExportLog.open(
              exportsFile(home),
              ExportPolicy.standard(),
              hub.signer(name),
              () -> Instant.ofEpochMilli(hub.now));
      Link link = new Link(name);
      work =
          new RegionRounds(
              study,
              name,
              files,
              new Watched(name, files),
              new Transfers(link, files.cache(), files.partialChunks(), study.fragmentBytes()),
              new Outbox(study.digest(), name, link, hub.signer(name), exports),
              (member, certificate) -> hub.key(member).getPublic(),
              (doing, done, total) -> {},
              line -> {});
      greeted = false;
    }

    private static Path exportsFile(Path home) {
      try {
        Files.createDirectories(home);
      } catch (IOException e) {
        throw new AssertionError(e);
      }
      return home.resolve("exports.jsonl");
    }

    void die() {
      exports.close();
      start();
    }

    void step() {
      try {
        if (!greeted) {
          work.hello(new Link(name).view(-1, Duration.ZERO));
          greeted = true;
        }
        RegionRounds.Outcome outcome = work.step(new Link(name).view(-1, Duration.ZERO));
        finished = outcome == RegionRounds.Outcome.FINISHED;
        trainOn(outcome == RegionRounds.Outcome.WAIT);
      } catch (Mishaps.Death e) {
        die();
      } catch (IOException e) {
        greeted = false;
        outage();
      } catch (DureException e) {
        assertThat(e.code()).as("%s", e).isEqualTo(ErrorCode.DISK_FULL);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      } catch (MessageRejected e) {
        assertThat(e.refusal())
            .isIn(
                RejectReason.WRONG_ROUND,
                RejectReason.WRONG_SEQUENCE,
                RejectReason.WRONG_BASE,
                RejectReason.TOO_LATE,
                RejectReason.TAKEN_BACK,
                RejectReason.NO_HELLO,
                RejectReason.CHUNK_MISSING);
        greeted = false;
      }
    }

    private void trainOn(boolean waits) {
      if (waits && work.canTrainOn()) {
        work.trainOn(() -> random.nextInt(3) == 0);
      }
    }

    private void outage() {
      try {
        trainOn(random.nextBoolean());
      } catch (Mishaps.Death e) {
        die();
      } catch (DureException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.DISK_FULL);
      }
    }

    /// A copy of the folder is put aside.
    void backUp() {
      AtomicFiles.delete(folder.resolve(name + "-copy"));
      copy(folder.resolve(name), folder.resolve(name + "-copy"));
    }

    /// The copy is put in the place of the folder.
    void setBack() {
      if (Files.exists(folder.resolve(name + "-copy")) && !finished) {
        exports.close();
        AtomicFiles.delete(folder.resolve(name));
        copy(folder.resolve(name + "-copy"), folder.resolve(name));
        start();
      }
    }

    private static void copy(Path from, Path to) {
      try (Stream<Path> files = Files.walk(from)) {
        for (Path file : files.toList()) {
          Files.copy(file, to.resolve(from.relativize(file).toString()));
        }
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }

    /// Work that is durable is not done again.
    private final class Watched extends ArithmeticWorkload {
      private final NodeStore files;

      Watched(String region, NodeStore files) {
        super(region);
        this.files = files;
      }

      @Override
      public Contribution work(int round, Weights shared, Activity activity) {
        int newest = files.newest().map(NodeStore.Done::round).orElse(0);
        assertThat(hub.takenBack().place(newest))
            .as("the newest durable round of %s", name)
            .isLessThan(round);
        mishaps.dieHere();
        Contribution made = super.work(round, shared, activity);
        mishaps.dieHere();
        return name.equals(hostile) ? spoilt(made, round) : made;
      }

      private static Contribution spoilt(Contribution made, int round) {
        float factor =
            switch (round % 3) {
              case 0 -> -1;
              case 1 -> 1e38f;
              default -> -100;
            };
        for (long i = 0; i < LAYOUT.elements(); i++) {
          made.delta().set(i, factor * made.delta().get(i));
        }
        return made;
      }

      @Override
      public void save(Path target) {
        if (mishaps.happens()) {
          throw new DureException(ErrorCode.DISK_FULL, "simulated");
        }
        mishaps.dieHere();
        super.save(target);
        mishaps.dieHere();
      }
    }
  }

  /// A bad link to a hub that may die.
  private final class Link implements HubLink {
    private final String region;

    Link(String region) {
      this.region = region;
    }

    private void before() throws IOException {
      mishaps.dieHere();
      if (mishaps.happens()) {
        throw new IOException("request lost");
      }
    }

    private void after() throws IOException {
      if (mishaps.happens()) {
        throw new IOException("answer lost");
      }
      mishaps.dieHere();
    }

    @Override
    public Receipt send(byte[] message, byte[] signature) throws IOException {
      before();
      SignedMessage signed = SignedMessage.parse(message, signature);
      late.add(new Late(hub.peer(region), signed));
      Receipt[] receipt = new Receipt[1];
      for (int copies = mishaps.happens() ? 2 : 1; copies > 0; copies--) {
        boolean alive = atHub(() -> receipt[0] = service.receive(hub.peer(region), signed));
        if (!alive) {
          throw new IOException("the hub went away");
        }
      }
      after();
      return receipt[0];
    }

    @Override
    public StudyView view(long number, Duration wait) throws IOException {
      before();
      StudyView view = service.view(region);
      after();
      return view;
    }

    @Override
    public SecretView secretRound() throws IOException {
      before();
      SecretView view = service.secretRound(region);
      after();
      return view;
    }

    @Override
    public MissingFragments offer(byte[] list, UploadKind kind) throws IOException {
      before();
      hub.received(region).put(list);
      MissingFragments missing =
          MissingFragments.of(
              FragmentList.parse(list), hub.received(region)::contains, digest -> 0);
      after();
      return missing;
    }

    @Override
    public void put(String digest, UploadKind kind, byte[] chunk, long begun) throws IOException {
      before();
      assertThat(Sha256.of(chunk)).isEqualTo(digest);
      hub.received(region).put(chunk);
      after();
    }

    @Override
    public void get(String digest, int most, Landing landing) throws IOException {
      before();
      ArtifactStore store = hub.published;
      if (!store.contains(digest)) {
        throw new MessageRejected(RejectReason.CHUNK_MISSING, digest);
      }
      byte[] chunk = store.get(digest);
      int from = (int) landing.begun();
      int to = mishaps.happens() ? from + random.nextInt(chunk.length - from + 1) : chunk.length;
      landing.write(chunk, from, to - from);
      if (to < chunk.length) {
        throw new IOException("cut");
      }
      after();
    }

    @Override
    public int atOnce() {
      return 1;
    }

    @Override
    public void close() {
      // Nothing is held.
    }
  }
}
