package org.dure.federation.region;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.accounting.PrivacyAccountant;
import org.dure.core.accounting.SampledGaussian;
import org.dure.core.runtime.FolderLock;

/// What a site has told of its documents, over all studies, and how much it may tell: the site's
/// own, outside of any study's workload.
///
/// A round is spent once its delta is on the disk, before a byte of it leaves: `spent.json` first,
/// then a signed message to the hub, then the delta. What is spent on is a delta, by its digest,
/// whatever round a hub calls it of: sent again it costs nothing, and any other costs a round. The
/// hub's record is compared before every
/// round: a site that was restored from an old copy takes over what the hub knows of it, and
/// without a hub no round begins. A round that would go beyond the limit does not begin. Holds its
/// folder for itself. Not thread-safe.
///
/// Where the site keeps its ledger elsewhere, the region's home has a copy of what this region
/// knows of it. Of both the larger number counts: so nothing is forgotten when the ledger is moved,
/// or restored from an old copy.
///
/// ```
/// spent.json   {"version":2,"studies":{"<digest of a study>":
///               {"noiseMultiplier","sampleRate","steps","deltas":["<digest of a list>"]}}}
/// ```
public final class PrivacyBudget implements AutoCloseable {
  private static final int VERSION = 2;
  private static final String SPENT = "spent.json";

  /// Of so many deltas it is known that they were spent on; an older one would cost once more.
  private static final int MOST_DELTAS = 256;

  /// How much a site may tell.
  ///
  /// @param epsilon at most, above 0
  /// @param delta probability that more is told, above 0, below 1
  public record Limit(double epsilon, double delta) {}

  /// What a study's rounds cost.
  ///
  /// @param study its digest
  /// @param step one local step
  /// @param steps most local steps of a round, which every round is taken to have
  /// @param most steps that the study can have come to, by what was accepted: what a hub says
  ///     beyond that is not believed, as it would be taken from the site's other studies
  public record Cost(String study, SampledGaussian step, long steps, long most) {}

  /// Why a round does not begin.
  ///
  /// @param spent epsilon so far
  /// @param needed epsilon after the round
  public record Stop(int round, double spent, double needed, Limit limit) {}

  /// @param deltas digests of the lists of those that were spent on, the newest last
  private record Spent(double noiseMultiplier, double sampleRate, long steps, List<String> deltas) {
    Spent {
      deltas = List.copyOf(deltas);
    }

    SampledGaussian mechanism() {
      return new SampledGaussian(noiseMultiplier, sampleRate, steps);
    }
  }

  /// What version 1 had: the last delta alone.
  private record First(
      double noiseMultiplier, double sampleRate, long steps, int round, String delta) {
    Spent now() {
      return new Spent(
          noiseMultiplier, sampleRate, steps, delta.isEmpty() ? List.of() : List.of(delta));
    }
  }

  private record KeptFirst(int version, SortedMap<String, First> studies) {
    Kept now() {
      SortedMap<String, Spent> now = new TreeMap<>();
      studies.forEach((study, spent) -> now.put(study, spent.now()));
      return new Kept(VERSION, now);
    }
  }

  private record Kept(int version, SortedMap<String, Spent> studies) {}

  private final Path file;

  /// The region's own copy; the ledger itself where that is its own.
  private final Path copy;

  private final FolderLock lock;
  private final Limit limit;
  private final Cost cost;
  private final Function<Stop, String> words;
  private SortedMap<String, Spent> studies;

  private PrivacyBudget(
      Path file, Path copy, FolderLock lock, Limit limit, Cost cost, Function<Stop, String> words) {
    this.file = file;
    this.copy = copy;
    this.lock = lock;
    this.limit = limit;
    this.cost = cost;
    this.words = words;
    this.studies = together(read(file), read(copy));
    if (!file.equals(copy) && !studies.isEmpty()) {
      write(studies);
    }
  }

  /// Opens a site's ledger.
  ///
  /// @param folder the site's, for all its studies; made if need be
  /// @param own the region's, with its copy; may be the same
  /// @param words says in the region's language why a round does not begin
  /// @throws DureException with [ErrorCode#HOME_IN_USE] if another study spends from it, with
  ///     [ErrorCode#INPUT_MALFORMED] if it is none
  public static PrivacyBudget open(
      Path folder, Path own, Limit limit, Cost cost, Function<Stop, String> words) {
    FolderLock lock = FolderLock.of(folder, "study that spends from this budget");
    try {
      return new PrivacyBudget(folder.resolve(SPENT), own.resolve(SPENT), lock, limit, cost, words);
    } catch (RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /// What was spent in all studies, from a site's folder; nothing where there is none.
  public static List<SampledGaussian> spent(Path folder) {
    return mechanisms(read(folder.resolve(SPENT)));
  }

  /// What was spent in all studies.
  public List<SampledGaussian> spent() {
    return mechanisms(studies);
  }

  private static List<SampledGaussian> mechanisms(SortedMap<String, Spent> studies) {
    return studies.values().stream().map(Spent::mechanism).toList();
  }

  private static SortedMap<String, Spent> together(
      SortedMap<String, Spent> ledger, SortedMap<String, Spent> copy) {
    SortedMap<String, Spent> together = new TreeMap<>(ledger);
    copy.forEach(
        (study, spent) ->
            together.merge(study, spent, (one, other) -> other.steps > one.steps ? other : one));
    return together;
  }

  private static SortedMap<String, Spent> read(Path file) {
    // A link to where nothing is, or a folder that may not be looked into, is not an empty ledger.
    if (Files.notExists(file, LinkOption.NOFOLLOW_LINKS)) {
      return new TreeMap<>();
    }
    try {
      return readThere(file);
    } catch (DureException e) {
      if (e.code() != ErrorCode.INPUT_MALFORMED) {
        throw e;
      }
      throw new DureException(
          e.code(),
          e.getMessage()
              + "; put the newest copy of this ledger back: without it nobody knows what other"
              + " studies have spent",
          e);
    }
  }

  private static SortedMap<String, Spent> readThere(Path file) {
    boolean first = Integer.valueOf(1).equals(Json.object(file).get("version"));
    Kept kept = first ? Json.read(file, KeptFirst.class).now() : Json.read(file, Kept.class);
    if (kept.version != VERSION) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%s has version %d: this program reads %d".formatted(file, kept.version, VERSION));
    }
    try {
      kept.studies.values().forEach(Spent::mechanism);
    } catch (DureException e) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED, "%s: %s".formatted(file, e.getMessage()), e);
    }
    return new TreeMap<>(kept.studies);
  }

  /// Takes over what the hub knows of this study, if that is more.
  ///
  /// @param steps that the region has told the hub of
  /// @return whether it was more
  /// @throws DureException with [ErrorCode#PEER_MISBEHAVED] if it is more than there can be
  boolean takeOver(long steps) {
    if (steps <= steps()) {
      return false;
    }
    if (steps > cost.most) {
      throw new DureException(
          ErrorCode.PEER_MISBEHAVED,
          ("the hub says that this region has told of its documents in %d steps: this site knows of"
                  + " %d, and by what was accepted there can be %d; nothing of it is spent, and nothing"
                  + " more leaves")
              .formatted(steps, steps(), cost.most));
    }
    Spent before = studies.get(cost.study);
    keep(steps, before == null ? List.of() : before.deltas);
    return true;
  }

  /// Before a round.
  ///
  /// @throws DureException with [ErrorCode#PRIVACY_SPENT] if it would go beyond the limit
  void require(int round) {
    List<SampledGaussian> needed = with(steps() + cost.steps);
    if (!PrivacyAccountant.isWithin(needed, limit.delta, limit.epsilon)) {
      throw new DureException(
          ErrorCode.PRIVACY_SPENT,
          words.apply(new Stop(round, epsilon(with(steps())), epsilon(needed), limit)));
    }
  }

  private double epsilon(List<SampledGaussian> spent) {
    return PrivacyAccountant.shown(spent, limit.delta, limit.epsilon);
  }

  private List<SampledGaussian> with(long stepsOfStudy) {
    List<SampledGaussian> all = new ArrayList<>();
    studies.forEach(
        (study, spent) -> {
          if (!study.equals(cost.study)) {
            all.add(spent.mechanism());
          }
        });
    all.add(cost.step.times(stepsOfStudy));
    return all;
  }

  /// Spends on a delta that was made; it may be told of after it. Nothing is spent twice on one
  /// delta.
  ///
  /// @param delta digest of its list
  public void spend(String delta) {
    Spent before = studies.get(cost.study);
    List<String> deltas = new ArrayList<>(before == null ? List.of() : before.deltas);
    if (!deltas.contains(delta)) {
      deltas.add(delta);
      keep(
          steps() + cost.steps,
          deltas.subList(Math.max(0, deltas.size() - MOST_DELTAS), deltas.size()));
    }
  }

  /// A round more than the hub was told of, where this ledger does not count it: of a delta that it
  /// does not know it cannot have been told.
  ///
  /// @param told steps that the hub was told of
  void spendBeyond(long told) {
    Spent before = studies.get(cost.study);
    if (before != null && before.steps <= told) {
      keep(before.steps + cost.steps, before.deltas);
    }
  }

  private void keep(long steps, List<String> deltas) {
    SortedMap<String, Spent> next = new TreeMap<>(studies);
    next.put(
        cost.study, new Spent(cost.step.noiseMultiplier(), cost.step.sampleRate(), steps, deltas));
    // What finds no room is not spent: the next try must write it again.
    write(next);
    studies = next;
  }

  private void write(SortedMap<String, Spent> next) {
    byte[] json = Json.bytes(new Kept(VERSION, Collections.unmodifiableSortedMap(next)));
    if (!file.equals(copy)) {
      AtomicFiles.write(copy, json);
    }
    AtomicFiles.write(file, json);
  }

  /// Local steps that this study has spent.
  long steps() {
    Spent spent = studies.get(cost.study);
    return spent == null ? 0 : spent.steps;
  }

  SampledGaussian step() {
    return cost.step;
  }

  @Override
  public void close() {
    lock.close();
  }
}
