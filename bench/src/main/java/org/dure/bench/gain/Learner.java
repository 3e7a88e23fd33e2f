package org.dure.bench.gain;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import org.dure.core.AtomicFiles;
import org.dure.core.Document;
import org.dure.core.LanguageModel;
import org.dure.core.Sharing;
import org.dure.core.Weights;
import org.dure.evaluation.BitsPerByte;
import org.dure.model.TorchTrainer;
import org.dure.model.TrainingConfig;
import org.dure.tokenizer.Tokenizer;

/// An institution's model as it trains, and the best that it has been on the institution's dev
/// text. For one thread at a time.
final class Learner implements AutoCloseable {
  private final Institution institution;
  private final TorchTrainer trainer;
  private final LanguageModel model;
  private final Arena arena = Arena.ofShared();
  private final Weights memory;
  private final Path state;
  private double bestDev = Double.POSITIVE_INFINITY;
  private float[] best = new float[0];

  /// @param steps that the learning rate's schedule spans
  /// @param state a folder of its own
  Learner(
      Institution institution,
      Tokenizer tokenizer,
      List<Path> shards,
      Plan plan,
      long steps,
      Path state) {
    this.institution = institution;
    this.state = state;
    TrainingConfig training =
        TrainingConfig.of(plan.seed(), Plan.BATCH, Plan.LENGTH, steps).withDropout(plan.dropout());
    trainer = TorchTrainer.create(plan.model(), training, shards, Sharing.ALL);
    model = trainer.languageModel(tokenizer, institution.name(), institution.language());
    memory = Weights.allocate(trainer.shared(), arena);
  }

  Institution institution() {
    return institution;
  }

  void train(int steps) {
    trainer.train(steps, step -> {});
  }

  /// All values, embedding first.
  float[] read() {
    trainer.read(memory);
    return memory.values().toArray(ValueLayout.JAVA_FLOAT);
  }

  void adopt(float[] values) {
    memory.values().copyFrom(MemorySegment.ofArray(values));
    trainer.adopt(memory);
  }

  /// Bits per byte of the dev text after a phase from `values`; the learner is then as before.
  double trial(float[] values, int steps) {
    trainer.save(state);
    adopt(values);
    train(steps);
    double dev = measure(institution.dev()).value();
    trainer.restore(state);
    AtomicFiles.delete(state);
    return dev;
  }

  /// Measures on the dev text, and keeps the weights if they are the best so far.
  void look() {
    double dev = measure(institution.dev()).value();
    if (dev < bestDev) {
      bestDev = dev;
      best = read();
    }
  }

  /// The least of [#look].
  double bestDev() {
    return bestDev;
  }

  /// The test text's measure of the best weights.
  BitsPerByte test() {
    return test(institution);
  }

  /// As [#test], on the test text of `other`.
  BitsPerByte test(Institution other) {
    adopt(best);
    return measure(other.test());
  }

  private BitsPerByte measure(List<Document> documents) {
    return BitsPerByte.measure(model, documents, (doing, done, total) -> {});
  }

  @Override
  public void close() {
    model.close();
    trainer.close();
    arena.close();
  }
}
