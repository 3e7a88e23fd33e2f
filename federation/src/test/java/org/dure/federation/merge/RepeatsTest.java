package org.dure.federation.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import java.util.stream.Stream;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.FolderArtifactStore;
import org.dure.core.Seeded;
import org.dure.federation.protocol.FragmentList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RepeatsTest {
  /// Values of a fragment: three stretches and a part of one.
  private static final int FRAGMENT = 50_000;

  private static final int VALUES = 3 * FRAGMENT + 700;
  private static final double BOUND = 0.999;

  @TempDir Path folder;

  private final SplittableRandom random = Seeded.random("RepeatsTest");

  /// A delta as a list of fragments in the store.
  private FragmentList put(FolderArtifactStore store, float[] values) {
    List<String> fragments = new ArrayList<>();
    for (int from = 0; from < values.length; from += FRAGMENT) {
      int count = Math.min(FRAGMENT, values.length - from);
      ByteBuffer bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(values, from, count);
      fragments.add(store.put(bytes.array()));
    }
    FragmentList list =
        new FragmentList(FragmentList.FP32, "", 4L * values.length, 4 * FRAGMENT, fragments);
    var unused = store.put(list.encode());
    return list;
  }

  private float[] values(IntToDoubleFunction of) {
    float[] values = new float[VALUES];
    for (int i = 0; i < VALUES; i++) {
      values[i] = (float) of.applyAsDouble(i);
    }
    return values;
  }

  private static double largest(
      FolderArtifactStore store, int draw, FragmentList delta, FragmentList... earlier) {
    List<String> names = Stream.of(earlier).map(FragmentList::digest).toList();
    return new Repeats(BOUND, "round " + draw, delta.fragments().size())
        .largest(delta.digest(), delta, names, store);
  }

  @Test
  void oneOfItsEarlierDeltasWithAnotherScaleAndALittleNoiseIsFoundWhateverIsDrawn() {
    FolderArtifactStore store = new FolderArtifactStore(folder);
    // Half of all rows were not trained.
    float[] old = values(i -> i / 9_000 % 2 == 1 ? 0 : random.nextGaussian());
    FragmentList earlier = put(store, old);
    FragmentList other = put(store, values(i -> random.nextGaussian()));
    FragmentList again = put(store, values(i -> -0.7 * old[i] + 0.01 * random.nextGaussian()));
    FragmentList fresh = put(store, values(i -> i / 9_000 % 2 == 1 ? 0 : random.nextGaussian()));
    for (int draw = 0; draw < 40; draw++) {
      assertThat(largest(store, draw, again, other, earlier))
          .as("draw %d", draw)
          .isGreaterThan(BOUND);
      assertThat(largest(store, draw, fresh, other, earlier)).as("draw %d", draw).isLessThan(0.2);
    }
    assertThat(largest(store, 0, earlier, other, earlier)).isEqualTo(1);
  }

  @Test
  void aDeltaThatIsAlikeInTheSampleOnlyIsNone() {
    FolderArtifactStore store = new FolderArtifactStore(folder);
    float[] old = values(i -> random.nextGaussian());
    FragmentList earlier = put(store, old);
    FragmentList half = put(store, values(i -> i < VALUES / 2 ? old[i] : random.nextGaussian()));
    for (int draw = 0; draw < 20; draw++) {
      assertThat(largest(store, draw, half, earlier)).as("draw %d", draw).isLessThan(0.6);
    }
  }

  @Test
  void anEarlierDeltaThatTheDiskSpoiltIsNamed() throws IOException {
    FolderArtifactStore store = new FolderArtifactStore(folder);
    FragmentList earlier = put(store, values(i -> random.nextGaussian()));
    FragmentList fresh = put(store, values(i -> random.nextGaussian()));
    for (String fragment : earlier.fragments()) {
      try (Stream<Path> files = Files.walk(folder)) {
        Path file =
            files.filter(path -> path.endsWith(fragment.substring(2))).findFirst().orElseThrow();
        Files.write(file, new byte[100]);
      }
    }
    assertThatThrownBy(() -> largest(store, 1, fresh, earlier))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ARTIFACT_CORRUPT));
  }
}
