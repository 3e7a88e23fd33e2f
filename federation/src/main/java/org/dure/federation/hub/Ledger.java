package org.dure.federation.hub;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
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
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
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
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Fragments;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.SignedMessage;
import org.dure.federation.protocol.Study;
import org.dure.federation.wire.TlsIdentity;
import org.jspecify.annotations.Nullable;

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
  private static final int MOST_LINE = 16 << 20;

  private Ledger() {}

  /// What a ledger proves.
  ///
  /// @param digest of the study
  /// @param rounds that were merged
  /// @param finished whether every round was merged and every region has published its scores
  /// @param weights digest of the list of the fragments of the last weights
  /// @param contributions how many each region made, by its name
  /// @param published what each region that measured its model says of it, by the region's name
  /// @param head SHA-256 of the last event, which stands for the whole log
  public record Verified(
      Study study,
      String digest,
      int rounds,
      boolean finished,
      String weights,
      SortedMap<String, Integer> contributions,
      SortedMap<String, Published> published,
      long events,
      String head) {
    /// The digest by which the log would name these weights: equal to [#weights] if they are, bit
    /// for bit, those with which it ends.
    public String digestOf(Weights shared) {
      return Fragments.list(shared, study.fragmentBytes()).digest();
    }
  }

  /// What a region has published of its model, signed by it.
  ///
  /// @param language BCP 47 code of the region
  /// @param scores by name
  public record Published(String language, Map<String, Double> scores) {
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

  /// Checks a ledger: that the events are a whole chain, that every message is signed by the region
  /// it is of with a key that the study's authority certified, and that every event was possible
  /// where it stands, with the merges' shares as the study's rules give them.
  ///
  /// @throws DureException naming the event that is wrong
  public static Verified verify(Path folder) {
    return verify(folder, merge -> {});
  }

  private static Verified verify(Path folder, Consumer<Recovery.Merge> merges) {
    SortedMap<String, Integer> contributions = new TreeMap<>();
    int[] rounds = {0};
    HubState state =
        read(
            folder,
            merge -> {
              merges.accept(merge);
              rounds[0]++;
              merge
                  .logged()
                  .parts()
                  .keySet()
                  .forEach(name -> contributions.merge(name, 1, Integer::sum));
            });
    return new Verified(
        state.study(),
        state.study().digest(),
        rounds[0],
        state.stage() == StudyStage.FINISHED,
        state.weights(),
        contributions,
        published(state),
        state.number(),
        state.head());
  }

  private static SortedMap<String, Published> published(HubState state) {
    SortedMap<String, Published> published = new TreeMap<>();
    state
        .members()
        .forEach(
            (name, member) -> {
              if (member.scores != null) {
                published.put(name, new Published(member.language, member.scores));
              }
            });
    return published;
  }

  private static HubState read(Path folder, Consumer<Recovery.Merge> merges) {
    Path file = folder.resolve(EVENTS);
    String toml =
        new String(
            AtomicFiles.read(folder.resolve("study.toml"), MOST_LINE), StandardCharsets.UTF_8);
    Check check = new Check(file, Study.recorded(toml));
    AtomicFiles.requireFile(file);
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      for (byte[] line = line(in, check); line != null; line = line(in, check)) {
        check.take(line).ifPresent(merges);
      }
    } catch (IOException e) {
      throw DureException.io("read", file, e);
    }
    if (!check.state.isOpened()) {
      throw new DureException(ErrorCode.INPUT_EMPTY, file + " holds no event");
    }
    return check.state;
  }

  /// A ledger may be anybody's: no more of it is in memory than the longest event.
  ///
  /// @return null behind the last
  private static byte @Nullable [] line(InputStream in, Check check) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream(512);
    int value = in.read();
    if (value < 0) {
      return null;
    }
    for (; value >= 0 && value != '\n'; value = in.read()) {
      if (line.size() == MOST_LINE) {
        throw check.corrupt(
            check.state.number() + 1, "it is longer than the %d bytes of any".formatted(MOST_LINE));
      }
      line.write(value);
    }
    return line.toByteArray();
  }

  /// As [#verify], and makes every merge again from the regions' deltas, which the hub keeps, to
  /// compare. Memory does not depend on the size of the model, nor on the number of rounds.
  ///
  /// @param hubFolder whose `received/` holds the deltas
  /// @param initial the weights before the first round
  /// @param scratch an empty folder for the weights and momentum of one round after the other
  /// @return what [#verify] returns
  /// @throws DureException with [ErrorCode#ARTIFACT_CORRUPT] naming the first round that comes out
  ///     differently
  public static Verified recompute(
      Path folder, Path hubFolder, Supplier<WeightSource> initial, Path scratch) {
    ArtifactStore published = new FolderArtifactStore(scratch);
    Map<String, ArtifactStore> stores = new ConcurrentHashMap<>();
    Function<String, ArtifactStore> received =
        region ->
            stores.computeIfAbsent(
                region,
                name -> new FolderArtifactStore(hubFolder.resolve("received").resolve(name)));
    return verify(
        folder,
        merge -> {
          if (merge.momentum().isEmpty()) {
            Recovery.same(
                "the initial weights",
                merge.weights(),
                Fragments.put(initial.get(), merge.study().fragmentBytes(), published).digest());
          }
          merge.again(new Merger(merge.study(), merge.layout(), published, received));
          forget(published, merge.logged().weights(), merge.logged().momentum());
        });
  }

  private static void forget(ArtifactStore published, String... lists) {
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

    Check(Path file, Study study) {
      this.file = file;
      this.state = new HubState(study, (stage, happening) -> {});
    }

    /// @return the merge that the event tells of
    Optional<Recovery.Merge> take(byte[] line) {
      long number = state.number() + 1;
      try {
        Event.Logged logged = Event.parse(line, number, state.head());
        Optional<SignedMessage> signed = logged.event().signedMessage();
        check(logged, signed);
        Optional<Recovery.Merge> merge =
            logged.event() instanceof Event.Merged merged
                ? Optional.of(Recovery.Merge.of(state, merged))
                : Optional.empty();
        state.apply(logged, signed);
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
        case Event.Prepared prepared -> {}
        case Event.Merged merged -> checkShares(logged, merged);
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

    private void checkShares(Event.Logged logged, Event.Merged merged) {
      SortedMap<String, Double> mergeWeights = state.round().mergeWeights();
      SortedMap<String, Double> found = new TreeMap<>();
      boolean[] right = {true};
      merged
          .parts()
          .forEach(
              (region, part) -> {
                RoundState.Accepted accepted = state.round().contributions.get(region);
                right[0] &= accepted != null && accepted.message().round() == part.started();
                found.put(region, part.share());
              });
      if (!right[0]
          || mergeWeights.isEmpty()
          || !found.equals(OuterStep.shares(mergeWeights, state.study().merge().weightCap()))) {
        throw corrupt(logged.number(), "the parts are not those of the study's rules");
      }
    }

    private DureException corrupt(long number, String why) {
      return new DureException(
          ErrorCode.ARTIFACT_CORRUPT, "%s, event %d: %s".formatted(file, number, Printable.line(why)));
    }

    private DureException invalid(long number, String what) {
      return new DureException(
          ErrorCode.SIGNATURE_INVALID,
          "%s, event %d: the signature of %s does not match"
              .formatted(file, number, Printable.line(what)));
    }
  }
}
