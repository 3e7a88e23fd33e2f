package org.dure.federation.hub;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.dure.core.ArtifactStore;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Phase;
import org.dure.federation.protocol.StudyView;
import org.jspecify.annotations.Nullable;

/// What transfers need to know of the study, as of the last event, without the desk's lock.
/// Thread-safe.
public final class HubSnapshot {
  /// Longest list that comes along with a standing.
  static final int MOST_LIST = 16 << 10;

  private record Known(int round, String common, Set<String> joined) {}

  private final ArtifactStore published;
  private volatile Known known = new Known(0, "", Set.of());
  private volatile Set<String> commonChunks = Set.of();

  public HubSnapshot(ArtifactStore published) {
    this.published = published;
  }

  /// To be called after every event.
  public void look(HubState state) {
    known =
        new Known(
            state.roundNumber(),
            state.common(),
            state.members().entrySet().stream()
                .filter(entry -> entry.getValue().joined)
                .map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet()));
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
    return !commonChunks.isEmpty();
  }

  /// Whether the chunk is one of the common preparation's.
  public boolean isCommon(String digest) {
    String list = known.common;
    if (list.isEmpty()) {
      return false;
    }
    Set<String> chunks = commonChunks;
    if (!chunks.contains(list)) {
      chunks = new HashSet<>(FragmentList.parse(published.get(list)).fragments());
      chunks.add(list);
      commonChunks = Set.copyOf(chunks);
    }
    return chunks.contains(digest);
  }

  /// The list of the study's weights, where that saves a region a question.
  ///
  /// @param has digest of the list that the region has; null if it does not say
  public byte[] list(StudyView standing, @Nullable String has) {
    if (has == null
        || standing.member().delivered()
        || standing.progress().phase() == Phase.WAITING
        || has.equals(standing.progress().weights())
        || !published.contains(standing.progress().weights())
        || published.size(standing.progress().weights()) > MOST_LIST) {
      return new byte[0];
    }
    return published.get(standing.progress().weights());
  }
}
