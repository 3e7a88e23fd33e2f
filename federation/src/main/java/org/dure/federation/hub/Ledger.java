package org.dure.federation.hub;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.Date;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.dure.core.ArtifactStore;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.FolderArtifactStore;
import org.dure.core.Printable;
import org.dure.core.Sha256;
import org.dure.core.Signatures;
import org.dure.core.WeightSource;
import org.dure.core.Weights;
import org.dure.federation.log.Event;
import org.dure.federation.log.RoundStore;
import org.dure.federation.log.SqliteRoundStore;
import org.dure.federation.protocol.Circles;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Fragments;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.SignedMessage;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.TakenBack;
import org.dure.federation.wire.TlsIdentity;

/// The log of a study as files that anyone can check without the hub, the regions or a network:
///
/// ```
/// events.jsonl      every event in its order, one a line, exactly as the hub logged it
/// study.toml        the study
/// authority.pem     the certificate of the study's authority
/// regions/ko.pem    each region's certificate, whose key signed its messages
/// ```
///
/// The certificates are copies for people and tools; [#verify] takes them from the events.
public final class Ledger {
  private static final String EVENTS = "events.jsonl";

  private Ledger() {}

  /// What a ledger proves.
  ///
  /// @param digest of the study
  /// @param merges how many there are, and which of them count
  /// @param finished whether every round was merged and every region has published its scores
  /// @param weights digest of the list of the fragments of each circle's last weights, by its name
  /// @param contributionsByCircle how many count in the merges of each circle, by region
  /// @param published what each region that measured its model says of it, by the region's name
  /// @param head SHA-256 of the last event, which stands for the whole log
  public record Verified(
      Study study,
      String digest,
      Merges merges,
      boolean finished,
      SortedMap<String, String> weights,
      SortedMap<String, SortedMap<String, Integer>> contributionsByCircle,
      SortedMap<String, Published> published,
      long events,
      String head) {
    /// How many contributions each region made that count, by its name.
    public SortedMap<String, Integer> contributions() {
      SortedMap<String, Integer> all = new TreeMap<>();
      contributionsByCircle
          .values()
          .forEach(circle -> circle.forEach((name, count) -> all.merge(name, count, Integer::sum)));
      return all;
    }

    /// The same, and of the circles only those that end with the weights of this name or led to
    /// them, with what the regions have published that were in them at the end.
    public Verified endingWith(String digest) {
      SortedMap<String, String> same = new TreeMap<>(weights);
      same.values().removeIf(other -> !other.equals(digest));
      SortedMap<String, Published> theirs = new TreeMap<>(published);
      theirs.values().removeIf(one -> !same.containsKey(one.circle));
      SortedMap<String, SortedMap<String, Integer>> led = new TreeMap<>(contributionsByCircle);
      led.keySet().retainAll(leadingTo(same.keySet()));
      return new Verified(study, this.digest, merges, finished, same, led, theirs, events, head);
    }

    /// Circles only become narrower: those of a region lead to its last.
    private Set<String> leadingTo(Set<String> ends) {
      Set<String> leading = new HashSet<>(ends);
      List<Circles.Stage> stages = study.schedule().circles().stages();
      for (Study.Region region : study.regions()) {
        List<String> circles = stages.stream().map(stage -> stage.of(region)).toList();
        int end =
            IntStream.range(0, circles.size())
                .filter(i -> ends.contains(circles.get(i)))
                .max()
                .orElse(-1);
        leading.addAll(circles.subList(0, end + 1));
      }
      return leading;
    }

    /// The digest by which the log would name these weights: one of [#weights] if they are, bit
    /// for bit, those with which a circle ends.
    public String digestOf(Weights shared) {
      return Fragments.list(shared, study.fragmentBytes()).digest();
    }
  }

  /// The merges that a ledger tells of.
  ///
  /// @param made how many there were
  /// @param counted how many of them stand
  /// @param last the newest round that stands; 0 for none
  /// @param takenBack which rounds count no more
  public record Merges(int made, int counted, int last, TakenBack takenBack) {
    /// Whether the round counts no more.
    public boolean isTakenBack(int round) {
      return takenBack.contains(round);
    }

    /// The newest round before `round` that counts; 0 if there is none.
    public int standingBefore(int round) {
      return takenBack.standingBefore(round);
    }
  }

  /// What a region has published of its model, signed by it.
  ///
  /// @param language BCP 47 code of the region
  /// @param circle that it was in at the end
  /// @param scores by name
  public record Published(String language, String circle, Map<String, Double> scores) {
    public Published {
      scores = Map.copyOf(scores);
    }
  }

  /// Writes the log of a hub that is not running.
  ///
  /// @throws DureException with [ErrorCode#HOME_IN_USE] if it is
  public static void export(Path hubFolder, Path folder) {
    try (RoundStore log = SqliteRoundStore.open(hubFolder)) {
      export(log, folder);
    }
  }

  /// Writes a log, to which more may be added meanwhile.
  public static void export(RoundStore log, Path folder) {
    AtomicFiles.folder(
        folder,
        part -> {
          String[] head = {Sha256.NONE};
          AtomicFiles.write(
              part.resolve(EVENTS),
              out ->
                  log.read(
                      1,
                      (number, event) -> {
                        try {
                          out.write(event);
                          out.write('\n');
                        } catch (IOException e) {
                          throw DureException.io("write", folder.resolve(EVENTS), e);
                        }
                        Event.Logged logged = Event.parse(event, number, head[0]);
                        head[0] = logged.digest();
                        writeCopies(logged.event(), part);
                      }));
        });
  }

  private static void writeCopies(Event event, Path folder) {
    switch (event) {
      case Event.Opened opened -> {
        AtomicFiles.write(folder.resolve("study.toml"), opened.toml());
        writePem(folder.resolve("authority.pem"), opened.authority());
      }
      case Event.Admitted admitted ->
          writePem(
              folder.resolve("regions").resolve(admitted.region() + ".pem"),
              admitted.certificate());
      case Event.Received received -> {}
      case Event.Prepared prepared -> {}
      case Event.Merged merged -> {}
      case Event.Undone undone -> {}
      case Event.Enrolled enrolled -> {}
      case Event.Revoked revoked -> {}
      case Event.Membership membership -> {}
      case Event.SetBack setBack -> {}
      case Event.StepClosed closed -> {}
      case Event.Dropped dropped -> {}
    }
  }

  private static void writePem(Path file, String der) {
    if (!der.isEmpty()) {
      String lines =
          Base64.getMimeEncoder(64, new byte[] {'\n'})
              .encodeToString(Base64.getDecoder().decode(der));
      AtomicFiles.write(
          file, "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n".formatted(lines));
    }
  }

  /// The newest round that stands at the end of a ledger, of which nothing is checked; empty if it
  /// is of another study, or nothing was merged.
  ///
  /// @param study digest
  public static Optional<Integer> lastRound(Path folder, String study) {
    Study found = study(folder);
    return found.digest().equals(study)
        ? LedgerReturns.of(folder.resolve(EVENTS), found).last()
        : Optional.empty();
  }

  private static Study study(Path folder) {
    byte[] toml = AtomicFiles.read(folder.resolve("study.toml"), LedgerLines.MOST_BYTES);
    return Study.recorded(new String(toml, StandardCharsets.UTF_8));
  }

  /// Whether `newer` is what became of `older`: the same events, and perhaps more after them.
  public static boolean continues(Path newer, Path older) {
    try {
      long same = Files.mismatch(older.resolve(EVENTS), newer.resolve(EVENTS));
      return same < 0 || same == Files.size(older.resolve(EVENTS));
    } catch (IOException e) {
      throw DureException.io("read", newer, e);
    }
  }

  /// Checks a ledger: that the events are a whole chain, that every message is signed by the region
  /// it is of with a key that the study's authority certified, and that every event was possible
  /// where it stands, with the merges' shares as the study's rules give them.
  ///
  /// @throws DureException naming the event that is wrong
  public static Verified verify(Path folder) {
    return verify(folder, LedgerReturns.of(folder.resolve(EVENTS), study(folder)), merge -> {});
  }

  /// A merge with what its deltas were held against.
  private record Judged(Recovery.Merge merge, HubState before, List<CircleStandings.Work> works) {}

  private static Verified verify(Path folder, LedgerReturns returns, Consumer<Judged> merges) {
    SortedMap<String, SortedMap<String, Integer>> contributions = new TreeMap<>();
    int[] made = {0};
    int[] counted = {0};
    int[] last = {0};
    HubState state =
        read(
            folder,
            returns,
            merge -> {
              merges.accept(merge);
              made[0]++;
              Recovery.Merge standing = merge.merge();
              if (returns.counts(standing.round().number)) {
                counted[0]++;
                last[0] = standing.round().number;
                standing
                    .logged()
                    .parts()
                    .keySet()
                    .forEach(
                        name ->
                            contributions
                                .computeIfAbsent(
                                    circle(standing.round(), name), circle -> new TreeMap<>())
                                .merge(name, 1, Integer::sum));
              }
            });
    return new Verified(
        state.study(),
        state.study().digest(),
        new Merges(made[0], counted[0], last[0], state.takenBack()),
        state.stage() == StudyStage.FINISHED,
        weights(state),
        contributions,
        published(state),
        state.number(),
        state.head());
  }

  /// Who was not among the members when the round opened has come since, into what all share.
  private static String circle(RoundState round, String region) {
    return round.circleOf.getOrDefault(region, Circles.ALL);
  }

  private static SortedMap<String, String> weights(HubState state) {
    SortedMap<String, String> weights = new TreeMap<>();
    boolean one = state.study().schedule().circles().isOne();
    state
        .circles()
        .now()
        .forEach(
            (circle, standing) -> {
              // What no merge has made is nobody's outcome.
              if (one || !standing.weights().equals(state.opened().weights())) {
                weights.put(circle, standing.weights());
              }
            });
    return weights;
  }

  private static SortedMap<String, Published> published(HubState state) {
    SortedMap<String, Published> published = new TreeMap<>();
    state
        .members()
        .forEach(
            (name, member) -> {
              if (member.scores != null) {
                published.put(
                    name,
                    new Published(member.language(), state.circles().of(name), member.scores));
              }
            });
    return published;
  }

  private static HubState read(Path folder, LedgerReturns returns, Consumer<Judged> merges) {
    Path file = folder.resolve(EVENTS);
    Check check = new Check(file, returns);
    AtomicFiles.requireFile(file);
    LedgerLines.each(file, line -> check.take(line).ifPresent(merges));
    if (!check.state.isOpened()) {
      throw new DureException(ErrorCode.INPUT_EMPTY, file + " holds no event");
    }
    return check.state;
  }

  /// As [#verify], and makes every merge again from the regions' deltas, which the hub keeps, to
  /// compare. Memory does not depend on the size of the model, nor on the number of rounds.
  ///
  /// @param hubFolder whose `received/` holds the deltas, or a copy of that folder itself
  /// @param initial the weights before the first round
  /// @param scratch an empty folder for the weights and momentum of one round after the other
  /// @return what [#verify] returns
  /// @throws DureException with [ErrorCode#ARTIFACT_CORRUPT] naming the first round that comes out
  ///     differently
  public static Verified recompute(
      Path folder, Path hubFolder, Supplier<WeightSource> initial, Path scratch) {
    ArtifactStore published = new FolderArtifactStore(scratch);
    LedgerReturns returns = LedgerReturns.of(folder.resolve(EVENTS), study(folder));
    Map<String, ArtifactStore> stores = new ConcurrentHashMap<>();
    Path deltas = received(hubFolder);
    Function<String, ArtifactStore> received =
        region ->
            stores.computeIfAbsent(region, name -> new FolderArtifactStore(deltas.resolve(name)));
    return verify(
        folder,
        returns,
        judged -> {
          Recovery.Merge merge = judged.merge();
          Study study = judged.before().study();
          String start = judged.before().opened().weights();
          boolean begins =
              merge.round().circles.values().stream()
                  .anyMatch(standing -> standing.weights().equals(start));
          if (begins && !published.contains(start)) {
            Recovery.same(
                "the initial weights",
                start,
                Fragments.put(initial.get(), study.fragmentBytes(), published).digest());
          }
          merge.judgeAgain(
              new Merger(study, judged.before().layout(), published, received), judged.works());
          forget(published, returns.needed(merge));
        });
  }

  /// The folder of deltas, a folder for each region.
  private static Path received(Path hubFolder) {
    if (!Files.isDirectory(hubFolder)) {
      throw new DureException(
          ErrorCode.INPUT_MISSING,
          "%s is no folder: expected a hub's folder or a copy of its received/"
              .formatted(hubFolder));
    }
    Path within = hubFolder.resolve("received");
    return Files.isDirectory(within) ? within : hubFolder;
  }

  private static void forget(ArtifactStore published, List<String> lists) {
    Set<String> kept = new HashSet<>();
    for (String list : lists) {
      kept.add(list);
      kept.addAll(FragmentList.parse(published.get(list)).fragments());
    }
    published.list().stream().filter(name -> !kept.contains(name)).forEach(published::remove);
  }

  /// Goes through the events.
  private static final class Check {
    private final Path file;
    private final HubState state;
    private final Map<String, PublicKey> keys = new HashMap<>();

    private final LedgerReturns returns;

    /// What the newest merge had to do.
    private List<CircleStandings.Work> works = List.of();

    Check(Path file, LedgerReturns returns) {
      this.returns = returns;
      this.file = file;
      this.state = new HubState(returns.study(), (stage, happening) -> {});
    }

    /// @return the merge that the event tells of
    Optional<Judged> take(byte[] line) {
      long number = state.number() + 1;
      try {
        Event.Logged logged = Event.parse(line, number, state.head());
        Optional<SignedMessage> signed = logged.event().signedMessage();
        check(logged, signed);
        Optional<Judged> merge =
            logged.event() instanceof Event.Merged merged
                ? Optional.of(new Judged(Recovery.Merge.of(state, merged), state, works))
                : Optional.empty();
        state.apply(logged, signed);
        returns.remember(logged.event());
        return merge;
      } catch (MessageRejected e) {
        throw corrupt(number, e.reason());
      } catch (DureException e) {
        throw e.code() == ErrorCode.SIGNATURE_INVALID || e.code() == ErrorCode.ARTIFACT_CORRUPT
            ? e
            : corrupt(number, String.valueOf(e.getMessage()));
      }
    }

    private void check(Event.Logged logged, Optional<SignedMessage> signed) {
      if ((logged.number() == 1) != (logged.event() instanceof Event.Opened)) {
        throw corrupt(logged.number(), "a study is opened by its first event only");
      }
      switch (logged.event()) {
        case Event.Opened opened -> {
          if (!opened.toml().equals(state.study().toml())
              || !opened.digest().equals(state.study().digest())) {
            throw corrupt(logged.number(), "study.toml is not the study that was opened");
          }
        }
        case Event.Admitted admitted -> keys.put(admitted.region(), admit(logged, admitted));
        case Event.Received received -> checkMessage(logged, signed.orElseThrow());
        case Event.Prepared prepared -> {
          if (!state.parts().entrySet().containsAll(prepared.parts().entrySet())) {
            throw corrupt(logged.number(), "prepared of parts that are not the regions'");
          }
          Set<String> known = new TreeSet<>(prepared.parts().keySet());
          known.addAll(prepared.leftOut().keySet());
          if (known.size() != prepared.parts().size() + prepared.leftOut().size()
              || !state.members().keySet().containsAll(known)
              || !known.containsAll(state.parts().keySet())) {
            throw corrupt(
                logged.number(), "prepared without saying what became of each region's part");
          }
          Set<String> families = new TreeSet<>();
          prepared.parts().keySet().forEach(one -> families.add(state.families().get(one)));
          if (families.isEmpty() || !families.equals(prepared.common().keySet())) {
            throw corrupt(
                logged.number(),
                "prepared for other families than those of the parts, " + families);
          }
        }
        case Event.Merged merged -> works = new MergeCheck(state, merged).check();
        case Event.Undone undone -> {
          if (!returns.allow(state, undone)) {
            throw corrupt(
                logged.number(),
                "the study goes back to what is not the outcome of round %d, or by a rule that does"
                        .formatted(undone.base())
                    + " not hold");
          }
        }
        case Event.Enrolled enrolled -> {}
        case Event.Revoked revoked -> {
          PublicKey key = Signatures.decode(revoked.key());
          keys.values().removeIf(key::equals);
        }
        case Event.Membership membership -> {}
        case Event.SetBack setBack -> {}
        case Event.StepClosed closed -> {}
        case Event.Dropped dropped -> {}
      }
    }

    private PublicKey admit(Event.Logged logged, Event.Admitted admitted) {
      PublicKey key = Signatures.decode(admitted.key());
      if (state.isRevoked(admitted.key())) {
        throw corrupt(logged.number(), "the key of %s was revoked".formatted(admitted.region()));
      }
      if (state.opened().authority().isEmpty()) {
        return key;
      }
      try {
        X509Certificate authority = certificate(state.opened().authority());
        X509Certificate region = certificate(admitted.certificate());
        region.verify(authority.getPublicKey());
        region.checkValidity(new Date(logged.time()));
        if (!region.getPublicKey().equals(key)
            || !TlsIdentity.commonName(region).equals(admitted.region())) {
          throw corrupt(logged.number(), "the certificate is of another region or key");
        }
      } catch (GeneralSecurityException | IllegalArgumentException e) {
        throw invalid(
            logged.number(), "the authority's certificate for %s".formatted(admitted.region()));
      }
      return key;
    }

    private static X509Certificate certificate(String der) throws CertificateException {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(Base64.getDecoder().decode(der)));
    }

    private void checkMessage(Event.Logged logged, SignedMessage signed) {
      Message message = signed.message();
      PublicKey key = keys.get(message.region());
      if (key == null || !Signatures.verify(key, signed.bytes(), signed.signature())) {
        throw invalid(logged.number(), "the message of %s".formatted(message.region()));
      }
      long expected =
          message instanceof Message.Hello ? 0 : state.member(message.region()).sequence + 1;
      if (!message.study().equals(state.study().digest()) || message.sequence() != expected) {
        throw corrupt(logged.number(), "the message is of another study or place");
      }
      Rules.check(state, message);
    }

    private DureException corrupt(long number, String why) {
      return new DureException(
          ErrorCode.ARTIFACT_CORRUPT,
          "%s, event %d: %s".formatted(file, number, Printable.line(why)));
    }

    private DureException invalid(long number, String what) {
      return new DureException(
          ErrorCode.SIGNATURE_INVALID,
          "%s, event %d: the signature of %s does not match"
              .formatted(file, number, Printable.line(what)));
    }
  }
}
