package org.dure.federation;

import java.security.PublicKey;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;
import org.dure.core.Signatures;
import org.dure.core.Weights;
import org.jspecify.annotations.Nullable;

/// The hub of a study: a deterministic state machine over a durable event log.
///
/// Everything it decides is a function of the log; everything that goes into the log came in as a
/// signed message of a region or a look at the clock. Each input is handled in the same three
/// steps: check it against the state, append an event, apply the event to the state. A process that
/// dies between two steps has either logged the event or not, and both are fine: what was not
/// logged is sent again, and what was merged but not logged is merged again, to the same bits.
///
/// Regions' chunks lie in a store of their own for each; what the hub gives out (weights, momentum,
/// the common preparation) lies in the published store. Of the latter only the last two rounds are
/// kept, since [Merger] can make each again from the deltas.
///
/// No transport, no thread, no clock is in here. Not thread-safe: the caller makes it one call at a
/// time.
final class Hub {
  /// Who sends, as the transport has proved.
  ///
  /// @param certificate base64 of the DER; empty where there is none
  record Peer(String region, PublicKey key, String certificate) {}

  /// The hub's word that a message is in the log (or, for number 0, was taken note of).
  record Receipt(long number) {}

  /// Everything around the state machine.
  ///
  /// @param published what the hub gives out
  /// @param received what a region has sent, by its name
  /// @param initial the weights before the first round; asked for only when they are missing
  /// @param preparation what is made of the regions' parts before the first round, if anything
  /// @param authority base64 of the certificate of the study's authority; empty where there is none
  record Surroundings(
      RoundStore log,
      ArtifactStore published,
      Function<String, ArtifactStore> received,
      Supplier<Weights> initial,
      Optional<CommonPreparation> preparation,
      String authority) {}

  private final Study study;
  private final String digest;
  private final Surroundings around;
  private final HubState state;
  private final Presence presence;
  private final Map<String, Map<Refusal, Long>> refusals = new TreeMap<>();

  private Hub(Study study, Surroundings around, BiConsumer<Stage, Stage.Happening> observer) {
    this.study = study;
    this.digest = study.digest();
    this.around = around;
    this.state = new HubState(study, observer);
    this.presence = new Presence(1000L * study.leaseSeconds());
  }

  /// Opens the study that the log holds, or begins it.
  ///
  /// @throws DureException with [ErrorCode#HOME_CONFLICT] if the log is of another study, or
  ///     [ErrorCode#ARTIFACT_CORRUPT] if the log was changed
  static Hub open(
      Study study, Surroundings around, long now, BiConsumer<Stage, Stage.Happening> observer) {
    Hub hub = new Hub(study, around, observer);
    around.log().read(1, (number, bytes) -> hub.replay(bytes));
    if (!hub.state.isOpened()) {
      hub.begin(now);
    } else if (!hub.state.opened().digest().equals(hub.digest)) {
      throw new DureException(
          ErrorCode.HOME_CONFLICT,
          "the log is of study %s: this is study %s"
              .formatted(hub.state.opened().digest(), hub.digest));
    }
    hub.restore();
    return hub;
  }

  private void replay(byte[] bytes) {
    try {
      state.apply(Event.parse(bytes, state.number() + 1, state.head()));
    } catch (DureException | MessageRefused e) {
      throw new DureException(
          ErrorCode.ARTIFACT_CORRUPT, "the hub's log was changed: " + e.getMessage(), e);
    }
  }

  private void begin(long now) {
    Weights initial = around.initial().get();
    FragmentList list = Fragments.put(initial, study.fragmentBytes(), around.published());
    append(
        now,
        new Event.Opened(
            digest,
            study.toml(),
            initial.layout().tensors(),
            list.digest(),
            around.preparation().isPresent(),
            around.authority()));
  }

  /// Looks at the clock, and takes the step that is due, if any.
  void poll(long now) {
    switch (state.stage()) {
      case PREPARING -> pollPreparing(now);
      case GRACE -> pollGrace(now);
      case WAITING, COLLECTING, MEASURING, FINISHED -> {
        // Only a region's message leads on from here.
      }
    }
  }

  private void pollPreparing(long now) {
    SortedMap<String, String> parts = new TreeMap<>();
    state.members().forEach((region, member) -> parts.put(region, member.part));
    if (!parts.containsValue("")) {
      append(now, new Event.Prepared(prepare(parts)));
    }
  }

  private void pollGrace(long now) {
    HubState.Round round = state.round();
    boolean everyone = round.contributions.size() == study.regions().size();
    if (everyone || now - round.quorumAt >= 1000L * study.graceSeconds()) {
      append(now, merger().merge(round, state.weights(), state.momentum()));
      prune();
    }
  }

  /// Takes a region's message.
  ///
  /// The same bytes may come any number of times and get the same receipt.
  ///
  /// @throws MessageRefused if it does not fit; the state is then as before, the refusal counted
  Receipt receive(Peer peer, byte[] message, byte[] signature, long now) {
    try {
      return admit(peer, message, signature, now);
    } catch (MessageRefused e) {
      refuse(peer.region(), e.refusal());
      throw e;
    }
  }

  /// Admits a region that the study file does not name; one that is admitted already stays as it
  /// is.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if no region can have that name
  void enrol(String region, String language, long now) {
    if (!Study.isRegionName(region)) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "region \"%s\": expected a name of lower-case letters, digits and hyphens, at most 32"
              .formatted(region));
    }
    if (!state.members().containsKey(region)) {
      append(now, new Event.Enrolled(region, language));
    }
  }

  /// Takes back a region's key for good; what it contributed before stays. The region may come
  /// again under a new key. A key that is revoked already stays so.
  ///
  /// @throws DureException with [ErrorCode#PEER_NOT_ADMITTED] if there is no such region
  void revoke(String region, PublicKey key, String reason, long now) {
    String encoded = Signatures.encode(key);
    HubState.Member unused = state.member(region);
    if (!state.isRevoked(encoded)) {
      append(now, new Event.Revoked(region, encoded, reason));
    }
  }

  /// Counts something of a region that was turned away.
  void refuse(String region, Refusal refusal) {
    String name = state.members().containsKey(region) ? region : "";
    refusals
        .computeIfAbsent(name, key -> new EnumMap<>(Refusal.class))
        .merge(refusal, 1L, Long::sum);
  }

  private Receipt admit(Peer peer, byte[] bytes, byte[] signature, long now) {
    checkKey(peer);
    Message message = Message.parse(bytes);
    check(
        message.region().equals(peer.region()),
        Refusal.WRONG_REGION,
        "a message of \"%s\" from \"%s\"",
        message.region(),
        peer.region());
    check(
        message.study().equals(digest),
        Refusal.WRONG_STUDY,
        "the region works on study %s: the hub's is %s",
        message.study(),
        digest);
    check(
        Signatures.verify(peer.key(), bytes, signature),
        Refusal.BAD_SIGNATURE,
        "the signature is not that of these bytes by %s",
        peer.region());
    HubState.Member member = state.member(peer.region());
    boolean known = Signatures.encode(peer.key()).equals(member.key);
    if (message instanceof Message.Hello hello) {
      return greet(peer, hello, known, bytes, signature, now);
    }
    check(known && member.joined, Refusal.NO_HELLO, "%s must say hello first", peer.region());
    presence.saw(peer.region(), now);
    Long receipt = member.receipts.get(Sha256.of(bytes));
    if (receipt != null) {
      return new Receipt(receipt);
    }
    if (message instanceof Message.Activity activity) {
      presence.does(activity);
      return new Receipt(0);
    }
    check(
        message.sequence() == member.sequence + 1,
        Refusal.WRONG_SEQUENCE,
        "message %d of %s: expected message %d",
        message.sequence(),
        peer.region(),
        member.sequence + 1);
    double norm = examine(message);
    append(now, Event.Received.of(bytes, signature, norm));
    return new Receipt(state.number());
  }

  /// Whether the hub deals with this region under this key at all; every request is asked.
  ///
  /// @throws MessageRefused with [Refusal#NOT_ADMITTED] or [Refusal#KEY_REVOKED]
  void checkKey(Peer peer) {
    checkAdmitted(peer.region());
    check(
        !state.isRevoked(Signatures.encode(peer.key())),
        Refusal.KEY_REVOKED,
        "the key of this certificate of %s was revoked",
        peer.region());
  }

  private void checkAdmitted(String region) {
    check(
        state.members().containsKey(region),
        Refusal.NOT_ADMITTED,
        "region \"%s\": the study admits %s",
        region,
        state.members().keySet());
  }

  private Receipt greet(
      Peer peer, Message.Hello hello, boolean known, byte[] bytes, byte[] signature, long now) {
    check(
        hello.protocol() == Message.PROTOCOL,
        Refusal.WRONG_PROTOCOL,
        "the region speaks protocol %s: the hub speaks %s",
        hello.protocol(),
        Message.PROTOCOL);
    check(
        hello.layout().equals(state.layout().digest()),
        Refusal.WRONG_LAYOUT,
        "the region's tensors have the layout %s: the study's is %s",
        hello.layout(),
        state.layout().digest());
    if (!known) {
      append(
          now,
          new Event.Admitted(peer.region(), Signatures.encode(peer.key()), peer.certificate()));
    }
    presence.saw(peer.region(), now);
    if (!state.member(peer.region()).joined) {
      append(now, Event.Received.of(bytes, signature, 0));
    }
    return new Receipt(state.number());
  }

  /// Whether the message fits the stage and names what is really here.
  ///
  /// @return norm of the delta of a contribution, else 0
  private double examine(Message message) {
    return switch (message) {
      case Message.Preparation preparation -> {
        checkStage(message, 0, Stage.PREPARING);
        Inspection.ofBytes(preparation.parcel(), around.received().apply(message.region()));
        yield 0;
      }
      case Message.Contribution contribution -> {
        checkStage(message, state.roundNumber(), Stage.COLLECTING, Stage.GRACE);
        checkBase(contribution.base());
        yield Inspection.ofDelta(
            contribution.delta(),
            state.layout(),
            study.fragmentBytes(),
            around.received().apply(message.region()));
      }
      case Message.Scores scores -> {
        checkStage(message, study.rounds(), Stage.MEASURING);
        checkBase(scores.base());
        yield 0;
      }
      case Message.Hello hello -> 0;
      case Message.Activity activity -> 0;
    };
  }

  private void checkStage(Message message, int round, Stage... stages) {
    check(
        List.of(stages).contains(state.stage())
            && message.round() == round
            && !state.delivered(message.region()),
        Refusal.WRONG_ROUND,
        "%s of %s for round %d: the study is in round %d, %s%s",
        message.kind(),
        message.region(),
        message.round(),
        state.roundNumber(),
        state.stage(),
        state.delivered(message.region()) ? ", and has the region's part" : "");
  }

  private void checkBase(String base) {
    check(
        base.equals(state.weights()),
        Refusal.WRONG_BASE,
        "made from the weights %s: the study's are %s",
        base,
        state.weights());
  }

  private static void check(
      boolean held, Refusal refusal, String expected, @Nullable Object... values) {
    if (!held) {
      throw new MessageRefused(refusal, expected.formatted(values));
    }
  }

  private void append(long now, Event event) {
    Event.Logged logged = Event.log(state.number() + 1, now, state.head(), event);
    around.log().append(logged.number(), logged.bytes());
    state.apply(logged);
  }

  private String prepare(SortedMap<String, String> parts) {
    SortedMap<String, byte[]> contents = new TreeMap<>();
    parts.forEach(
        (region, parcel) -> {
          ArtifactStore store = around.received().apply(region);
          contents.put(region, Fragments.bytes(FragmentList.parse(store.get(parcel)), store));
        });
    byte[] common = around.preparation().orElseThrow().prepare(contents);
    return Fragments.put(common, study.fragmentBytes(), around.published()).digest();
  }

  private Merger merger() {
    return new Merger(study, state.layout(), around.published(), around.received());
  }

  /// Makes again what the log says was made and the published store has lost.
  private void restore() {
    if (!state.common().isEmpty() && !isWhole(state.common())) {
      SortedMap<String, String> parts = new TreeMap<>();
      state.members().forEach((region, member) -> parts.put(region, member.part));
      demandSame("the common preparation", state.common(), prepare(parts));
    }
    List<Event.Merged> merged = new ArrayList<>();
    for (HubState.Round round : state.rounds()) {
      if (round.merged != null) {
        merged.add(round.merged);
      }
    }
    int from = merged.size();
    while (from > 0
        && !(isWhole(merged.get(from - 1).weights()) && isWhole(merged.get(from - 1).momentum()))) {
      from--;
    }
    if (from == 0 && !isWhole(state.opened().weights())) {
      demandSame(
          "the initial weights",
          state.opened().weights(),
          Fragments.put(around.initial().get(), study.fragmentBytes(), around.published())
              .digest());
    }
    for (int i = from; i < merged.size(); i++) {
      String weights = i == 0 ? state.opened().weights() : merged.get(i - 1).weights();
      String momentum = i == 0 ? "" : merged.get(i - 1).momentum();
      Event.Merged again = merger().merge(state.rounds().get(i), weights, momentum);
      demandSame("round " + again.round(), merged.get(i).weights(), again.weights());
      demandSame("momentum of round " + again.round(), merged.get(i).momentum(), again.momentum());
    }
  }

  private static void demandSame(String what, String logged, String made) {
    if (!logged.equals(made)) {
      throw new DureException(
          ErrorCode.ARTIFACT_CORRUPT,
          "%s was logged as %s and comes out as %s".formatted(what, logged, made));
    }
  }

  private boolean isWhole(String list) {
    ArtifactStore published = around.published();
    return published.contains(list)
        && FragmentList.parse(published.get(list)).fragments().stream()
            .allMatch(published::contains);
  }

  /// Forgets all weights and momentum but those of the last two merges.
  private void prune() {
    Set<String> kept = new HashSet<>();
    keep(state.common(), kept);
    keep(state.weights(), kept);
    keep(state.momentum(), kept);
    int merged = (int) state.rounds().stream().filter(round -> round.merged != null).count();
    if (merged < 2) {
      keep(state.opened().weights(), kept);
    } else {
      Event.Merged previous = state.rounds().get(merged - 2).merged;
      keep(previous == null ? "" : previous.weights(), kept);
      keep(previous == null ? "" : previous.momentum(), kept);
    }
    ArtifactStore published = around.published();
    published.list().stream().filter(name -> !kept.contains(name)).forEach(published::remove);
  }

  private void keep(String list, Set<String> kept) {
    if (!list.isEmpty()) {
      kept.add(list);
      kept.addAll(FragmentList.parse(around.published().get(list)).fragments());
    }
  }

  Standing standing(String region, long now) {
    HubState.Member member = state.member(region);
    return new Standing(
        Message.PROTOCOL,
        digest,
        state.number(),
        state.stage().phase(),
        state.roundNumber(),
        state.layout().digest(),
        state.weights(),
        state.opened().prepares(),
        state.common(),
        member.joined,
        member.sequence,
        state.delivered(region),
        presence.leaseUntil(region),
        now);
  }

  HubState state() {
    return state;
  }

  Presence presence() {
    return presence;
  }

  /// How much was turned away, by region (empty for strangers) and reason.
  Map<String, Map<Refusal, Long>> refusals() {
    Map<String, Map<Refusal, Long>> copy = new HashMap<>();
    refusals.forEach((region, counts) -> copy.put(region, new EnumMap<>(counts)));
    return copy;
  }
}
