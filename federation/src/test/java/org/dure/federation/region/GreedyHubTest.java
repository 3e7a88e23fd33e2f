package org.dure.federation.region;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;
import org.dure.federation.MemoryArtifactStore;
import org.dure.federation.client.HubLink;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Fragments;
import org.dure.federation.protocol.MissingFragments;
import org.dure.federation.protocol.Receipt;
import org.dure.federation.protocol.SecretView;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.protocol.UploadKind;
import org.dure.federation.wire.Landing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A hub that hands out more than the study is: the region's disk holds the study and no more.
class GreedyHubTest {
  private static final int FRAGMENT = 1_000;
  private static final int MODEL = 20_000;

  @TempDir Path folder;

  /// Hands out whatever it was given, and if it is to break off so many bytes of it.
  private static final class Hub implements HubLink {
    final MemoryArtifactStore chunks = new MemoryArtifactStore();
    long handedOut;
    Predicate<byte[]> breaksOff = bytes -> false;

    @Override
    public void get(String digest, int most, Landing landing) throws IOException {
      byte[] bytes = chunks.get(digest);
      int rest = Math.min(bytes.length - (int) landing.begun(), most);
      int length = breaksOff.test(bytes) ? Math.min(rest, 700) : rest;
      landing.write(bytes, (int) landing.begun(), length);
      handedOut += length;
      if (landing.begun() < bytes.length) {
        throw new IOException("broken off");
      }
    }

    @Override
    public Receipt send(byte[] message, byte[] signature) {
      throw new UnsupportedOperationException();
    }

    @Override
    public StudyView view(long after, Duration wait) {
      throw new UnsupportedOperationException();
    }

    @Override
    public SecretView secretRound() {
      throw new UnsupportedOperationException();
    }

    @Override
    public MissingFragments offer(byte[] list, UploadKind kind) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void put(String digest, UploadKind kind, byte[] chunk, long begun) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int atOnce() {
      return 1;
    }

    @Override
    public void close() {}
  }

  private final Hub hub = new Hub();

  private Transfers transfers() {
    NodeStore store = new NodeStore(folder);
    return new Transfers(hub, store.cache(), store.partialChunks(), FRAGMENT);
  }

  private String given(int bytes, int seed) {
    byte[] content = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      content[i] = (byte) (i * 31 + i / FRAGMENT + seed);
    }
    return Fragments.put(content, FRAGMENT, hub.chunks).digest();
  }

  private static Transfers.Wanted model(String digest) {
    return new Transfers.Wanted(digest, MODEL, MODEL, List.of());
  }

  private void fetch(Transfers.Wanted wanted) throws Exception {
    FragmentList unused = transfers().fetch(wanted, (what, done, all) -> {});
  }

  private long onDisk() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }

  @Test
  void whatIsLargerOrSmallerThanTheModelIsRefusedBeforeAFragmentOfItComes() throws Exception {
    for (int bytes : new int[] {100 * MODEL, MODEL + 1, MODEL - 1, 0}) {
      String digest = given(bytes, bytes);
      long before = hub.handedOut;
      assertThatThrownBy(() -> fetch(model(digest)))
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.PEER_MISBEHAVED))
          .hasMessageContaining("expected " + MODEL);
      assertThat(hub.handedOut - before).isEqualTo(hub.chunks.size(digest));
    }
    assertThat(onDisk()).isZero();
    String common = given(2_000, 1);
    assertThatThrownBy(() -> fetch(new Transfers.Wanted(common, 0, 1_999, List.of())))
        .hasMessageContaining("at most 1999");
  }

  @Test
  void aHubThatHandsOutOneModelAfterTheOtherLeavesOneOnTheDisk() throws Exception {
    String common = given(3_000, 77);
    fetch(new Transfers.Wanted(common, 0, 5_000, List.of()));
    for (int round = 0; round < 10; round++) {
      fetch(new Transfers.Wanted(given(MODEL, round), MODEL, MODEL, List.of(common)));
    }
    assertThat(onDisk()).isLessThan(MODEL + 3_000 + 10_000);
    assertThat(new NodeStore(folder).cache().contains(common)).isTrue();
  }

  @Test
  void whatBreaksOffAgainAndAgainDoesNotAddUp() throws Exception {
    for (int round = 0; round < 40; round++) {
      String digest = given(MODEL, round);
      // The list arrives and then nothing whole any more, or not even the list.
      boolean all = round % 2 == 0;
      hub.breaksOff = bytes -> all || bytes.length == FRAGMENT;
      assertThatThrownBy(() -> fetch(model(digest))).isInstanceOf(IOException.class);
    }
    assertThat(onDisk()).isLessThan(2 * MODEL + 10_000);
  }

  @Test
  void aFragmentIsNoLongerThanItsListSays() throws Exception {
    byte[] large = new byte[50_000];
    String digest = hub.chunks.put(large);
    List<String> names = new ArrayList<>();
    for (int i = 0; i < MODEL / FRAGMENT; i++) {
      names.add(i == 3 ? digest : Sha256.of(new byte[] {(byte) i}));
    }
    FragmentList list = new FragmentList(FragmentList.BYTES, "", MODEL, FRAGMENT, names);
    String named = hub.chunks.put(list.encode());
    for (int i = 0; i < MODEL / FRAGMENT; i++) {
      String unused = hub.chunks.put(new byte[] {(byte) i});
    }
    assertThatThrownBy(() -> fetch(model(named))).isInstanceOf(IOException.class);
    assertThat(onDisk()).isLessThan(MODEL);
  }

  @Test
  void aHubThatLacksTheSameSpanAMillionTimesMakesNoWork() {
    List<MissingFragments.Span> spans = new ArrayList<>();
    for (int i = 0; i < 1_000_000; i++) {
      spans.add(new MissingFragments.Span(0, 15_000));
    }
    spans.add(new MissingFragments.Span(-5, 3));
    MissingFragments missing = new MissingFragments(spans, new TreeMap<>());
    assertThat(missing.fragments(15_000)).hasSize(15_000);
    assertThat(
            new MissingFragments(
                    List.of(new MissingFragments.Span(2, 4), new MissingFragments.Span(7, 99)),
                    new TreeMap<>())
                .fragments(9)
                .keySet())
        .containsExactly(2, 3, 7, 8);
  }
}
