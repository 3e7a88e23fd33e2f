package org.dure.federation.hub;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Phase;
import org.dure.federation.protocol.StudyView;
import org.jspecify.annotations.Nullable;

/// What transfers need to know of the study, as of the last event, without the service's lock.
/// Thread-safe.
public final class HubSnapshot {
  /// Longest list that comes along with a view.
  static final int MOST_LIST = 16 << 10;

  private record Known(int round, String common, String weights, Set<String> joined) {}

  private final ArtifactStore published;
  private volatile Known known = new Known(0, "", "", Set.of());
  private volatile Set<String> commonChunks = Set.of();
  private volatile Set<String> weightsChunks = Set.of();

  public HubSnapshot(ArtifactStore published) {
    this.published = published;
  }

  /// To be called after every event.
  void refresh(HubState state) {
    known =
        new Known(
            state.roundNumber(),
            state.common(),
            state.weights(),
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
    Set<String> chunks = chunks(known.common, commonChunks);
    commonChunks = chunks;
    return chunks.contains(digest);
  }

  /// Whether the hub means to give out a chunk of this name now, whether or not it has it.
  public boolean givesOut(String digest) {
    Known now = known;
    Set<String> chunks = chunks(now.weights, weightsChunks);
    weightsChunks = chunks;
    return digest.equals(now.common)
        || digest.equals(now.weights)
        || chunks.contains(digest)
        || isCommon(digest);
  }

  /// The list and what it names; nothing while it cannot be read.
  ///
  /// @param last what was found last
  private Set<String> chunks(String list, Set<String> last) {
    if (list.isEmpty() || last.contains(list)) {
      return list.isEmpty() ? Set.of() : last;
    }
    try {
      Set<String> chunks = new HashSet<>(FragmentList.parse(published.get(list)).fragments());
      chunks.add(list);
      return Set.copyOf(chunks);
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
