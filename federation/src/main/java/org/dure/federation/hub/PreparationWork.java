package org.dure.federation.hub;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.federation.log.Event;
import org.dure.federation.protocol.CommonPreparation;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.FragmentReader;
import org.dure.federation.protocol.FragmentWriter;
import org.dure.federation.protocol.StoredPart;

/// Makes the common preparation of the regions' parts, one for each family. Where it cannot be made
/// of all of them, it is made of as many as go together, and says who is left out and why: no part
/// stops the others.
final class PreparationWork {
  private final CommonPreparation preparation;
  private final Map<String, String> families;
  private final int fragmentBytes;
  private final ArtifactStore published;
  private final Function<String, ArtifactStore> received;

  /// @param families of the regions, by their names
  PreparationWork(
      CommonPreparation preparation,
      Map<String, String> families,
      int fragmentBytes,
      ArtifactStore published,
      Function<String, ArtifactStore> received) {
    this.preparation = preparation;
    this.families = families;
    this.fragmentBytes = fragmentBytes;
    this.published = published;
    this.received = received;
  }

  /// Makes it of the parts that go together, family by family.
  ///
  /// @param parts digests of their lists, by region
  /// @param missing why others gave none that the hub can work with, by region
  Event.Prepared prepare(SortedMap<String, String> parts, SortedMap<String, String> missing) {
    SortedMap<String, String> common = new TreeMap<>();
    SortedMap<String, String> taken = new TreeMap<>();
    SortedMap<String, String> leftOut = new TreeMap<>(missing);
    byFamily(parts)
        .forEach(
            (family, own) -> {
              Made made = makeOf(own);
              if (!made.common.isEmpty()) {
                common.put(family, made.common);
              }
              taken.putAll(made.taken);
              leftOut.putAll(made.leftOut);
            });
    if (common.isEmpty()) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "the common preparation cannot be made of any region's part: " + leftOut);
    }
    return new Event.Prepared(common, taken, leftOut);
  }

  /// Makes again what was made for a family, of the same parts.
  ///
  /// @return digest of the list of the result
  String makeAgain(Event.Prepared prepared, String family) {
    return make(byFamily(prepared.parts()).getOrDefault(family, new TreeMap<>()));
  }

  private SortedMap<String, SortedMap<String, String>> byFamily(SortedMap<String, String> parts) {
    SortedMap<String, SortedMap<String, String>> own = new TreeMap<>();
    parts.forEach(
        (region, part) ->
            own.computeIfAbsent(Merger.of(families, region), family -> new TreeMap<>())
                .put(region, part));
    return own;
  }

  /// What was made of a family's parts.
  ///
  /// @param common digest of the list of the result; empty if it could be made of none
  private record Made(
      String common, SortedMap<String, String> taken, SortedMap<String, String> leftOut) {}

  private Made makeOf(SortedMap<String, String> parts) {
    try {
      return new Made(make(parts), parts, new TreeMap<>());
    } catch (RuntimeException e) {
      String unused = fault(e).orElseThrow(() -> e);
      if (!parts.keySet().stream().allMatch(region -> isSound(region, parts))) {
        throw e;
      }
      return makeWithout(parts);
    }
  }

  /// One part after the other, the smallest first: what a part alone or one that is larger than all
  /// before makes impossible is that part's own doing.
  private Made makeWithout(SortedMap<String, String> parts) {
    List<String> order = new ArrayList<>(parts.keySet());
    order.sort(
        Comparator.comparingLong((String region) -> part(region, parts).length())
            .thenComparing(Comparator.naturalOrder()));
    SortedMap<String, String> leftOut = new TreeMap<>();
    SortedMap<String, String> taken = new TreeMap<>();
    String common = "";
    for (String region : order) {
      SortedMap<String, String> more = new TreeMap<>(taken);
      more.put(region, Merger.of(parts, region));
      try {
        common = make(more);
        taken = more;
      } catch (RuntimeException e) {
        leftOut.put(region, fault(e).orElseThrow(() -> e));
      }
    }
    return new Made(common, taken, leftOut);
  }

  /// Makes it of exactly these parts.
  ///
  /// @return digest of the list of the result
  private String make(SortedMap<String, String> parts) {
    SortedMap<String, CommonPreparation.Part> contents = new TreeMap<>();
    parts.keySet().forEach(region -> contents.put(region, part(region, parts)));
    FragmentWriter common = new FragmentWriter(fragmentBytes, published);
    preparation.prepare(contents, common);
    FragmentList list = common.finish();
    if (list.bytes() > CommonPreparation.MOST_RESULT) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "the common preparation comes to %d bytes: regions take at most %d"
              .formatted(list.bytes(), CommonPreparation.MOST_RESULT));
    }
    return list.digest();
  }

  private CommonPreparation.Part part(String region, Map<String, String> parts) {
    ArtifactStore store = received.apply(region);
    return new StoredPart(FragmentList.parse(store.get(Merger.of(parts, region))), store);
  }

  /// Whether the disk still has what the region sent.
  private boolean isSound(String region, Map<String, String> parts) {
    ArtifactStore store = received.apply(region);
    return FragmentList.parse(store.get(Merger.of(parts, region))).fragments().stream()
        .allMatch(fragment -> FragmentReader.isSound(store, fragment));
  }

  /// What is wrong with what a region sent; empty where it is the hub's own trouble, e.g. a full
  /// disk.
  static Optional<String> fault(RuntimeException e) {
    if (!(e instanceof DureException known)) {
      // Nothing that a region sends may stop the hub, least of all what nobody has thought of.
      return Optional.of(e.toString());
    }
    return switch (known.code()) {
      case INPUT_MALFORMED, INPUT_EMPTY, ARTIFACT_CORRUPT, INTERNAL ->
          Optional.of(String.valueOf(e.getMessage()));
      default -> Optional.empty();
    };
  }
}
