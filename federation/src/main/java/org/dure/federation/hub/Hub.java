package org.dure.federation.hub;

import static java.util.Objects.requireNonNull;
import static org.dure.federation.hub.Rules.demand;

import java.security.PublicKey;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;
import org.dure.core.Signatures;
import org.dure.core.TensorLayout;
import org.dure.core.WeightSource;
import org.dure.federation.log.DropReason;
import org.dure.federation.log.Event;
import org.dure.federation.log.RoundStore;
import org.dure.federation.protocol.CommonPreparation;
import org.dure.federation.protocol.ExportHead;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Fragments;
import org.dure.federation.protocol.LogHead;
import org.dure.federation.protocol.MaskingMessage;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.Receipt;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.SecretView;
import org.dure.federation.protocol.SignedMessage;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.protocol.TakenBack;
import org.dure.federation.secret.SecretRound;
import org.dure.federation.secret.SecretRules;
import org.dure.federation.secret.SecretSteps;
import org.dure.federation.secure.DishonestShares;
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
/// kept, since [Recovery] can make each again from the deltas.
///
/// No transport, no thread, no clock is in here. Not thread-safe: the caller makes it one call at a
/// time.
public final class Hub {
  /// Who sends, as the transport has proved.
  ///
  /// @param certificate base64 of the DER; empty where there is none
  public record Peer(String region, PublicKey key, String certificate) {}

  /// Everything around the state machine.
  ///
  /// @param published what the hub gives out
  /// @param received what a region has sent, by its name
  /// @param initial the weights before the first round; asked for only when they are missing
  /// @param preparation what is made of the regions' parts before the first round, if anything
  /// @param authority base64 of the certificate of the study's authority; empty where there is none
  /// @param headMac what the hub says of its log's head
  public record Surroundings(
      RoundStore log,
      ArtifactStore published,
      Function<String, ArtifactStore> received,
      Supplier<WeightSource> initial,
      Optional<CommonPreparation> preparation,
      String authority,
      LogHeadMac headMac) {}

  private static final String NO_HELLO = "%s must say hello first";

  private final Study study;
  private final String digest;
  private final Surroundings around;
  private final HubState state;
  private final Leases leases;
  private final MonotonicClock clock = new MonotonicClock();

  /// What regions say that the log should have and has not, by their names.
  private final TreeMap<String, String> rollbacks = new TreeMap<>();

  /// Who has said hello to this process. Before everyone whom the log calls present has, nobody
  /// can know that the log is whole: nothing is merged (docs/protocol.md, `MERGES_UNHEARD`).
  private final Set<String> heard = new HashSet<>();

  private final DeltaValidation validation = new DeltaValidation();
  private final BadParts badParts;
  private final EventDigests past;
  private final Maintenance maintenance;
  private final SecretSteps secretSteps;
  private @Nullable Step step;

  /// The parts that the newest preparation is made of.
  private SortedMap<String, String> preparedOf = new TreeMap<>();
  private int graceRound;
  private long graceFrom;

  private Hub(
      Study study, Surroundings around, BiConsumer<StudyStage, StudyStage.Happening> observer) {
    this.study = study;
    this.digest = study.digest();
    this.around = around;
    this.past = new EventDigests(around.log());
    this.badParts = new BadParts(1000L * study.patience().graceSeconds());
    this.state = new HubState(study, observer);
    this.maintenance = new Maintenance(study, around, state);
    this.secretSteps = new SecretSteps(study);
    this.leases = new Leases(1000L * study.patience().leaseSeconds());
  }

  /// Opens the study that the log holds, or begins it.
  ///
  /// @throws DureException with [ErrorCode#HOME_CONFLICT] if the log is of another study, or
  ///     [ErrorCode#ARTIFACT_CORRUPT] if the log was changed
  public static Hub open(
      Study study,
      Surroundings around,
      long now,
      BiConsumer<StudyStage, StudyStage.Happening> observer) {
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
    hub.state.present().forEach(region -> hub.leases.renew(region, hub.clock.at(now)));
    return hub;
  }

  private void replay(byte[] bytes) {
    try {
      Event.Logged logged = Event.parse(bytes, state.number() + 1, state.head());
      state.apply(logged, logged.event().signedMessage());
    } catch (DureException | MessageRejected e) {
      throw new DureException(
          ErrorCode.ARTIFACT_CORRUPT, "the hub's log was changed: " + e.getMessage(), e);
    }
  }

  private void begin(long now) {
    WeightSource initial = around.initial().get();
    FragmentList.check(initial.layout(), study.fragmentBytes());
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

  /// A step that takes long.
  ///
  /// @param work reads and writes chunks and nothing else, so that it may be done while the hub
  ///     goes on; gives the event that is to be logged, if any
  /// @param merges whether contributions must wait for it
  public record Step(Supplier<Optional<Event>> work, boolean merges, Runnable after) {}

  /// Looks at the clock, and takes every step that is due, at once.
  public void poll(long now) {
    for (Optional<Step> due = due(now); due.isPresent(); due = due(now)) {
      Step step = due.get();
      Optional<Event> made;
      try {
        made = step.work().get();
      } catch (RuntimeException | Error e) {
        abandon();
        throw e;
      }
      finish(step, made, now);
    }
  }

  /// Ends leases that have run out.
  ///
  /// @return the step that is due, if any; then none is until the caller has done its work and
  ///     called [#finish], or [#abandon]
  /// @throws DureException with [ErrorCode#SET_BACK] while a region has seen more of the log than
  ///     there is
  public Optional<Step> due(long now) {
    if (!rollbacks.isEmpty()) {
      throw new DureException(ErrorCode.SET_BACK, rollbackReason());
    }
    endLeases(now);
    endSecretSteps(now);
    if (step == null) {
      step = next(now);
      return Optional.ofNullable(step);
    }
    return Optional.empty();
  }

  /// Logs what a step's work gave; nothing if the study went back meanwhile, so that it is of what
  /// counts no more.
  public void finish(Step done, Optional<Event> made, long now) {
    if (step != done) {
      return;
    }
    step = null;
    made.filter(this::isStillRight).ifPresent(event -> append(now, event));
    done.after().run();
  }

  /// Not where a part came while the others were being worked on, or the key of its region was
  /// taken back: then it is made of the parts that there are; nor where a region has been enrolled
  /// whose circle the merge lacks.
  private boolean isStillRight(Event made) {
    if (made instanceof Event.Merged merged) {
      return state.circles().fits(merged);
    }
    return !(made instanceof Event.Prepared) || state.parts().equals(preparedOf);
  }

  /// A step's work has failed: it is due again, once it is sure that its input is whole.
  public void abandon() {
    step = null;
    maintenance.lost();
  }

  /// Whether a merge is being made, to whose round nothing can be added.
  public boolean isMerging() {
    return step != null && step.merges();
  }

  /// What the hub gives out is damaged or lost: it is due to be made again.
  public void lost() {
    maintenance.lost();
  }

  private @Nullable Step next(long now) {
    if (heard.containsAll(state.present())) {
      Rollback.byRule(state).ifPresent(event -> undo(event, now));
    }
    Optional<Step> care = maintenance.next();
    if (care.isPresent()) {
      return care.get();
    }
    return switch (state.stage()) {
      case PREPARING -> preparing(now);
      case GRACE -> merging(now);
      case WAITING, COLLECTING, MEASURING, FINISHED -> null;
    };
  }

  private void endLeases(long now) {
    long time = clock.at(now);
    List<String> still =
        state.present().stream()
            .filter(region -> !state.member(region).out && time < leases.leaseUntil(region))
            .toList();
    if (still.size() < state.present().size() && state.stage() != StudyStage.FINISHED) {
      append(now, new Event.Membership(state.epoch() + 1, still));
    }
  }

  private void endSecretSteps(long now) {
    if (heard.containsAll(state.present())) {
      for (Optional<Event> event = secretStep(now); event.isPresent(); event = secretStep(now)) {
        append(now, event.get());
      }
    }
  }

  private Optional<Event> secretStep(long now) {
    SecretRound secret = state.stage() == StudyStage.COLLECTING ? state.round().secret : null;
    return secret == null
        ? Optional.empty()
        : secretSteps.due(state.roundNumber(), secret, state.secretMembers(), clock.at(now));
  }

  /// Once every region of the study file has given its part, or has given one that the hub cannot
  /// work with and no better one in time.
  private @Nullable Step preparing(long now) {
    SortedMap<String, String> parts = state.parts();
    preparedOf = parts;
    SortedMap<String, String> families = state.families();
    SortedMap<String, String> missing = new TreeMap<>();
    boolean all = true;
    for (Map.Entry<String, MemberState> entry : state.members().entrySet()) {
      MemberState member = entry.getValue();
      if (member.founder && !member.out && member.part.isEmpty()) {
        Optional<String> why = badParts.tooLong(entry.getKey(), clock.at(now));
        why.ifPresent(reason -> missing.put(entry.getKey(), reason));
        all &= why.isPresent();
      }
    }
    return all && !parts.isEmpty()
        ? new Step(
            () -> Optional.of(maintenance.recovery().preparation(families).prepare(parts, missing)),
            false,
            () -> {})
        : null;
  }

  private @Nullable Step merging(long now) {
    long time = clock.at(now);
    timeGrace(time);
    if (!heard.containsAll(state.present())
        || (!state.awaited().isEmpty() && time - graceFrom < state.window())) {
      return null;
    }
    RoundState round = state.round();
    List<CircleStandings.Work> works = state.circles().merging();
    return new Step(() -> Optional.of(merge(round, works)), true, maintenance::replaced);
  }

  private Event merge(RoundState round, List<CircleStandings.Work> works) {
    try {
      return maintenance.recovery().merger().merge(round, works);
    } catch (DishonestShares e) {
      int here = round.contributions.size();
      List<String> owner = List.of(e.owner());
      return new Event.Dropped(round.number, DropReason.FALSE_SHARES, here, here, owner);
    }
  }

  /// The window of a round begins when this process first sees its quorum.
  private void timeGrace(long time) {
    if (state.stage() == StudyStage.GRACE && graceRound != state.roundNumber()) {
      graceRound = state.roundNumber();
      graceFrom = time;
    }
  }

  /// Makes again at once what the hub gives out and has lost.
  void restore() {
    maintenance.restore();
  }

  /// Takes a region's message.
  ///
  /// The same bytes may come any number of times and get the same receipt.
  ///
  /// @throws MessageRefused if it does not fit; the state is then as before
  public Receipt receive(Peer peer, SignedMessage signed, long now) {
    checkKey(peer);
    Message message = signed.message();
    demand(
        message.region().equals(peer.region()),
        RejectReason.WRONG_REGION,
        "a message of \"%s\" from \"%s\"",
        message.region(),
        peer.region());
    demand(
        message.study().equals(digest),
        RejectReason.WRONG_STUDY,
        "the region works on study %s: the hub's is %s",
        message.study(),
        digest);
    demand(
        Signatures.verify(peer.key(), signed.bytes(), signed.signature()),
        RejectReason.BAD_SIGNATURE,
        "the signature is not that of these bytes by %s",
        peer.region());
    if (message instanceof Message.Hello hello) {
      return hello(peer, hello, signed, now);
    }
    MemberState member = state.member(peer.region());
    demand(isKnown(peer) && member.joined, RejectReason.NO_HELLO, NO_HELLO, peer.region());
    demand(rollbacks.isEmpty(), RejectReason.HUB_SET_BACK, "%s", rollbackReason());
    checkHeard(peer.region());
    renewLease(peer.region(), now);
    if (signed.digest().equals(member.lastMessage)) {
      return new Receipt(member.lastNumber);
    }
    if (message instanceof Message.Activity activity) {
      leases.recordActivity(activity);
      return new Receipt(0);
    }
    demand(
        message.sequence() == member.sequence + 1,
        RejectReason.WRONG_SEQUENCE,
        "message %d of %s: expected message %d",
        message.sequence(),
        peer.region(),
        member.sequence + 1);
    Rules.check(state, message);
    demand(
        !(message instanceof Message.Contribution && isMerging()),
        RejectReason.WRONG_ROUND,
        "a round is being merged");
    append(now, signed, looked(peer.region(), message, now));
    return new Receipt(state.number());
  }

  /// Admits a region that the study file does not name; one that is admitted already stays as it
  /// is.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if no region can have that name
  public void enrol(String region, String language, long now) {
    if (!Study.isRegionName(region)) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "region \"%s\": expected a name of lower-case letters, digits and hyphens, at most 32"
              .formatted(region));
    }
    if (!state.members().containsKey(region)) {
      append(now, new Event.Enrolled(region, language));
      // It may start from weights that nobody else needs any more.
      maintenance.lost();
    }
  }

  /// Takes back a region's key for good; what it contributed before stays. The region may come
  /// again under a new key. A key that is revoked already stays so.
  ///
  /// @throws DureException with [ErrorCode#PEER_NOT_ADMITTED] if there is no such region
  public void revoke(String region, PublicKey key, String reason, long now) {
    String encoded = Signatures.encode(key);
    MemberState unused = state.member(region);
    if (!state.isRevoked(encoded)) {
      append(now, new Event.Revoked(region, encoded, reason));
    }
    if (state.member(region).out) {
      rollbacks.remove(region);
      heard.remove(region);
      endLeases(now);
    }
  }

  /// Takes back what a region that was revoked has contributed, with all that was made since: the
  /// study goes back to the last merge before it, bit for bit, and trains on from there. A decision
  /// that is in the log already changes nothing.
  ///
  /// @param decision by what name the log knows it, not empty
  /// @param from the first round to take back; 0 for the first into which a contribution of the
  ///     region was taken
  /// @return what was logged; empty if there is nothing to take back
  /// @throws DureException with [ErrorCode#SET_BACK] while a region has seen more of the log than
  ///     there is
  public Optional<Event.Undone> undo(
      String decision, String region, int from, String reason, long now) {
    if (!isMember(region)) {
      return Optional.empty();
    }
    MemberState member = state.member(region);
    if (!rollbacks.isEmpty()) {
      throw new DureException(ErrorCode.SET_BACK, rollbackReason());
    }
    int first = from == 0 ? member.first : from;
    boolean old = state.history().undoings().has(decision) || !member.out;
    if (old || first == 0 || first > state.roundNumber()) {
      return Optional.empty();
    }
    Event.Undone event =
        Rollback.before(first, state)
            .orElseGet(() -> merged(state.takenBack().standingBefore(first)))
            .undone(state.roundNumber(), new Event.Cause(decision, region, reason));
    undo(event, now);
    return Optional.of(event);
  }

  /// Of a merge that is longer ago than the state remembers.
  private Rollback.Base merged(int round) {
    Rollback.@Nullable Base[] found = new Rollback.Base[1];
    String[] head = {Sha256.NONE};
    around
        .log()
        .readWhile(
            1,
            (number, bytes) -> {
              Event.Logged logged = Event.parse(bytes, number, head[0]);
              head[0] = logged.digest();
              if (logged.event() instanceof Event.Merged event && event.round() == round) {
                found[0] = Rollback.Base.of(event);
              }
              return found[0] == null;
            });
    return requireNonNull(found[0]);
  }

  /// Also gives up the step that is being made: what it makes is of what counts no more.
  private void undo(Event.Undone event, long now) {
    append(now, event);
    step = null;
    maintenance.wentBack();
  }

  private boolean isKnown(Peer peer) {
    return Signatures.encode(peer.key()).equals(state.member(peer.region()).key);
  }

  /// Renews the region's lease; one that was away is back.
  private void renewLease(String region, long now) {
    leases.renew(region, clock.at(now));
    if (!state.present().contains(region)
        && state.stage() != StudyStage.FINISHED
        && state.member(region).returns.isOpen(now)) {
      SortedSet<String> present = new TreeSet<>(state.present());
      present.add(region);
      append(now, new Event.Membership(state.epoch() + 1, List.copyOf(present)));
    }
  }

  /// Whether the hub deals with this region under this key at all; every request is asked.
  ///
  /// @throws MessageRefused with [RejectReason#NOT_ADMITTED] or [RejectReason#KEY_REVOKED]
  public void checkKey(Peer peer) {
    HelloCheck.checkKey(peer.region(), Signatures.encode(peer.key()), state);
  }

  private Receipt hello(Peer peer, Message.Hello hello, SignedMessage signed, long now) {
    String region = peer.region();
    HelloCheck.check(hello, state);
    HelloCheck.checkProof(hello, around.headMac());
    Optional<String> setBack = HelloCheck.hubSetBack(hello, state, past);
    setBack.ifPresentOrElse(why -> rollbacks.put(region, why), () -> rollbacks.remove(region));
    demand(rollbacks.isEmpty(), RejectReason.HUB_SET_BACK, "%s", rollbackReason());
    if (!isKnown(peer)) {
      demand(
          state.member(region).notes.isOpen(now),
          RejectReason.TOO_OFTEN,
          "%s has come with %d keys or old copies within an hour: the next is heard when it is over",
          region,
          MemberState.MOST_NOTES);
      append(now, new Event.Admitted(region, Signatures.encode(peer.key()), peer.certificate()));
    }
    if (!state.member(region).joined) {
      append(now, signed, 0);
    }
    note(now, HelloCheck.folderSetBack(hello, state));
    note(now, HelloCheck.exportsSetBack(hello, state));
    heard.add(region);
    renewLease(region, now);
    return new Receipt(state.number());
  }

  /// What a region tells of itself again and again is logged so often and no more: it decides
  /// nothing.
  private void note(long now, Optional<Event.SetBack> found) {
    found
        .filter(event -> state.member(event.region()).notes.isOpen(now))
        .ifPresent(event -> append(now, event));
  }

  /// Whether the region has said hello to this process: what it knows of the log is then heard.
  ///
  /// @throws MessageRefused with [RejectReason#NO_HELLO]
  public void checkHeard(String region) {
    demand(heard.contains(region), RejectReason.NO_HELLO, NO_HELLO, region);
  }

  /// What is wrong with a part of the common preparation is remembered, since the others wait for
  /// it.
  private double looked(String region, Message message, long now) {
    try {
      double norm = validate(region, message);
      badParts.good(region);
      return norm;
    } catch (MessageRejected e) {
      if (message instanceof Message.Preparation && e.refusal() != RejectReason.CHUNK_MISSING) {
        badParts.bad(region, e.reason(), clock.at(now));
      }
      throw e;
    }
  }

  /// Looks through what a region's message names, in whatever time that takes. [#receive] does so
  /// too, and is quick where it has been done before. Thread-safe.
  ///
  /// @return norm of the delta of a contribution, else 0
  /// @throws MessageRefused if something is not here, or the hub cannot work with it
  public double validate(String region, Message message) {
    ArtifactStore received = around.received().apply(region);
    return switch (message) {
      case Message.Preparation part -> {
        long most = CommonPreparation.mostBytes(study);
        around
            .preparation()
            .ifPresent(made -> validation.ofPart(region, part.parcel(), most, made, received));
        yield 0;
      }
      case Message.Contribution contribution -> {
        if (study.secret().isPresent()) {
          SecretRules.checkMasked(
              contribution.delta(), state.layout(), study.fragmentBytes(), received);
          yield Math.max(0, SecretRules.norm(contribution));
        }
        yield validation.ofDelta(
            region, contribution.delta(), state.layout(), study.fragmentBytes(), received);
      }
      case Message.Spending spending -> 0;
      case MaskingMessage masking -> 0;
      case Message.Scores scores -> 0;
      case Message.Hello hello -> 0;
      case Message.Activity activity -> 0;
    };
  }

  private void append(long now, SignedMessage signed, double norm) {
    append(now, Event.Received.of(signed, norm), Optional.of(signed));
  }

  private void append(long now, Event event) {
    append(now, event, Optional.empty());
  }

  private void append(long now, Event event, Optional<SignedMessage> signed) {
    Event.Logged logged = Event.log(state.number() + 1, now, state.head(), event);
    around.log().append(logged.number(), logged.bytes());
    state.apply(logged, signed);
    timeGrace(clock.at(now));
  }

  /// Why the hub refuses to go on; empty if it does not.
  private String rollbackReason() {
    return rollbacks.isEmpty() ? "" : rollbacks.firstEntry().getValue();
  }

  /// @param trouble why the hub pauses; empty if it does not
  public StudyView view(String region, long now, String trouble) {
    MemberState member = state.member(region);
    return new StudyView(
        Message.PROTOCOL,
        state.opened().digest(),
        new LogHead(
            state.number(),
            state.head(),
            around.headMac().proof(digest, state.number(), state.head())),
        new StudyView.Progress(
            state.stage().phase(),
            state.roundNumber(),
            state.layout().digest(),
            state.circles().weights(region),
            state.opened().prepares(),
            state.common(region),
            state.takenBack().newest()),
        new StudyView.Member(
            member.joined,
            member.sequence,
            state.delivered(region),
            member.counted,
            member.spentSteps,
            member.spentDelta,
            new ExportHead(member.exports, member.exportsHead)),
        new StudyView.Lease(
            state.epoch(), List.copyOf(state.present()), leases.leaseUntil(region), clock.at(now)),
        trouble);
  }

  /// Where the open round of a secret sum stands for the region.
  public SecretView secretView(String region) {
    return SecretViews.of(state, region);
  }

  /// When the round was opened, by the hub's clock; 0 if it never was.
  public long openedAt(int round) {
    for (RoundState known : state.rounds().reversed()) {
      if (known.number <= round) {
        return known.opened;
      }
    }
    return 0;
  }

  HubState state() {
    return state;
  }

  public Study study() {
    return state.study();
  }

  public TensorLayout layout() {
    return state.layout();
  }

  /// How many events there are.
  public long number() {
    return state.number();
  }

  /// The round that is open.
  public int round() {
    return state.roundNumber();
  }

  /// Which rounds count no more.
  public TakenBack takenBack() {
    return state.takenBack();
  }

  public boolean isMember(String region) {
    return state.members().containsKey(region);
  }

  /// @throws DureException if the study does not admit the region
  public boolean hasJoined(String region) {
    return state.member(region).joined;
  }

  /// Whether the study begins with a common preparation.
  public boolean prepares() {
    return state.opened().prepares();
  }

  /// Lets `snapshot` have what it shows of the study now.
  public void show(HubSnapshot snapshot) {
    snapshot.refresh(state);
  }

  Leases leases() {
    return leases;
  }

  /// Reads the event `number` that a hello names, so that the hub need not. Thread-safe.
  public void lookUp(long number) {
    past.lookUp(number);
  }

  /// What is known of regions' chunks. Thread-safe.
  public DeltaValidation validation() {
    return validation;
  }
}
