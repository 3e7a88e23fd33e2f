package org.dure.app.workload;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.dure.app.home.RegionLayout;
import org.dure.app.home.Terms;
import org.dure.core.Settings;
import org.dure.core.TensorLayout;
import org.dure.core.WeightSource;
import org.dure.core.Weights;
import org.dure.core.Workload;
import org.dure.federation.protocol.CommonPreparation;
import org.dure.federation.protocol.Study;

/// A study without text, tokenizer or libtorch: regions rehearse the belt with weights of any size
/// before they train on it; see [RehearsalWorkload] for what they compute.
///
/// @param bytes of the weights, a multiple of 4
/// @param tensors that they are divided into
/// @param stepMillis how long a local step takes
public record RehearsalConfig(Study study, long bytes, int tensors, long stepMillis)
    implements WorkloadConfig {
  public static final String BYTES = "rehearsal.bytes";
  public static final String TENSORS = "rehearsal.tensors";
  public static final String STEP_MILLIS = "rehearsal.step-millis";

  private static final int LONGEST_STEP = 3_600_000;

  /// Reads a study file whose `workload` is `rehearsal`.
  static RehearsalConfig of(Settings settings) {
    Reader reader = new Reader();
    Study study = Study.of(settings, reader::read);
    return new RehearsalConfig(study, reader.bytes, reader.tensors, reader.stepMillis);
  }

  private static final class Reader {
    private long bytes;
    private int tensors;
    private long stepMillis;

    void read(Settings settings) {
      var unused = settings.choice(KEY, REHEARSAL, List.of(REHEARSAL));
      bytes = settings.wholeNumber(BYTES, 10_000_000, 4, 1L << 42);
      tensors = settings.integer(TENSORS, 10, 1, 100_000);
      if (!settings.has(Study.Judging.STEP_WEIGHT)) {
        settings.set(Study.Judging.STEP_WEIGHT + "=" + RehearsalWorkload.WEIGHT_OF_STEP);
      }
      stepMillis = settings.integer(STEP_MILLIS, 50, 0, LONGEST_STEP);
      if (bytes % 4 != 0) {
        settings.problem("%s is %d: expected a multiple of 4".formatted(BYTES, bytes));
      }
      if (tensors > bytes / 4) {
        settings.problem(
            "%s is %d: expected at most one a value, %d".formatted(TENSORS, tensors, bytes / 4));
      }
    }
  }

  /// As equal parts as the values allow.
  TensorLayout layout() {
    long elements = bytes / 4;
    List<TensorLayout.Tensor> list = new ArrayList<>();
    for (int i = 0; i < tensors; i++) {
      long from = elements * i / tensors;
      long to = elements * (i + 1) / tensors;
      list.add(new TensorLayout.Tensor("rehearsal.%05d".formatted(i), List.of(to - from)));
    }
    return new TensorLayout(list);
  }

  @Override
  public WeightSource initialWeights() {
    return new Start(layout(), new NormalValues(NormalValues.seed(study.seed(), "initial")));
  }

  private record Start(TensorLayout layout, NormalValues values) implements WeightSource {
    @Override
    public void read(long first, MemorySegment into) {
      long count = into.byteSize() / Float.BYTES;
      for (long i = 0; i < count; i++) {
        float value = (float) (RehearsalWorkload.SPREAD * values.at(first + i));
        into.setAtIndex(Weights.FLOAT, i, value);
      }
    }
  }

  @Override
  public Optional<CommonPreparation> commonPreparation(Path scratch) {
    return Optional.empty();
  }

  @Override
  public Terms terms(Study.Region member, String authority) {
    return new Terms(
        Terms.VERSION,
        StudyTerms.subject(study, REHEARSAL, authority),
        member.name(),
        StudyTerms.others(study, member),
        StudyTerms.circles(study, member),
        StudyTerms.parts(study, bytes),
        null,
        Terms.Measure.NONE,
        StudyTerms.protection(study, null));
  }

  @Override
  public Optional<byte[]> counts(RegionLayout region) {
    return Optional.empty();
  }

  @Override
  public List<String> missing(RegionLayout region) {
    return List.of();
  }

  @Override
  public Workload workload(Study.Region member, RegionLayout region, double pace, int threads) {
    return new RehearsalWorkload(this, member.name(), pace);
  }
}
