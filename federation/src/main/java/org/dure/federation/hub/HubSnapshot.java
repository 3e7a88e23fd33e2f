package org.dure.federation.hub;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.federation.protocol.Circles;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Phase;
import org.dure.federation.protocol.StudyView;
import org.jspecify.annotations.Nullable;

/// What transfers need to know of the study, as of the last event, without the service's lock.
/// Thread-safe.
public final class HubSnapshot {
  /// Longest list that comes along with a view.
  static final int MOST_LIST = 16 << 10;

  /// @param commons digests of the lists of what was prepared in common, of every family
  /// @param given digests of the lists of weights that regions work from next
  /// @param allowed digests of the lists that a region may fetch, by its name; empty where all may
  ///     fetch the same
  private record Known(
      int round,
      Set<String> commons,
      Set<String> given,
      Map<String, Set<String>> allowed,
      Set<String> joined) {}

  private final ArtifactStore published;
  private volatile Known known = new Known(0, Set.of(), Set.of(), Map.of(), Set.of());

  /// What the lists name that are given out, by their digests; of those that were asked for.
  private final Map<String, Set<String>> chunks = new ConcurrentHashMap<>();

  public HubSnapshot(ArtifactStore published) {
    this.published = published;
  }

  /// To be called after every event.
  void refresh(HubState state) {
    Set<String> given = new HashSet<>();
    state.circles().now().values().forEach(standing -> given.add(standing.weights()));
    Circles circles = state.study().schedule().circles();
    boolean circled = !circles.isOne() || !circles.family().by().isEmpty();
    Map<String, Set<String>> allowed =
        circled ? new HashMap<>(state.circles().fetchable()) : Map.of();
    if (circled) {
      state.members().keySet().forEach(region -> allow(allowed, region, state.common(region)));
    }
    Set<String> joined = new HashSet<>();
    state
        .members()
        .forEach(
            (region, member) -> {
              if (member.joined) {
                joined.add(region);
              }
            });
    known =
        new Known(
            state.roundNumber(),
            Set.copyOf(state.commons()),
            Set.copyOf(given),
            Map.copyOf(allowed),
            Set.copyOf(joined));
    Set<String> all = new HashSet<>(given);
    all.addAll(state.commons());
    allowed.values().forEach(all::addAll);
    chunks.keySet().retainAll(all);
  }

  private static void allow(Map<String, Set<String>> allowed, String region, String list) {
    if (!list.isEmpty()) {
      Set<String> more = new HashSet<>(allowed.getOrDefault(region, Set.of()));
      more.add(list);
      allowed.put(region, more);
    }
  }

  /// Number of the newest round.
  public int round() {
    return known.round;
  }

  public boolean hasJoined(String region) {
    return known.joined.contains(region);
  }

  /// Whether anything of the common preparation has been given out.
  public boolean hasGivenCommon() {
    return known.commons.stream().anyMatch(chunks::containsKey);
  }

  /// Whether the chunk is one of the common preparation's.
  public boolean isCommon(String digest) {
    return known.commons.stream().anyMatch(list -> chunks(list).contains(digest));
  }

  /// Whether the hub means to give out a chunk of this name now, whether or not it has it.
  public boolean givesOut(String digest) {
    Known now = known;
    return Stream.concat(now.commons.stream(), now.given.stream())
        .anyMatch(list -> names(list, digest));
  }

  /// Whether a region may have a chunk: of weights those of its own circles alone, of what was
  /// prepared in common that of its own family.
  public boolean mayHave(String region, String digest) {
    Known now = known;
    return now.allowed.isEmpty()
        || now.allowed.getOrDefault(region, Set.of()).stream()
            .anyMatch(list -> names(list, digest));
  }

  private boolean names(String list, String digest) {
    return !list.isEmpty() && (list.equals(digest) || chunks(list).contains(digest));
  }

  /// The list and what it names; nothing while it cannot be read.
  private Set<String> chunks(String list) {
    Set<String> named = chunks.get(list);
    if (named != null || list.isEmpty()) {
      return named == null ? Set.of() : named;
    }
    try {
      Set<String> found = new HashSet<>(FragmentList.parse(published.get(list)).fragments());
      found.add(list);
      chunks.put(list, Set.copyOf(found));
      return found;
    } catch (DureException e) {
      // It is made again as soon as somebody asks for it.
      return Set.of();
    }
  }

  /// The list of the study's weights, where that saves a region a question.
  ///
  /// @param has digest of the list that the region has; null if it does not say
  public byte[] list(StudyView view, @Nullable String has) {
    if (has == null
        || view.member().delivered()
        || view.progress().phase() == Phase.WAITING
        || has.equals(view.progress().weights())
        || !published.contains(view.progress().weights())
        || published.size(view.progress().weights()) > MOST_LIST) {
      return new byte[0];
    }
    return published.get(view.progress().weights());
  }
}
